"""Where settings are looked for, and which place wins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SettingsError
from bot.settings import load, parse
from bot.settings.model import known_names
from tests.support_settings import LEAST, TOKEN, settings


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of its own, without any of our settings in the environment."""
    for name in known_names():
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secrets").mkdir()
    return tmp_path


def test_the_model_itself_looks_nowhere(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only `load` reads the environment; a `Settings` in a test is what the test says."""
    monkeypatch.setenv("POLL_INTERVAL", "7")

    assert settings().poll_interval == timedelta(seconds=30)


def test_the_first_place_that_says_something_wins(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environment, `.env`, secrets, `kabarbot.toml`: in that order."""
    monkeypatch.setenv("POLL_INTERVAL", "1")
    (desk / ".env").write_text("POLL_INTERVAL=2\nKEEP_DAYS=2\nexport CHANNELS='@kabar' # ours\nUNRELATED=1\n")
    (desk / "secrets" / "telegram_token").write_text(f"{TOKEN}\n")
    (desk / "secrets" / "KEEP_DAYS").write_text("3")
    (desk / "secrets" / "SURGE_LIMIT").write_text("3")
    (desk / "kabarbot.toml").write_text(
        'poll_interval = 4\nKEEP_DAYS = 4\nSURGE_LIMIT = 4\nFIRST_RUN_POSTS = 4\n[[feeds]]\nurl = "https://a.example/"\n'
    )

    found = load(desk / "secrets")

    assert found.poll_interval == timedelta(seconds=1)
    assert found.keep_days == timedelta(days=2)
    assert (found.surge_limit, found.first_run_posts) == (3, 4)
    assert found.telegram_token.get_secret_value() == TOKEN
    assert [channel.chat for channel in found.channels] == ["@kabar"]
    assert [feed.url for feed in found.feeds] == ["https://a.example/"]


def test_an_empty_value_says_nothing(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line of `.env.example` left as it is does not hide what a later place says."""
    monkeypatch.setenv("TELEGRAM_TOKEN", "")
    monkeypatch.setenv("POLL_INTERVAL", " ")
    (desk / ".env").write_text("TELEGRAM_TOKEN=\nFEED_URL=https://a.example/\nCHANNELS=@kabar\nADMINS=\n")
    (desk / "secrets" / "telegram_token").write_text(TOKEN)

    found = load(desk / "secrets")

    assert found.telegram_token.get_secret_value() == TOKEN
    assert found.poll_interval == timedelta(seconds=30)


def test_an_empty_page_address_turns_the_page_off(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one setting whose empty value means something, whatever a later place says."""
    monkeypatch.setenv("HTTP_ADDRESS", "")
    lines = [f"{name}={value}" for name, value in LEAST.items()]
    (desk / ".env").write_text("\n".join([*lines, "HTTP_ADDRESS=127.0.0.1:9"]))

    assert load(desk / "secrets").http_address is None


def test_names_in_the_environment_may_be_in_lower_case(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with most programs that read secrets' files."""
    for name, value in LEAST.items():
        monkeypatch.setenv(name.lower(), value)

    assert load(desk / "secrets").feeds[0].url == LEAST["FEED_URL"]


def test_a_fault_says_which_file_it_came_from(desk: Path) -> None:
    """With four places to look, an operator wants to know which."""
    (desk / ".env").write_text(
        "\n".join([*(f"{name}={value}" for name, value in LEAST.items()), "KEEP_DAYS=x"])
    )

    with pytest.raises(SettingsError, match=r'^KEEP_DAYS is "x" \(\.env\): expected'):
        load(desk / "secrets")


def not_toml(desk: Path) -> str:
    (desk / "kabarbot.toml").write_text("[[feeds]\n")
    return "CONFIG_FILE is"


def not_utf8(desk: Path) -> str:
    (desk / "kabarbot.toml").write_bytes(b"\xff\xfe\x00")
    return "not UTF-8"


def dotenv_not_utf8(desk: Path) -> str:
    (desk / ".env").write_bytes(b"\xff\xfe\x00A=1")
    return ".env cannot be read"


def secret_not_utf8(desk: Path) -> str:
    (desk / "secrets" / "webhook_secret").write_bytes(b"\xff\xfe\x00")
    return "WEBHOOK_SECRET"


def named_but_missing(desk: Path) -> str:
    (desk / ".env").write_text("CONFIG_FILE=elsewhere.toml")
    return 'CONFIG_FILE is "elsewhere.toml": expected a file that exists'


@pytest.mark.parametrize("breaks", [not_toml, not_utf8, dotenv_not_utf8, secret_not_utf8, named_but_missing])
def test_a_file_that_cannot_be_read_is_a_fault_beside_the_others(
    desk: Path, breaks: Callable[[Path], str]
) -> None:
    """It is named, and what else is wrong is named in the same run."""
    said = breaks(desk)

    with pytest.raises(SettingsError) as caught:
        load(desk / "secrets")

    assert any(said in line for line in caught.value.faults)
    assert any(line.startswith("TELEGRAM_TOKEN is not set") for line in caught.value.faults)


def _faults_of(words: dict[str, str]) -> tuple[str, ...]:
    try:
        parse(words)
    except SettingsError as error:
        return error.faults
    return ()


@given(st.dictionaries(st.sampled_from(known_names()), st.text(max_size=40)))
def test_no_text_makes_it_fall_over(words: dict[str, str]) -> None:
    """Whatever stands in a setting, it is either understood or a fault of one line."""
    lines = _faults_of(words)

    assert all(line and len(line.splitlines()) == 1 for line in lines)


def test_the_longest_ages_lead_to_a_time_that_exists() -> None:
    """Nothing that is accepted overflows when it is reckoned with."""
    oldest = settings(MAX_AGE_HOURS="876000", KEEP_DAYS="36500")
    now = datetime(2024, 11, 29, tzinfo=UTC)

    assert now - oldest.max_age_hours == now - timedelta(days=36_500)
    assert now - oldest.keep_days == now - timedelta(days=36_500)
