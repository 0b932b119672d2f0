"""The command line as people type it: options and help; every verb's work is in a module of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot import __version__
from bot.cli.failing import ending

app = typer.Typer(
    name="kabarbot",
    help="The social-media desk of a news portal: its feed becomes Telegram posts, and answers for readers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog="Exit codes: 0 done, 2 wrong settings or arguments, 1 anything else that failed.",
)

_Json = Annotated[bool, typer.Option("--json", help="One JSON object a line, for scripts.")]


def _version(wanted: bool) -> None:
    if wanted:
        print(f"kabarbot {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Options of the program itself; what they do, they do before any verb."""


@app.command()
def run() -> None:
    """Run the bot, until SIGTERM or Ctrl-C."""
    from bot.cli.run import run as verb

    raise typer.Exit(ending(verb))


@app.command()
def demo(
    speed: Annotated[float, typer.Option(min=0.1, max=100, help="1: a headline every few seconds.")] = 1.0,
    port: Annotated[
        int, typer.Option(min=0, max=65_534, help="Of the page; the bot's own is the next. 0: free ones.")
    ] = 8080,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
) -> None:
    """Show the whole product on this machine: no token, no network, nothing to set."""
    from bot.cli.demo import demo as verb

    raise typer.Exit(ending(lambda: verb(speed=speed, port=port, browser=browser)))


@app.command()
def check(as_json: _Json = False) -> None:
    """Say whether token, channels, feeds, database and addresses are in order, and how to mend them."""
    from bot.cli.check import check as verb

    raise typer.Exit(ending(lambda: verb(as_json=as_json)))


@app.command()
def preview(
    urls: Annotated[list[str], typer.Argument(metavar="URL…", help="Feeds, pages or files.")],
    as_json: _Json = False,
) -> None:
    """Show the posts that feeds or pages would make. Needs no settings and posts nothing."""
    from bot.cli.preview import preview as verb

    raise typer.Exit(ending(lambda: verb(urls, as_json=as_json)))


@app.command()
def explain(
    words: Annotated[list[str], typer.Argument(metavar="URL-or-words", help="A link, or words of it.")],
    as_json: _Json = False,
) -> None:
    """Tell the life of a headline: first seen, edits, which channel got it, or why it did not."""
    from bot.cli.explain import explain as verb

    raise typer.Exit(ending(lambda: verb(" ".join(words), as_json=as_json)))


@app.command()
def backup(file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; must not exist.")]) -> None:
    """Write a consistent copy of the live database, marked as a copy."""
    from bot.cli.backup import backup as verb

    raise typer.Exit(ending(lambda: verb(file)))


@app.command()
def health() -> None:
    """Say whether the bot that uses this database is well (for a container's health check)."""
    from bot.cli.health import health as verb

    raise typer.Exit(ending(verb))
