"""Where settings come from, and in which order: environment, `.env`, `/run/secrets`, `kabarbot.toml`.

The first place that says something wins. An empty value says nothing, but for `HTTP_ADDRESS`, where
it means: no status page.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from bot.errors import SettingsError
from bot.settings import faults, together
from bot.settings.faults import Fault
from bot.settings.model import Settings, known_names

SECRETS_DIR = Path("/run/secrets")
_TABLES = ("feeds", "channels")
_MAY_BE_EMPTY = "HTTP_ADDRESS"

Words = dict[str, Any]


def load(secrets: Path = SECRETS_DIR) -> Settings:
    """The settings of this process, from the working directory and the environment.

    Raises `SettingsError` with a line for every fault of every setting.
    """
    found: list[Fault] = []
    places: list[tuple[str, Words]] = [("", _environment())]
    places.append((".env", _dotenv(Path(".env"), found)))
    places.append((str(secrets), _secrets(secrets, found)))
    toml = _config_file(places)
    places.append((toml.name, _toml(toml, found, named=_first(places, "CONFIG_FILE") is not None)))
    merged: Words = {}
    origins: dict[str, str] = {}
    for origin, words in reversed(places):
        merged |= words
        origins |= dict.fromkeys(words, origin)
    return _checked(merged, origins, found, toml.name)


def parse(words: Mapping[str, Any]) -> Settings:
    """Settings from a mapping of names as operators write them; tables under `feeds` and `channels`.

    Reads nothing else. Raises `SettingsError`.
    """
    found: list[Fault] = []
    return _checked(_folded(words, "settings", found), {}, found, "settings")


def _checked(raw: Words, origins: Mapping[str, str], found: list[Fault], toml: str) -> Settings:
    every = [*found, *together.faults(raw)]
    try:
        settings = Settings(**{_field(name): value for name, value in raw.items()})
    except ValidationError as error:
        every += faults.of_validation(error, origins, toml)
        raise SettingsError(_lines(every)) from None
    if every:
        raise SettingsError(_lines(every))
    return settings


def _lines(found: list[Fault]) -> list[str]:
    """In the order of product.md §2; one setting may have several faults, none is said twice."""
    order = (*known_names(), "[[feeds]]", "[[channels]]")
    places = {name: place for place, name in enumerate(order)}
    ranked = sorted(found, key=lambda fault: places.get(fault.name, len(order)))
    return list(dict.fromkeys(fault.text for fault in ranked))


def _field(name: str) -> str:
    """The model calls a setting by its own name in lower case, unless it has an alias."""
    return name.lower() if name.lower() in Settings.model_fields else name


def _environment() -> Words:
    return _said(EnvSettingsSource(Settings)())


def _dotenv(path: Path, found: list[Fault]) -> Words:
    """A `.env` may hold what others read, so unknown names in it are none of our business."""
    try:
        source = DotEnvSettingsSource(
            Settings, env_file=path, env_file_encoding="utf-8-sig", dotenv_filtering="only_existing"
        )
        return _said(source())
    except (OSError, UnicodeError) as error:
        found.append(Fault(".env", f".env cannot be read: {_why(error)}: expected a text file in UTF-8"))
        return {}


def _secrets(folder: Path, found: list[Fault]) -> Words:
    """Files named as settings, in either case, as Docker and Kubernetes mount them."""
    words: Words = {}
    for path in _files(folder):
        name = path.name.upper()
        if name not in known_names():
            continue
        try:
            words[name] = path.read_text(encoding="utf-8-sig").strip()
        except (OSError, UnicodeError) as error:
            expected = f"expected a file in UTF-8 that user {os.getuid()} may read"
            found.append(Fault(name, f"{name}: {path} cannot be read: {_why(error)}: {expected}"))
    return _said(words)


def _files(folder: Path) -> Iterator[Path]:
    try:
        yield from sorted(path for path in folder.iterdir() if path.is_file())
    except OSError:
        return


def _first(places: list[tuple[str, Words]], name: str) -> str | None:
    return next((str(words[name]) for _, words in places if name in words), None)


def _config_file(places: list[tuple[str, Words]]) -> Path:
    return Path(_first(places, "CONFIG_FILE") or "kabarbot.toml")


def _toml(path: Path, found: list[Fault], *, named: bool) -> Words:
    """The file's settings; a file that was not asked for need not be there."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        if named:
            found.append(faults.wrong("CONFIG_FILE", str(path), "expected a file that exists"))
        return {}
    except (OSError, UnicodeError) as error:
        found.append(faults.wrong("CONFIG_FILE", str(path), f"cannot be read: {_why(error)}"))
        return {}
    except tomllib.TOMLDecodeError as error:
        found.append(faults.wrong("CONFIG_FILE", str(path), f"expected TOML: {error}"))
        return {}
    return _folded(content, path.name, found)


def _folded(content: Mapping[str, Any], place: str, found: list[Fault]) -> Words:
    """Names in upper case, tables under `[[feeds]]` and `[[channels]]`, unknown keys reported."""
    words: Words = {}
    for key, value in content.items():
        if key in _TABLES and _is_table(value):
            words[f"[[{key}]]"] = value
        elif key.upper() in known_names():
            words[key.upper()] = value
        else:
            found.append(faults.unknown(key, (*known_names(), *(f"[[{table}]]" for table in _TABLES)), place))
    return _said(words)


def _is_table(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def _said(words: Mapping[str, Any]) -> Words:
    """Names in upper case, without those that say nothing."""
    named = {key if key.startswith("[") else _name(key): value for key, value in words.items()}
    return {
        name: value
        for name, value in named.items()
        if name == _MAY_BE_EMPTY or not (isinstance(value, str) and not value.strip())
    }


def _name(key: str) -> str:
    return key.upper()


def _why(error: Exception) -> str:
    return error.strerror or "cannot be opened" if isinstance(error, OSError) else "not UTF-8"
