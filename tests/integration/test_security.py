"""The secrets of a running bot, as somebody on the same host would look for them."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from tests.support_world import BotProcess, clean_environment, world

#: A file with other people's secrets in it, and what of it must never be shown.
SECRETS = ("hunter2-hunter2", "s3cr3t-of-another")
ELSEWHERE = {
    "shadow": f"root:{SECRETS[0]}:19000:0:99999:7:::\n",
    "other.env": f"PASSWORD={SECRETS[0]}\nAPI={SECRETS[1]}\n",
    "other.toml": f'password = "{SECRETS[0]}"\n[database]\nurl = "postgres://u:{SECRETS[1]}@h/x"\n',
    "key.pem": f"-----BEGIN KEY-----\n{SECRETS[0]}\n",
    "binary": f"\xff\xfe{SECRETS[0]}",
}


def family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return [pid, *map(int, children)]


async def running(bot: BotProcess) -> list[int]:
    """The bot and its parsing child, once there are both."""
    for _ in range(400):
        if len(found := family(bot.pid)) > 1:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"there is no parsing child:\n{bot.output}")


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="there is no /proc here")
async def test_the_token_is_in_no_process_list(tmp_path: Path) -> None:
    """Neither the bot nor its child shows it in a command line or in a name."""
    async with world(tmp_path) as place:
        bot = await place.start()
        await place.until_posted(1)
        secret = place.sandbox.token.partition(":")[2].encode()
        for pid in await running(bot):
            shown = b"".join(Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "comm", "stat"))
            assert b"bot" in shown
            assert secret not in shown


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="there is no /proc here")
async def test_the_parsing_child_is_given_no_secret(tmp_path: Path) -> None:
    """It reads what strangers write, so it gets neither the token nor any other setting."""
    async with world(tmp_path, WEBHOOK_SECRET="another-secret") as place:
        bot = await place.start()
        await place.until_posted(1)
        own, *children = [Path(f"/proc/{pid}/environ").read_bytes() for pid in await running(bot)]
        secret = place.sandbox.token.partition(":")[2].encode()
        assert secret in own  # or this test would look in the wrong place
        for given in children:
            assert secret not in given
            assert b"another-secret" not in given
            assert not {pair.partition(b"=")[0] for pair in given.split(b"\0")} & set(
                map(str.encode, place.settings)
            )


@pytest.mark.parametrize("name", ELSEWHERE)
async def test_a_config_file_that_leads_elsewhere_shows_nothing_of_it(tmp_path: Path, name: str) -> None:
    """Exit code 2, a line that names the file and the place of the fault, and nothing that stands in it."""
    desk = tmp_path / "desk"
    desk.mkdir()
    (tmp_path / name).write_bytes(ELSEWHERE[name].encode("latin-1"))
    settings = {
        "TELEGRAM_TOKEN": "123456:AAbbCCdd-_",
        "FEED_URL": "https://a.example/rss",
        "CHANNELS": "@kabar",
        "CONFIG_FILE": f"../{name}",
        "DATABASE_PATH": str(desk / "kabarbot.db"),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"),
        cwd=desk,
        env=clean_environment() | settings,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    shown = (await asyncio.wait_for(process.communicate(), 30))[0].decode()

    assert process.returncode == 2
    assert name in shown
    assert not [secret for secret in SECRETS if secret in shown]
    assert "Traceback" not in shown
