"""Settings handed over as plain values: the same names and values, none of the library that read them."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.lean import Record, plain
from bot.errors import SettingsError, TokenRefused
from bot.settings import Settings, parse

ROOT = Path(__file__).parents[2]
TOKEN = "123456:AAbbCCddEE"
ENOUGH = {
    "TELEGRAM_TOKEN": TOKEN,
    "FEED_URL": "https://a.example/rss",
    "CHANNELS": "@kabar,-1001234567890",
    "HTTP_ADDRESS": "127.0.0.1:0",
    "QUIET_HOURS": "22:00-05:00",
}


@pytest.fixture
def settings() -> Settings:
    """Checked settings, as the library made them."""
    return parse(ENOUGH)


def test_every_name_has_the_value_it_had(settings: Settings) -> None:
    """What a room reads of the one it may read of the other, through the pipe too."""
    lean = pickle.loads(pickle.dumps(plain(settings)))
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if name in {"telegram_token", "webhook_secret"}:
            assert getattr(lean, name).get_secret_value() == value.get_secret_value()
        elif name not in {"http_address", "webhook_address"}:
            assert getattr(lean, name) == value
    assert (lean.http_address.host, lean.http_address.port) == ("127.0.0.1", 0)


def test_feeds_and_channels_come_along(settings: Settings) -> None:
    """What two settings say together is handed over ready."""
    lean = plain(settings)
    assert [feed.url for feed in lean.feeds] == [feed.url for feed in settings.feeds]
    assert [channel.chat for channel in lean.channels] == ["@kabar", "-1001234567890"]
    assert lean.channels[0].template == ""


def test_it_is_frozen_and_shows_no_secret(settings: Settings) -> None:
    """As the settings themselves."""
    lean = plain(settings)
    assert isinstance(lean, Record)
    with pytest.raises(AttributeError, match="frozen"):
        lean.poll_interval = None
    assert TOKEN not in repr(lean)
    assert TOKEN not in repr(lean.telegram_token)


@pytest.mark.parametrize("kind", [SettingsError, TokenRefused])
def test_faults_come_through_the_pipe_one_by_one(kind: type[SettingsError]) -> None:
    """A line for each, as they were told."""
    error = pickle.loads(pickle.dumps(kind(["one", "two"])))
    assert type(error) is kind
    assert error.faults == ("one", "two")
    assert str(error) == "one\ntwo"


def run(folder: Path, code: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """`code` in an interpreter of its own."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_library_stays_in_the_child(tmp_path: Path) -> None:
    """Memory at rest is a promise: what reads settings is not in the process that uses them."""
    code = (
        "import sys\nfrom bot.cli.lean import load_lean\ns = load_lean()\n"
        "print(s.channels[0].chat, [m for m in sys.modules if m.startswith('pydantic')])"
    )
    done = run(tmp_path, code, **ENOUGH)
    assert (done.stdout.strip(), done.stderr) == ("@kabar []", "")


def test_wrong_settings_are_told_by_run_and_end_it_with_2(tmp_path: Path) -> None:
    """Every fault in one run, one line each."""
    done = run(tmp_path, "import sys; sys.argv = ['kabarbot', 'run']; from bot.__main__ import main; main()")
    assert done.returncode == 2
    assert [line.split(" ", 1)[0] for line in done.stderr.splitlines()] == [
        "TELEGRAM_TOKEN",
        "FEED_URL",
        "CHANNELS",
    ]
