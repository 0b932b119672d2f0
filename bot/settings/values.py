"""How the words of a setting become a value, and what is said where they cannot.

Every reader takes what an environment variable or a TOML file holds and returns a plain value, or
raises `ValueError` with the rest of a sentence that begins with the setting's name and value:
"expected …", or what is wrong with it and its cure. None of them touches disk or network.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from bot.domain.schedule import QuietHours, parse_quiet_hours

Reader = Callable[[Any], Any]

_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]{8,}", re.ASCII)
_CHAT_NAME = re.compile(r"@[A-Za-z][A-Za-z0-9_]{3,31}", re.ASCII)
_CHAT_LINK = re.compile(
    r"(?:https?://)?(?:t\.me|telegram\.me)/(?:s/)?([A-Za-z][A-Za-z0-9_]{3,31})/?", re.ASCII
)
_CHAT_ID = re.compile(r"-[1-9]\d{0,18}", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:\d{1,18}(?:\.\d{0,9})?|\.\d{1,9})", re.ASCII)
# A portal's own links may hold commas, so a comma separates only before the next address (product.md §2).
_NEXT_URL = re.compile(r"\s*,\s*(?=http)", re.IGNORECASE)
_TRUTHS = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server of ours listens. Port 0 lets the system choose."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def unquoted(value: object) -> object:
    """Fold white space at the ends away; refuse a value that is still in quotes."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text[:1] in {'"', "'"}:
        raise ValueError(
            "the quotes belong to the value (`docker run --env-file` keeps them): write it without quotes"
        )
    return text


def token(value: object) -> str:
    """A bot's token as @BotFather gives it."""
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise ValueError("expected digits, a colon and at least 8 of A-Za-z0-9_-, as @BotFather gives it")
    return value


def webhook_secret(value: object) -> str:
    """Bot API, setWebhook: 1 to 256 of `A-Za-z0-9_-`; empty: one is made up."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", value, re.ASCII):
        raise ValueError("expected at most 256 of A-Za-z0-9_-, or nothing")
    return value


def url(value: object, expected: str = "expected an address like https://www.example.com/rss") -> str:
    """One http(s) address with a host."""
    parts = _split(value, expected)
    if (
        parts.scheme.lower() not in {"http", "https"}
        or not parts.hostname
        or re.search(r"\s", parts.geturl())
    ):
        raise ValueError(expected)
    return str(value)


def root_url(value: object) -> str:
    """The root of a Bot API server, without the slash at its end."""
    expected = "expected the root of a Bot API server, like https://api.telegram.org"
    text = url(value, expected)
    if urlsplit(text).query or urlsplit(text).fragment:
        raise ValueError(expected)
    return text.rstrip("/")


def public_url(value: object) -> str:
    """The https address under which Telegram reaches the bot, without the slash at its end; or empty."""
    if value == "":
        return ""
    expected = "expected an https address like https://bot.example.com, or nothing"
    parts = _split(value, expected)
    if parts.scheme.lower() != "https" or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(expected)
    return parts.geturl().rstrip("/")


def _split(value: object, expected: str) -> SplitResult:
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        _ = parts.port  # raises where it is no number
    except ValueError:
        raise ValueError(expected) from None
    return parts


def optional(reader: Reader, nothing: object = None) -> Reader:
    """As `reader`, where an empty value stands for `nothing`."""
    return lambda value: nothing if value in ("", None) else reader(value)


def urls(value: object) -> tuple[str, ...]:
    """One or more addresses; a comma separates only before `http`."""
    return tuple(dict.fromkeys(_each(url, _listed(value, _NEXT_URL.split))))


def chat(value: object) -> str:
    """A chat as `@name` or numeric id; always text, `-100…` for channels and supergroups."""
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if _CHAT_NAME.fullmatch(text) or _CHAT_ID.fullmatch(text):
        return text
    raise ValueError(_chat_cure(text))


def private_group(value: object) -> str:
    """A private group: it has no @name, so its id is the only way to write it."""
    text = str(value).strip()
    if _CHAT_ID.fullmatch(text):
        return text
    if text.strip("0").isdecimal():
        raise ValueError(_chat_cure(text))
    raise ValueError("expected the numeric id of a private group, like -1001234567890")


def _chat_cure(text: str) -> str:
    if text.startswith("100") and text.isascii() and text.isdigit() and len(text) > 10:
        return f"the minus in front of the id is missing: write -{text}"
    if text.isascii() and text.isdigit() and text.strip("0"):
        return f"a channel's id begins with -100: write -100{text}"
    if link := _CHAT_LINK.fullmatch(text):
        return f"expected the name, not the link: write @{link[1]}"
    if _CHAT_NAME.fullmatch("@" + text):
        return f"the @ is missing: write @{text}"
    return "expected @name, or a numeric id like -1001234567890"


def chats(value: object) -> tuple[str, ...]:
    """One or more chats, comma separated; each once."""
    found: dict[str, str] = {}
    for one in _each(chat, _listed(value, _commas)):
        found.setdefault(one.casefold(), one)
    return tuple(found.values())


def user_ids(value: object) -> tuple[int, ...]:
    """Ids of people, comma separated."""
    parts = [str(part).strip() for part in _listed(value, _commas)]
    if not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        raise ValueError("expected the numeric ids of people, comma separated, like 12345678,87654321")
    return tuple(dict.fromkeys(map(int, parts)))


def _commas(text: str) -> list[str]:
    return text.split(",")


def _listed(value: object, split: Callable[[str], list[str]]) -> Sequence[object]:
    """The parts of a list that is text or, in TOML, an array or a number."""
    if isinstance(value, str):
        return [part.strip() for part in split(value) if part.strip()]
    return value if isinstance(value, list | tuple) else [value]


def _each(reader: Callable[[object], str], parts: Sequence[object]) -> list[str]:
    """Every part read; what is wrong with any of them is said of each."""
    good, wrong = [], []
    for part in parts:
        try:
            good.append(reader(part))
        except ValueError as error:
            wrong.append(f"{part}: {error}" if len(parts) > 1 else str(error))
    if wrong:
        raise ValueError("; ".join(wrong))
    return good


def whole(lowest: int, highest: int) -> Reader:
    """A whole number within these bounds."""

    def read(value: object) -> int:
        text = "" if isinstance(value, bool) else str(value)
        if not _WHOLE.fullmatch(text) or not lowest <= int(text) <= highest:
            raise ValueError(f"expected a whole number from {lowest} to {highest}")
        return int(text)

    return read


def duration(unit: timedelta, lowest: float, highest: int, name: str) -> Reader:
    """A number of `unit` within these bounds, as a `timedelta`."""

    def read(value: object) -> timedelta:
        text = "" if isinstance(value, bool) else str(value)
        if not _DECIMAL.fullmatch(text) or not lowest <= float(text) <= highest:
            raise ValueError(f"expected a number of {name} from {lowest:g} to {highest}")
        return float(text) * unit

    return read


def truth(value: object) -> bool:
    """`true` or `false` (also yes/no, on/off, 1/0)."""
    answer = value if isinstance(value, bool) else _TRUTHS.get(str(value).lower())
    if answer is None:
        raise ValueError("expected true or false")
    return answer


def one_of(*choices: str) -> Reader:
    """One of a few words, whatever its case."""

    def read(value: object) -> str:
        text = str(value).lower()
        if text not in choices:
            raise ValueError(f"expected {', '.join(choices[:-1])} or {choices[-1]}")
        return text

    return read


def zone(value: object) -> ZoneInfo:
    """A time zone by its name in the IANA database."""
    try:
        return ZoneInfo(value if isinstance(value, str) else "")
    except (KeyError, ValueError, OSError):
        raise ValueError("expected the name of a time zone, like Asia/Jakarta or Asia/Makassar") from None


def quiet(value: object) -> QuietHours:
    """`22:00-05:00`: may run past midnight."""
    hours = parse_quiet_hours(value if isinstance(value, str) else "")
    if hours is None:
        raise ValueError("expected two times of day such as 22:00-05:00, or nothing")
    return hours


def address(value: object) -> Address:
    """`host:port`; an IPv6 host stands in brackets."""
    expected = "expected host:port like 127.0.0.1:8080"
    parts = _split(f"//{value}", expected)
    if parts.hostname is None or parts.port is None or parts.path or parts.query or "@" in parts.netloc:
        raise ValueError(expected)
    return Address(parts.hostname, parts.port)
