"""The kicker of a headline (*Dunia*): the section it stands in. Routing by category is not decided here."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.domain.article_paths import titled
from bot.domain.links import section
from bot.domain.months import fold

_MOST_SECTIONS = 3
_LONGEST = 30
#: Sections of Indonesian and English newsrooms; a name of this list is a section wherever it stands.
_KNOWN_NAMES = (
    "politik|hukum|bisnis|dunia|nusantara|publika|kabar pena|keamanan|pertahanan|nasional|daerah|regional|metro"
    "|pemerintahan|peristiwa|ekonomi|keuangan|finansial|internasional|mancanegara|global|olahraga|bola|sepakbola"
    "|hiburan|selebriti|seleb|gaya hidup|kesehatan|pendidikan|teknologi|tekno|sains|otomotif|wisata|kuliner"
    "|budaya|seni|opini|kolom|tajuk|editorial|kriminal|megapolitan|properti|energi|lingkungan|religi|agama|foto"
    "|video|infografis|politik dan hukum|humaniora|pasar|industri|makro|investasi|sport|sports|politics|world"
    "|business|economy|technology|tech|science|health|education|entertainment|culture|lifestyle|travel|opinion"
    "|national|international|local|law|crime|environment|finance|markets|arts"
)
_KNOWN = frozenset(_KNOWN_NAMES.split("|"))
#: What feeds write where no section is meant.
_NO_SECTION_NAMES = (
    "uncategorized|uncategorised|tak berkategori|umum|general|berita|news|headline|headlines|terkini|terbaru|update"
    "|top news|breaking news|artikel|article|home|rss|blog|featured|utama|lainnya|other"
)
_NO_SECTION = frozenset(_NO_SECTION_NAMES.split("|"))
_NAME = re.compile(r"[^\W\d_]{2,}(?:(?: & |[ \-/,&])[^\W\d_]+){0,3}")


def kicker(feed_category: str, link: str | None, categories: Iterable[str], *, title: str = "") -> str:
    """The section's name, titled; empty where none is known.

    The setting decides, then the article's path, then the first category that names a section rather than
    a tag. A name known from newsrooms is a section. Any other is one if the portal gives few categories,
    if it reads like a name (a few words, no digits, no ``#``) and if the headline does not say it: a tag
    repeats what the story is about (*Jokowi*), a section seldom does.
    """
    if feed_category.strip():
        return titled(feed_category)
    named = section(link) if link else None
    return named or _from_categories([" ".join(name.split()) for name in categories], fold(title))


def _from_categories(names: list[str], title: str) -> str:
    plain = {name: fold(name).replace("-", " ") for name in names if name}
    known = next((name for name in plain if plain[name] in _KNOWN), None)
    if known is None and len(plain) <= _MOST_SECTIONS:
        known = next((name for name in plain if _reads_like_section(name, plain[name], title)), None)
    return titled(known) if known else ""


def _reads_like_section(name: str, plain: str, title: str) -> bool:
    if len(name) > _LONGEST or plain in _NO_SECTION or not _NAME.fullmatch(name):
        return False
    return not re.search(rf"\b{re.escape(plain)}\b", title)
