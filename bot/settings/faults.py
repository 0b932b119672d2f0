"""What is wrong with the settings, one line each: the name, what it was, what is expected."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

SECRETS = frozenset({"TELEGRAM_TOKEN", "WEBHOOK_SECRET"})
#: Characters of a wrong value that are repeated.
_LONGEST = 80
_PASSWORD = re.compile(r"(?<=://)[^/@\s]*@")


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong setting: `name` is the setting's (or the table's), `text` the line about it."""

    name: str
    text: str


def shown(name: str, value: object) -> str:
    """A value as an operator may see it: no secret, no password in an address, not endless, one line."""
    if name in SECRETS or "headers" in name:
        return f"not shown here ({len(str(value))} characters)"
    text = masked(str(value))
    text = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return f'"{text}"' if isinstance(value, str) else text


def masked(text: str) -> str:
    """`text` on one line, without the passwords that addresses in it may hold."""
    return " ".join(_PASSWORD.sub("…@", text).splitlines())


def wrong(name: str, value: object, expected: str, origin: str = "") -> Fault:
    """A value that cannot be used; `origin` is the file it came from, if it was a file."""
    where = f" ({origin})" if origin else ""
    return Fault(name, f"{name} is {shown(name, value)}{where}: {masked(expected)}")


def missing(name: str, expected: str) -> Fault:
    """A setting that has to be there."""
    return Fault(name, f"{name} is not set: {expected}")


def unknown(key: str, known: Sequence[str], place: str) -> Fault:
    """A key of `kabarbot.toml` that means nothing; names the one that was probably meant."""
    near = get_close_matches(key.upper(), [name.upper() for name in known], n=1)
    meant = next((name for name in known if near and name.upper() == near[0]), "")
    cure = f"did you mean {meant}?" if meant else f"expected one of {', '.join(known)}"
    return Fault(place, f"{place}: unknown key {shown(place, key)}: {cure}")


def of_validation(error: ValidationError, origins: Mapping[str, str], toml: str) -> Iterator[Fault]:
    """The faults that the model found, in our words."""
    for detail in error.errors(include_url=False):
        name = str(detail["loc"][0])
        if name.startswith("["):
            yield _of_table(detail, toml)
        elif detail["type"] == "missing":
            yield missing(name.upper(), "expected the token that @BotFather gives you")
        else:
            name = name.upper()
            yield wrong(name, detail["input"], _expected(detail), origins.get(name, ""))


def _of_table(detail: ErrorDetails, toml: str) -> Fault:
    """A fault within `[[feeds]]` or `[[channels]]`; the second one of the file is called 2."""
    table, place = str(detail["loc"][0]), [str(part) for part in detail["loc"][2:]]
    number = f" {int(detail['loc'][1]) + 1}" if len(detail["loc"]) > 1 else ""
    name = " ".join([f"{toml}: {table}{number}", ".".join(place)]).strip()
    if detail["type"] == "missing":
        return Fault(table, f"{name} is not set: expected, as this table is about it")
    if detail["type"] == "extra_forbidden":
        return Fault(
            table, f"{toml}: {table}{number}: unknown key {shown('', place[-1])}: {_table_keys(table)}"
        )
    return Fault(table, wrong(name, detail["input"], _expected(detail)).text)


def _table_keys(table: str) -> str:
    from bot.settings.tables import Channel, Feed

    return "expected one of " + ", ".join((Feed if table == "[[feeds]]" else Channel).model_fields)


def _expected(detail: ErrorDetails) -> str:
    cause = detail.get("ctx", {}).get("error")
    return str(cause) if cause else re.sub(r"^Input (?:should be|is not) ", "expected ", detail["msg"])
