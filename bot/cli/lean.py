"""Settings for a process that lives for months: read and checked in a child that ends, handed over as plain values.

What reads and checks them (pydantic) takes 12 MB, once read it has no further use, and a process never gives
memory of that kind back.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn, cast

from bot.errors import KabarbotError

if TYPE_CHECKING:
    from bot.settings import Settings


class Record(SimpleNamespace):
    """Plain values under the names that the settings have; frozen. Its `repr` shows no value."""

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"settings are frozen: {name}")

    def __repr__(self) -> str:
        return f"Record({', '.join(vars(self))})"


class Secret:
    """A value that no `repr` shows."""

    def __init__(self, value: str) -> None:
        self._value = value

    def get_secret_value(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"


def load_lean() -> Settings:
    """As `bot.settings.load` and `check_paths`, without what they import. Call it before any thread is started.

    Raises `errors.KabarbotError` as they do.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _tell(writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as answers:
        told = answers.read()
    os.waitpid(child, 0)
    if not told:
        raise KabarbotError("the settings could not be read (what went wrong is above)")
    answer = pickle.loads(told)  # noqa: S301 - our own child's words
    if isinstance(answer, KabarbotError):
        raise answer
    return cast("Settings", answer)  # the same names, values and methods that rooms use


def _tell(writer: int) -> NoReturn:
    """In the child: read, check, hand over, end."""
    from bot.settings import check_paths, load

    code = 1
    try:
        settings = load()
        check_paths(settings)
        answer: object = plain(settings)
    except KabarbotError as error:
        answer = error
    try:
        with os.fdopen(writer, "wb") as out:
            out.write(pickle.dumps(answer))
        code = 0
    finally:
        os._exit(code)  # nothing of the parent's is to be flushed or cleaned up here


def plain(value: Any) -> Any:  # noqa: ANN401 - whatever a setting may hold
    """`value` without a class of the settings' own: models and their dataclasses as `Record`s."""
    from pydantic import BaseModel, SecretStr

    if isinstance(value, SecretStr):
        return Secret(value.get_secret_value())
    if isinstance(value, BaseModel):
        names = [*type(value).model_fields, *_properties(type(value))]
        return Record(**{name: plain(getattr(value, name)) for name in names})
    if is_dataclass(value) and type(value).__module__.startswith("bot.settings"):
        return Record(**{field.name: plain(getattr(value, field.name)) for field in fields(value)})
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    return dict(value) if isinstance(value, Mapping) else value


def _properties(kind: type) -> list[str]:
    own = (base for base in kind.__mro__ if base.__module__.startswith("bot.settings"))
    return [name for base in own for name, what in vars(base).items() if isinstance(what, property)]
