"""Settings: what is accepted, from where, and what an operator is told about everything else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.domain.schedule import QuietHours
from bot.errors import SettingsError
from bot.settings import Address, Settings, load, parse
from bot.settings.model import known_names

TOKEN = "123456:AAbbCCdd-_"
LEAST: dict[str, Any] = {
    "TELEGRAM_TOKEN": TOKEN,
    "FEED_URL": "https://portal.example/rss",
    "CHANNELS": "@kabar",
}


def settings(**words: object) -> Settings:
    """The least that works, and `words`."""
    return parse({**LEAST, **words})


def faults(**words: object) -> tuple[str, ...]:
    """The lines that an operator reads."""
    with pytest.raises(SettingsError) as caught:
        settings(**words)
    return caught.value.faults


def only_fault(**words: object) -> str:
    """The one line that an operator reads."""
    (line,) = faults(**words)
    return line


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of its own, without any of our settings in the environment."""
    for name in known_names():
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secrets").mkdir()
    return tmp_path


def test_defaults_are_the_contract() -> None:
    """What is not set is what product.md §2 says."""
    found = settings()

    assert found.telegram_api_url == "https://api.telegram.org"
    assert found.popular_url == ""
    assert found.poll_interval == timedelta(seconds=30)
    assert (found.first_run_posts, found.surge_limit) == (1, 30)
    assert found.max_age_hours == timedelta(hours=24)
    assert found.database_path == Path("data/kabarbot.db")
    assert (found.timezone.key, found.post_language) == ("Asia/Jakarta", "id")
    assert (found.ops_chat, found.admins, found.quiet_hours) == ("", (), None)
    assert (found.post_style, found.link_preview) == ("text", "large")
    assert (found.follow_edits, found.edit_note) == (True, False)
    assert (found.broadcast_rate, found.channel_rate, found.paid_stars_a_day) == (30, 20, 0)
    assert found.uncertain_wait == timedelta(seconds=60)
    assert found.http_address == Address("127.0.0.1", 8080)
    assert (found.public_url, found.webhook_address) == ("", None)
    assert found.webhook_secret.get_secret_value() == ""
    assert found.keep_days == timedelta(days=365)
    assert found.config_file == Path("kabarbot.toml")
    assert (found.log_level, found.log_format) == ("info", "console")


def test_the_model_itself_looks_nowhere(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only `load` reads the environment; a `Settings` in a test is what the test says."""
    monkeypatch.setenv("POLL_INTERVAL", "7")

    assert settings().poll_interval == timedelta(seconds=30)


def test_settings_are_frozen() -> None:
    """Nobody changes a setting behind another's back."""
    found = settings()

    with pytest.raises(ValidationError, match="frozen"):
        found.first_run_posts = 5


def test_no_text_of_the_settings_shows_a_secret() -> None:
    """Neither `repr`, `str` nor a dump as JSON holds token, webhook secret or a feed's headers."""
    feeds = [{"url": "https://portal.example/rss", "headers": {"Authorization": "Bearer geheim"}}]
    found = settings(WEBHOOK_SECRET="rahasia_besar", feeds=feeds)

    everything = f"{found!r} {found} {found.feeds!r}"

    assert TOKEN not in everything
    assert "rahasia_besar" not in everything
    assert "geheim" not in everything


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("TELEGRAM_API_URL", "http://127.0.0.1:8081/", "telegram_api_url", "http://127.0.0.1:8081"),
        ("POLL_INTERVAL", "1", "poll_interval", timedelta(seconds=1)),
        ("POLL_INTERVAL", "2.5", "poll_interval", timedelta(seconds=2.5)),
        ("POLL_INTERVAL", 45, "poll_interval", timedelta(seconds=45)),
        ("FIRST_RUN_POSTS", "0", "first_run_posts", 0),
        ("MAX_AGE_HOURS", "48", "max_age_hours", timedelta(days=2)),
        ("SURGE_LIMIT", "0", "surge_limit", 0),
        ("TIMEZONE", "Asia/Makassar", "timezone", "Asia/Makassar"),
        ("POST_LANGUAGE", "EN", "post_language", "en"),
        ("OPS_CHAT", "-1001234567890", "ops_chat", "-1001234567890"),
        ("OPS_CHAT", -4123456789, "ops_chat", "-4123456789"),
        ("ADMINS", "11, 22,11", "admins", (11, 22)),
        ("ADMINS", [11, 22], "admins", (11, 22)),
        ("ADMINS", 11, "admins", (11,)),
        ("QUIET_HOURS", "22:00-05:00", "quiet_hours", QuietHours(time(22), time(5))),
        ("QUIET_HOURS", "00:30 - 06:15", "quiet_hours", QuietHours(time(0, 30), time(6, 15))),
        ("POST_STYLE", "photo", "post_style", "photo"),
        ("LINK_PREVIEW", "off", "link_preview", "off"),
        ("FOLLOW_EDITS", "no", "follow_edits", False),
        ("EDIT_NOTE", True, "edit_note", True),
        ("BROADCAST_RATE", "1", "broadcast_rate", 1),
        ("CHANNEL_RATE", "6000", "channel_rate", 6000),
        ("UNCERTAIN_WAIT", "1", "uncertain_wait", timedelta(seconds=1)),
        ("HTTP_ADDRESS", "", "http_address", None),
        ("HTTP_ADDRESS", "[::1]:0", "http_address", Address("::1", 0)),
        ("KEEP_DAYS", "30", "keep_days", timedelta(days=30)),
        ("LOG_LEVEL", "DEBUG", "log_level", "debug"),
        ("LOG_FORMAT", "json", "log_format", "json"),
        ("POPULAR_URL", " https://portal.example/populer ", "popular_url", "https://portal.example/populer"),
    ],
)
def test_values_are_understood(name: str, value: object, field: str, expected: object) -> None:
    """A good value, as text or as TOML has it, becomes a plain one."""
    found = getattr(settings(**{name: value}), field)

    assert (found.key if field == "timezone" else found) == expected


def test_a_comma_separates_feeds_only_before_the_next_address() -> None:
    """Portals have commas in their own links."""
    found = settings(FEED_URL="https://a.example/read/2024,11,29/rss , HTTP://b.example/,https://c.example/")

    assert [feed.url for feed in found.feeds] == [
        "https://a.example/read/2024,11,29/rss",
        "HTTP://b.example/",
        "https://c.example/",
    ]


def test_channels_are_each_once_in_their_order() -> None:
    """A name that is said twice, in whatever case, is one channel."""
    found = settings(CHANNELS="@kabar,-1001234567890, @Kabar,@lain")

    assert [channel.chat for channel in found.channels] == ["@kabar", "-1001234567890", "@lain"]


def test_a_chat_in_both_places_follows_its_table() -> None:
    """`CHANNELS` adds to `[[channels]]`, and never doubles one of them."""
    found = settings(CHANNELS="@kabar,@lain", channels=[{"chat": "@Kabar", "silent": True}])

    assert [(channel.chat, channel.silent) for channel in found.channels] == [
        ("@Kabar", True),
        ("@lain", False),
    ]


def test_a_feed_in_both_places_follows_its_table() -> None:
    """`FEED_URL` adds to `[[feeds]]`, and never doubles one of them."""
    table = {"url": "https://portal.example/rss", "name": "utama", "interval": 5, "category": "Dunia"}

    found = settings(FEED_URL="https://portal.example/rss,https://b.example/", feeds=[table])

    assert [feed.name for feed in found.feeds] == ["utama", ""]
    assert found.feeds[0].interval == timedelta(seconds=5)


def test_tables_are_enough() -> None:
    """With tables, the flat lists are not needed."""
    found = parse(
        {
            "TELEGRAM_TOKEN": TOKEN,
            "feeds": [{"url": "https://a.example/rss", "name": "a"}],
            "channels": [
                {"chat": -1001234567890, "feeds": ["a"], "include": ["Nagorno Karabakh"], "topic": 7}
            ],
        }
    )

    assert found.channels[0].chat == "-1001234567890"
    assert found.channels[0].include == ("Nagorno Karabakh",)
    assert len(found.feeds) == 1


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


# ---------------------------------------------------------------- where they are looked for


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
