"""The catalogues are complete, true to the code, and compiled from what stands beside them."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

import bot
from bot.commands.registry import commands
from bot.locale import DOMAIN, FOLDER, LANGUAGES, load
from tests.support_commands import MemoryHeadlines, kit

MARKS = {"say": None, "phrase": None}
SLASH = re.compile(r"/([a-z0-9_]+)")


def messages(catalogue: Catalog) -> dict[str, str]:
    """Message ids and what they are in the catalogue's language, the header left out."""
    return {str(message.id): str(message.string) for message in catalogue if message.id}


def source(language: str) -> dict[str, str]:
    """The catalogue as people edit it."""
    with (FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        return messages(read_po(file, abort_invalid=True))


def said_in_code() -> set[str]:
    """Every message id that the program marks; the sandbox is another program, and its `say` another's."""
    found = extract_from_dir(Path(bot.__file__).parent, [("**.py", "python")], keywords=MARKS)
    ours = [(name, message) for name, _, message, _, _ in found if not name.startswith("sandbox")]
    return {message for _, message in ours if isinstance(message, str)}


def fields(text: str) -> set[str | None]:
    """The ``{names}`` in a message."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated_and_none_is_left_over(language: str) -> None:
    """What the code says is what the catalogue holds, no more and no less, and none of it is empty."""
    catalogue = source(language)
    assert set(catalogue) == said_in_code()
    assert all(text.strip() for text in catalogue.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_the_one_beside_it(language: str) -> None:
    """A .po that was changed without compiling it would never be heard."""
    with (FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.mo").open("rb") as file:
        assert messages(read_mo(file)) == source(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_their_fields(language: str) -> None:
    """A field that the code does not fill would fail in front of a reader."""
    for message, text in source(language).items():
        assert fields(text) == fields(message), message


@pytest.mark.parametrize("language", LANGUAGES)
def test_commands_are_called_by_their_names_in_the_language(language: str) -> None:
    """An Indonesian answer points to /terbaru where the English one points to /latest."""
    known = {entry.alias: entry.name_in(language) for entry in commands(kit(MemoryHeadlines()))}
    for message, text in source(language).items():
        assert SLASH.findall(text) == [known[alias] for alias in SLASH.findall(message)], message


def test_english_is_the_message_itself() -> None:
    """Message ids are the English text; a catalogue that said otherwise would mislead translators."""
    assert all(text == message for message, text in source("en").items())


def test_indonesian_is_indonesian() -> None:
    """No message was left in English."""
    assert not [message for message, text in source("id").items() if text == message]


def test_an_unknown_language_is_answered_in_indonesian() -> None:
    """Whatever a client claims to speak, the reader gets an answer."""
    catalogues = load()
    assert catalogues.speaker("xx")("Categories") == catalogues.speaker("id")("Categories") == "Kategori"


def test_values_are_taken_literally() -> None:
    """A reader's braces are no fields."""
    say = load().speaker("en")
    assert say("Latest headlines: {category}", category="{0} {x!r}") == "Latest headlines: {0} {x!r}"


def test_a_missing_catalogue_is_told_at_start(tmp_path: Path) -> None:
    """Better no start than answers in no language."""
    with pytest.raises(FileNotFoundError):
        load(tmp_path)
