"""What an operator is told about settings that are wrong: every one, with its name and what is expected."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import SettingsError
from bot.settings import Address, parse
from bot.settings.model import known_names
from tests.support_settings import TOKEN, faults, only_fault, settings


def test_nothing_set_names_the_three_that_are_needed() -> None:
    """No settings at all: three lines, in one run."""
    with pytest.raises(SettingsError) as caught:
        parse({})

    assert caught.value.exit_code == 2
    assert [line.split()[0] for line in caught.value.faults] == ["TELEGRAM_TOKEN", "FEED_URL", "CHANNELS"]
    assert all("is not set: expected" in line for line in caught.value.faults)


def test_everything_wrong_is_said_at_once() -> None:
    """Every setting that can be wrong has its own line, in the order of the contract."""
    wrong = {name: "?" for name in known_names() if name not in {"DATABASE_PATH", "CONFIG_FILE"}}
    wrong["WEBHOOK_SECRET"] = "with spaces"

    lines = faults(**wrong)

    assert [line.split()[0] for line in lines] == list(wrong)
    assert all(": expected" in line for line in lines)
    assert not any("with spaces" in line for line in lines)


@pytest.mark.parametrize(
    "token", ["x", "123", "123:short", "abc:AAbbCCdd-_", "123:AAbbCC dd", "١٢٣:AAbbCCddEE"]
)
def test_a_token_of_the_wrong_form_is_named_and_never_shown(token: str) -> None:
    """Even a wrong token may be most of a right one."""
    line = only_fault(TELEGRAM_TOKEN=token)

    assert line.startswith("TELEGRAM_TOKEN is not shown here")
    assert "digits, a colon and at least 8 of A-Za-z0-9_-" in line
    assert "BotFather" in line
    assert len(token) < 4 or token not in line


@pytest.mark.parametrize("quote", ['"', "'"])
def test_quotes_that_were_kept_are_named(quote: str) -> None:
    """`docker run --env-file` hands quotes over as part of the value."""
    line = only_fault(CHANNELS=f"{quote}@kabar{quote}", TELEGRAM_TOKEN=TOKEN)

    assert line.startswith("CHANNELS is ")
    assert "docker run --env-file" in line
    assert "without quotes" in line


def test_quotes_around_the_token_do_not_show_it() -> None:
    """The cure is said, the secret is not."""
    line = only_fault(TELEGRAM_TOKEN=f'"{TOKEN}"')

    assert "without quotes" in line
    assert TOKEN not in line


@pytest.mark.parametrize(
    ("chat", "cure"),
    [
        ("1234567890", "write -1001234567890"),
        ("1001234567890", "write -1001234567890"),
        ("kabar", "write @kabar"),
        ("https://t.me/kabar", "write @kabar"),
        ("t.me/s/kabar", "write @kabar"),
        ("https://t.me/+AbCdEf", "expected @name"),
        ("@ab", "expected @name"),
        ("0", "expected @name"),
        ("-0100", "expected @name"),
    ],
)
def test_a_chat_in_the_wrong_form_brings_its_cure(chat: str, cure: str) -> None:
    """The usual slips are known: an id without its -100, a link, a name without its @."""
    line = only_fault(CHANNELS=chat)

    assert line.startswith(f'CHANNELS is "{chat}"')
    assert cure in line


@pytest.mark.parametrize("chat", ["@editors", "@ab", "redaksi", "https://t.me/editors", "-0100"])
def test_a_private_group_has_no_name(chat: str) -> None:
    """Strangers must not read the editors' group, so a public one is refused."""
    assert "numeric id of a private group" in only_fault(OPS_CHAT=chat)


def test_a_private_groups_id_without_its_beginning_brings_its_cure() -> None:
    """As with a channel."""
    assert "write -1001234567890" in only_fault(OPS_CHAT="1234567890")


def test_each_wrong_chat_of_a_list_is_named() -> None:
    """A list is one setting, so one line; but every slip in it is in that line."""
    line = only_fault(CHANNELS="kabar,@good_one,1234567890")

    assert "kabar: the @ is missing" in line
    assert "1234567890: a channel's id begins with -100" in line
    assert "@good_one:" not in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POLL_INTERVAL", "0.5"),
        ("POLL_INTERVAL", "30s"),
        ("POLL_INTERVAL", "1e9"),
        ("POLL_INTERVAL", "nan"),
        ("POLL_INTERVAL", True),
        ("FIRST_RUN_POSTS", "-1"),
        ("MAX_AGE_HOURS", "0"),
        ("MAX_AGE_HOURS", "99999999"),
        ("SURGE_LIMIT", "1.5"),
        ("BROADCAST_RATE", "0"),
        ("BROADCAST_RATE", "1001"),
        ("CHANNEL_RATE", "0"),
        ("CHANNEL_RATE", "9" * 5000),
        ("PAID_STARS_A_DAY", "-1"),
        ("UNCERTAIN_WAIT", "0"),
        ("KEEP_DAYS", "0"),
        ("QUIET_HOURS", "22-05"),
        ("QUIET_HOURS", "24:00-05:00"),
        ("QUIET_HOURS", "05:00-05:00"),
        ("TIMEZONE", "Jakarta"),
        ("TIMEZONE", "../etc/passwd"),
        ("TIMEZONE", "Asia"),
        ("HTTP_ADDRESS", "8080"),
        ("HTTP_ADDRESS", ":8080"),
        ("HTTP_ADDRESS", "127.0.0.1"),
        ("HTTP_ADDRESS", "127.0.0.1:99999"),
        ("HTTP_ADDRESS", "http://127.0.0.1:8080"),
        ("FEED_URL", "portal.example/rss"),
        ("FEED_URL", "https://"),
        ("FEED_URL", "https://[::1/rss"),
        ("FEED_URL", "https://a.example/ rss"),
        ("POPULAR_URL", "file:///etc/passwd"),
        ("TELEGRAM_API_URL", "api.telegram.org"),
        ("TELEGRAM_API_URL", "https://api.telegram.org/?x=1"),
        ("ADMINS", "@editor"),
        ("ADMINS", "-5"),
        ("FOLLOW_EDITS", "maybe"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_wrong_value_is_named_shown_and_told_what_is_expected(name: str, value: object) -> None:
    """The name, what it was, what is expected; in one line that a terminal can hold."""
    line = only_fault(**{name: value})

    assert line.startswith(f"{name} is ")
    assert str(value)[:60] in line
    assert ": expected" in line
    assert "\n" not in line
    assert len(line) < 400


def test_a_faster_rate_needs_paid_broadcasts() -> None:
    """Above Telegram's free rate only where somebody has agreed to pay."""
    assert "PAID_STARS_A_DAY" in only_fault(BROADCAST_RATE="31")
    assert settings(BROADCAST_RATE="1000", PAID_STARS_A_DAY="100").broadcast_rate == 1000


def test_a_public_url_is_https_and_needs_a_listener() -> None:
    """Both faults are told in one run, though one hangs on the other."""
    lines = faults(PUBLIC_URL="http://bot.example.com")

    assert [line.split()[0] for line in lines] == ["PUBLIC_URL", "WEBHOOK_ADDRESS"]
    assert "https" in lines[0]
    found = settings(PUBLIC_URL="https://bot.example.com/", WEBHOOK_ADDRESS="0.0.0.0:8443")
    assert (found.public_url, found.webhook_address) == ("https://bot.example.com", Address("0.0.0.0", 8443))


def test_two_listeners_need_two_addresses() -> None:
    """The page and the webhook cannot share a port, not even the page's default one."""
    line = only_fault(PUBLIC_URL="https://bot.example.com", WEBHOOK_ADDRESS="127.0.0.1:8080")

    assert line.startswith("WEBHOOK_ADDRESS")


def test_a_password_in_an_address_is_not_shown() -> None:
    """A fault may be copied into a chat."""
    line = only_fault(FEED_URL="ftp://user:geheim@portal.example/rss,https://b.example/")

    assert "geheim" not in line
    assert "portal.example" in line


def test_unknown_keys_of_the_file_are_faults() -> None:
    """A misspelt key would otherwise do nothing, in silence."""
    lines = faults(POL_INTERVAL=3, feeds=[{"url": "https://a.example/", "catgory": "x"}])

    assert any('unknown key "POL_INTERVAL": did you mean POLL_INTERVAL?' in line for line in lines)
    assert any("[[feeds]] 1" in line and '"catgory"' in line and "category" in line for line in lines)


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"feeds": [{"name": "a"}]}, "[[feeds]] 1 url is not set"),
        ({"feeds": [{"url": "nowhere"}]}, '[[feeds]] 1 url is "nowhere": expected an address'),
        ({"feeds": [{"url": "https://a.example/", "interval": 0}]}, "[[feeds]] 1 interval is 0: expected"),
        ({"feeds": [{"url": "https://a.example/", "selectors": {"itm": "li"}}]}, "expected some of author"),
        ({"feeds": [{"url": "https://a.example/"}] * 2}, "expected only once"),
        ({"channels": [{"chat": "kabar"}]}, "[[channels]] 1 chat is"),
        ({"channels": [{"chat": "@kabar", "feeds": ["nobody"]}]}, '"nobody": expected the name of a table'),
        ({"channels": [{"chat": "@kabar", "silent": "yes"}]}, '[[channels]] 1 silent is "yes": expected'),
        ({"channels": [{"chat": "@kabar", "template": "{{ title"}]}, "expected a Jinja template: line 1"),
        ({"channels": [{"chat": "@kabar", "utm": "utm_source"}]}, "expected a query string"),
        ({"channels": [{"chat": "@kabar", "include": [" "]}]}, "none of them empty"),
        ({"channels": [{"chat": "@kabar"}, {"chat": "@KABAR"}]}, "expected only once"),
        ({"channels": [{"chat": "@kabar", "topic": 0}]}, "[[channels]] 1 topic is 0: expected"),
    ],
)
def test_a_fault_in_a_table_says_which_one(tables: dict[str, Any], said: str) -> None:
    """The second table of the file is called 2, and its key is named."""
    assert any(said in line for line in faults(**tables))


def test_one_chat_may_have_several_topics() -> None:
    """A forum is one chat with a table for each topic."""
    found = settings(CHANNELS="", channels=[{"chat": "@forum", "topic": 1}, {"chat": "@forum", "topic": 2}])

    assert [channel.topic for channel in found.channels] == [1, 2]
