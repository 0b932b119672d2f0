"""Month names in the languages that feeds are written in, as a table from a folded word to its number."""

from __future__ import annotations

import unicodedata
from types import MappingProxyType

#: A line a month: Indonesian, English, Portuguese, Spanish, French, German, Italian, Dutch, and short forms.
_NAMES = """
jan januari january janeiro enero ene janvier janv januar gennaio gen jaen ιαν
feb februari february fev fevereiro febrero fevrier fevr februar febbraio pebruari peb φεβ
mar mrt maret march marco marzo mars marz maart maerz mrz μαρ maa
apr april abr abril avr avril aprile απρ
mei may mai maio mayo maggio mag μαι
jun juni june junho junio juin giugno giu ιουν
jul juli july julho julio juil juillet luglio lug ιουλ
agu agt ags agst agust agustus aug august ago agosto aout augustus ago αυγ
sep sept september set setembro septiembre septembre settembre σεπ
okt oktober oct october out outubro octubre octobre ottobre ott οκτ
nov november nop nopember novembro noviembre novembre νοε
des desember dec december dez dezembro diciembre dic decembre dezember dicembre δεκ
"""


def fold(text: str) -> str:
    """Lower case without accents: ``Février`` and ``fevrier`` are one word."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.lower())
    return "".join(char for char in plain if not unicodedata.combining(char))


MONTHS = MappingProxyType(
    {name: number for number, line in enumerate(_NAMES.split("\n")[1:-1], start=1) for name in line.split()}
)
