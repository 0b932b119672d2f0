"""`python -m bot.sandbox`: the sandbox as a program.

Prints one line of JSON when it listens, `{"url": …, "control": …}`, and nothing else on standard output. Ends
on SIGTERM or SIGINT with code 0; wrong arguments end it with code 2. `--state FILE` is JSON: `{"users": […],
"chats": […], "faults": […], "photos": {…}}`, each entry the body of the control endpoint of that name.
"""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.sandbox.errors import ControlError
from bot.sandbox.requests import Request
from bot.sandbox.server import DEFAULT_TOKEN, Options, Sandbox


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bot.sandbox", description="A local Telegram Bot API server."
    )
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--token", default=DEFAULT_TOKEN, help="the one token it answers to")
    parser.add_argument(
        "--username", default="kabar_sandbox_bot", help="the bot's name (default %(default)s)"
    )
    parser.add_argument("--state", type=Path, help="JSON file: who and what exists at start")
    parser.add_argument("--journal", type=Path, help="file of JSON lines to append the journal to")
    parser.add_argument("--keep-journal", type=int, default=0, help="newest entries kept in memory (0: all)")
    parser.add_argument("--keep-messages", type=int, default=0, help="newest messages kept a chat (0: all)")
    parser.add_argument("--no-limits", action="store_true", help="start without Telegram's rate limits")
    parser.add_argument(
        "--parser", choices=("auto", "tdlib", "plain"), default="auto", help="who reads markup"
    )
    parser.add_argument(
        "--removed-reads",
        choices=("not_found", "forbidden"),
        default="not_found",
        help="what a removed bot is told when it asks about a message (default %(default)s)",
    )
    return parser.parse_args(argv)


def load_state(sandbox: Sandbox, state: dict[str, Any]) -> None:
    """Let exist what a state file lists. Raises ControlError for what cannot."""
    from bot.sandbox.control_world import add_chat, add_users

    for user in state.get("users", []):
        add_users(Request(sandbox, {}, {}, user))
    for chat in state.get("chats", []):
        add_chat(Request(sandbox, {}, {}, chat))
    for fault in state.get("faults", []):
        sandbox.state.faults.add(**fault)
    sandbox.state.photos.update(state.get("photos", {}))


async def _serve(sandbox: Sandbox) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with sandbox:
        ready = {"url": sandbox.url, "control": sandbox.control_url}
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        await stop.wait()


def main(argv: Sequence[str] | None = None) -> int:
    """Run until told to stop; the exit code."""
    given = _arguments(argv)
    try:
        options = Options(
            token=given.token,
            host=given.host,
            port=given.port,
            username=given.username,
            limits=not given.no_limits,
            parser=given.parser,
            removed_reads=given.removed_reads,
            journal_file=given.journal,
            keep_journal=given.keep_journal,
            keep_messages=given.keep_messages,
        )
        sandbox = Sandbox(options)
        if given.state:
            load_state(sandbox, json.loads(given.state.read_text("utf-8")))
        if sandbox.state.composer.parser.name != "tdlib":
            sys.stderr.write("sandbox: tdjson is not in use; markup is read by the standard-library parser\n")
        asyncio.run(_serve(sandbox))
    except (ValueError, ControlError, ImportError, OSError) as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
