"""The words readers see, in Indonesian and English: gettext catalogues, read once at start.

Message ids are the English text. The `.mo` files beside the `.po` files are committed, so that a
clean clone and the container need no build step and the bot only the standard library's gettext;
a test compares the two. After a change:
``pybabel compile --domain kabarbot --directory bot/locale``.

It words no posts: those speak through their template, in `POST_LANGUAGE`.
"""

from __future__ import annotations

from collections.abc import Mapping
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Protocol

DOMAIN = "kabarbot"
LANGUAGES = ("id", "en")
FOLDER = Path(__file__).parent


class Say(Protocol):
    """Says a message id in one language."""

    def __call__(self, message: str, /, **values: str) -> str:
        """The translation, its ``{names}`` filled with `values` (which are taken literally)."""
        ...


class Catalogues:
    """All languages that readers are answered in; the first one stands in for any other."""

    def __init__(self, catalogues: Mapping[str, NullTranslations]) -> None:
        self._say = {language: _speaker(catalogue) for language, catalogue in catalogues.items()}

    def speaker(self, language: str) -> Say:
        """What speaks `language` (``id``, ``en``)."""
        return self._say.get(language) or next(iter(self._say.values()))


def load(folder: Path = FOLDER) -> Catalogues:
    """Read the compiled catalogues in `folder`. Raises OSError where one is missing."""
    return Catalogues({language: _read(folder, language) for language in LANGUAGES})


def phrase(message: str) -> str:
    """Marks a message id that is said later, for those who extract; returns it unchanged."""
    return message


def _read(folder: Path, language: str) -> GNUTranslations:
    with (folder / language / "LC_MESSAGES" / f"{DOMAIN}.mo").open("rb") as file:
        return GNUTranslations(file)


def _speaker(catalogue: NullTranslations) -> Say:
    def say(message: str, /, **values: str) -> str:
        return catalogue.gettext(message).format_map(values)

    return say
