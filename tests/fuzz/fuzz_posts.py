"""Coverage-guided fuzzing from bytes to posts, by atheris: ``python tests/fuzz/fuzz_posts.py [SECONDS] [SEEDS…]``.

Checks what `tests/support_fuzz.py` checks. SEEDS are folders of documents to begin with; a few of our own are
always among them. atheris is not among the development requirements (it has no wheel for every system): without
it this says so and does nothing. What it finds is left in the working folder as ``crash-…`` or ``timeout-…``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: Bytes of one document: what is found is found in small ones, and a thousand of them fit into a second.
LONGEST = 4096
#: Seconds for one document; the parsing child is given ten.
SLOWEST = 5
OURS = (
    b"<rss version='2.0'><channel><title>P</title><item><title>Gempa &amp; &lt;b&gt;banjir&lt;/b&gt;</title><link>/a/1</link>"
    b"<guid>g1</guid><pubDate>Rabu, 20 Sep 2023 06:12 WIB</pubDate><description><![CDATA[<p>Isi</p>]]></description></item>"
    b"<item><title>Dua</title></item></channel></rss>\n"
    b"<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://p.example/'><entry><id>a</id><title type='html'>A &amp;lt; B</title>"
    b"<link href='x'/><updated>2023-09-20T06:12:00+07:00</updated></entry></feed>\n"
    b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss><channel><item><title>&a; satu</title></item></channel></rss>\n"
    b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "Satu", "url": "https://p.example/1"}]}\n'
    b"<html><h3>Populer</h3><ul><li><a href='/read/2024/11/21/645678/satu-dua'>Satu dua tiga</a> Kamis, 21 November 2024 | 08:14</ul>"
    b"<h3>UPDATE</h3><ul><li><a href='/read/2024/11/21/645679/tiga'>Empat lima enam</a></ul></html>\n"
).splitlines()


def main() -> int:
    """Fuzz for so many seconds (60); 0 where nothing was found, or where there is no atheris."""
    try:
        import atheris
    except ImportError:
        sys.stdout.write("skipped: atheris is not installed (pip install atheris)\n")
        return 0
    sys.path.insert(0, str(ROOT))
    with atheris.instrument_imports(include=["bot", "feedparser", "sgmllib"]):
        import feedparser  # noqa: F401  # what parsing imports late must be instrumented too

        from bot.sources import feeds, jsonfeed, pages  # noqa: F401
        from bot.sources.tasks import Want
        from tests.support_fuzz import posts_of

    wants, charsets = list(Want), (None, None, "iso-8859-1", "utf-16", "windows-1252", "shift_jis")

    def one(data: bytes) -> None:
        if data:
            posts_of(data[:-1], wants[data[-1] % len(wants)], charsets[data[-1] % len(charsets)])

    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    with tempfile.TemporaryDirectory() as folder:
        for number, document in enumerate(OURS):
            Path(folder, f"ours-{number}").write_bytes(document + b"\0")
        options = [
            f"-max_total_time={seconds}",
            f"-max_len={LONGEST}",
            f"-timeout={SLOWEST}",
            "-rss_limit_mb=1024",
        ]
        atheris.Setup([sys.argv[0], *options, "-print_final_stats=1", folder, *sys.argv[2:]], one)
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
