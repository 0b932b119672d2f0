"""Where the database is, told by the standard library alone: a small twin of `bot.settings.load`.

Only for `health`, which must start fast and small. It looks in the same places in the same order,
and a test compares the two; it checks nothing and never fails.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

SECRETS_DIR = Path("/run/secrets")
_LINE = re.compile(
    r"""^\s*(?:export\s+)?(?P<name>\w+)\s*=[ \t]*
    (?:'(?P<single>(?:\\'|[^'])*)'|"(?P<double>(?:\\"|[^"])*)"|(?P<bare>.*?))[ \t]*(?:(?:^|\s)\#.*)?$""",
    re.MULTILINE | re.VERBOSE,
)
_REFERENCE = re.compile(r"\$\{(?P<name>[^}:]*)(?::-(?P<default>[^}]*))?\}")


def database_path(environment: Mapping[str, str], secrets: Path = SECRETS_DIR) -> Path:
    """`DATABASE_PATH` as the settings say it, relative to the working directory."""
    flat = _flat(environment, secrets)
    return Path(flat.get("DATABASE_PATH") or _in_toml(flat.get("CONFIG_FILE")) or "data/kabarbot.db")


def _flat(environment: Mapping[str, str], secrets: Path) -> dict[str, str]:
    """What the environment, `.env` and secrets say, the first place winning, empty values left out."""
    found: dict[str, str] = {}
    for place in (environment, dotenv(_text(Path(".env")), environment), _secrets(secrets)):
        for name, value in place.items():
            if value.strip():
                found.setdefault(name.upper(), value.strip())
    return found


def dotenv(text: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The settings in a `.env` file; `${NAME}` and `${NAME:-default}` are filled in."""
    found: dict[str, str] = {}

    def value_of(reference: re.Match[str]) -> str:
        return {**environment, **found}.get(reference["name"], reference["default"] or "")

    for line in _LINE.finditer(text):
        value = next(part for part in line.group("single", "double", "bare") if part is not None)
        found[line["name"]] = _REFERENCE.sub(value_of, value)
    return found


def _secrets(folder: Path) -> dict[str, str]:
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return {}
    return {path.name: _text(path) for path in paths if path.name.upper() in {"DATABASE_PATH", "CONFIG_FILE"}}


def _in_toml(config_file: str | None) -> str | None:
    text = _text(Path(config_file or "kabarbot.toml"))
    if not text:
        return None
    import tomllib

    try:
        values = {key.upper(): value for key, value in tomllib.loads(text).items()}
    except tomllib.TOMLDecodeError:
        return None
    path = values.get("DATABASE_PATH")
    return path if isinstance(path, str) else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError):
        return ""
