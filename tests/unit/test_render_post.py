"""A headline as a post: the exact request, its plainer forms, and its corrections."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.delivery import FrozenRequest, Post, Target
from bot.domain.desk import Mark, MarkKind
from bot.domain.headlines import Words
from bot.domain.stamps import clock
from bot.sandbox.markup import Composer
from bot.sandbox.parsers import choose_parser
from bot.telegram.markup import MAX_CAPTION, MAX_TEXT, cut, first_link, fits, plain, units
from bot.telegram.render import PostRenderer
from tests.support_telegram import JAKARTA, NOON, WORDS

TARGET = Target(1, -1001)
COMPOSER = Composer(choose_parser("auto"))
PHOTO = "https://kabar.id/foto.jpg"


def renderer(**more: Any) -> PostRenderer:
    return PostRenderer(zone=JAKARTA, **more)


def text_of(words: Words = WORDS, target: Target = TARGET, **more: Any) -> str:
    return str(renderer(**more).post(words, target, loud=True).body["text"])


def standing(request: FrozenRequest, words: Words = WORDS, target: Target = TARGET, **more: Any) -> Post:
    return Post(1, target, 1, 7, request, words, 2, **more)


# ---------------------------------------------------------------- the post


def test_the_post_of_the_contract_to_the_character() -> None:
    """Headline, linked and bold; kicker and dateline under it."""
    assert text_of() == (
        '<b><a href="https://rmol.id/dunia/read/2023/09/20/589919/rusia-desak">'
        "Rusia Desak Armenia dan Azerbaijan Hentikan Permusuhan di Nagorno-Karabakh</a></b>\n"
        "Dunia · Rabu, 20 September 2023 | 06:12 WIB"
    )


def test_the_whole_request() -> None:
    """Nothing is said that Telegram would assume anyway."""
    request = renderer().post(WORDS, TARGET, loud=True)

    assert request.method == "sendMessage"
    assert {key: value for key, value in request.body.items() if key != "text"} == {
        "parse_mode": "HTML",
        "link_preview_options": {"url": WORDS.link, "prefer_large_media": True},
    }


def test_without_a_kicker_only_the_dateline_stands_there() -> None:
    """No dot in front of it."""
    assert text_of(replace(WORDS, kicker="")).endswith("</b>\nRabu, 20 September 2023 | 06:12 WIB")


def test_the_language_and_zone_of_posts() -> None:
    """English names of days; the zone of Makassar."""
    english = PostRenderer(zone=ZoneInfo("Asia/Makassar"), language="en").post(WORDS, TARGET, loud=True)

    assert english.body["text"].endswith("Dunia · Wednesday, 20 September 2023 | 07:12 WITA")


def test_a_time_to_come_is_shown_as_the_time_first_seen() -> None:
    """A portal's clock may be wrong; a post from the future would look silly."""
    words = replace(WORDS, published=NOON + timedelta(days=1))

    request = renderer().post(words, TARGET, loud=True, first_seen=NOON)

    assert request.body["text"].endswith("Jumat, 29 November 2024 | 12:00 WIB")


def test_portal_words_are_text() -> None:
    """What looks like markup is shown, never interpreted."""
    words = replace(WORDS, title='<b>Harga "naik"</b> & <script>', kicker="<i>Bisnis</i>")

    parsed = COMPOSER.compose(text_of(words), "HTML")

    assert parsed.text.splitlines()[0] == '<b>Harga "naik"</b> & <script>'
    assert parsed.text.splitlines()[1].startswith("<i>Bisnis</i> · ")


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "http://localhost/a?b=1&c=2", "http://intranet/x", "ftp://kabar.id/x"]
)
def test_a_link_that_telegram_would_drop_is_shown_as_text(link: str) -> None:
    """Under the rest, and nothing is linked or previewed."""
    request = renderer().post(replace(WORDS, link=link), TARGET, loud=True)

    assert "<a" not in request.body["text"]
    assert plain(request.body["text"]).splitlines()[2] == link
    assert request.body["link_preview_options"] == {"is_disabled": True}


def test_without_a_link_there_is_just_the_headline() -> None:
    """Two lines, nothing linked."""
    assert text_of(replace(WORDS, link=None)) == (
        f"<b>{WORDS.title}</b>\nDunia · Rabu, 20 September 2023 | 06:12 WIB"
    )


def test_a_channels_label_is_added_to_its_links() -> None:
    """In the headline's link and in the preview, which must be one address."""
    target = replace(TARGET, utm="utm_source=telegram&utm_medium=kanal")
    body = renderer().post(WORDS, target, loud=True).body

    link = f"{WORDS.link}?utm_source=telegram&utm_medium=kanal"
    assert first_link(body["text"]) == link
    assert body["link_preview_options"]["url"] == link


@pytest.mark.parametrize(
    ("setting", "options"),
    [
        ("large", {"url": WORDS.link, "prefer_large_media": True}),
        ("small", {"url": WORDS.link, "prefer_small_media": True}),
        ("off", {"is_disabled": True}),
    ],
)
def test_the_preview_is_the_settings(setting: str, options: dict[str, Any]) -> None:
    """The previewed address is always said: Telegram would take the first link it finds."""
    assert (
        renderer(link_preview=setting).post(WORDS, TARGET, loud=True).body["link_preview_options"] == options
    )


@pytest.mark.parametrize(
    ("loud", "silent", "quiet"), [(True, False, False), (False, False, True), (True, True, True)]
)
def test_who_makes_a_sound(loud: bool, silent: bool, quiet: bool) -> None:
    """Neither a later post of one look nor any post of a silent channel."""
    body = renderer().post(WORDS, replace(TARGET, silent=silent), loud=loud).body

    assert body.get("disable_notification", False) is quiet


def test_a_topic_is_posted_into() -> None:
    """Only where there is one."""
    assert renderer().post(WORDS, replace(TARGET, topic=9), loud=True).body["message_thread_id"] == 9
    assert "message_thread_id" not in renderer().post(WORDS, TARGET, loud=True).body


def test_a_photo_has_the_text_as_its_caption() -> None:
    """Where the article has a picture that Telegram can fetch."""
    photos = renderer(post_style="photo")
    request = photos.post(replace(WORDS, image=PHOTO), TARGET, loud=True)

    assert request.method == "sendPhoto"
    assert request.body == {"photo": PHOTO, "caption": text_of(), "parse_mode": "HTML"}
    assert photos.post(WORDS, TARGET, loud=True).method == "sendMessage"
    assert (
        photos.post(replace(WORDS, image="http://localhost/a.jpg"), TARGET, loud=True).method == "sendMessage"
    )


def test_text_that_is_longer_than_a_caption_goes_out_as_text() -> None:
    """Counted as Telegram counts: an emoji is two."""
    photos, target = renderer(post_style="photo"), replace(TARGET, template="{{ title }}{{ lead }}")
    words = replace(WORDS, title="x" * 24, image=PHOTO, lead="🚨" * 500)

    fitting = photos.post(words, target, loud=True)
    longer = photos.post(replace(words, title="x" * 25), target, loud=True)

    assert fitting.method == "sendPhoto"
    assert (longer.method, longer.body["text"]) == ("sendMessage", "x" * 25 + "🚨" * 500)


# ---------------------------------------------------------------- operators' templates


def test_an_operators_template_is_used_and_escaped() -> None:
    """With everything that is known of the headline."""
    target = replace(
        TARGET, template="{{ kicker|upper }}: {{ title }} ({{ reporter }}, {{ list_stamp }})\n{{ link }}"
    )

    assert text_of(replace(WORDS, title="A & B"), target) == (
        "DUNIA: A &amp; B (Reni Erina, Rabu, 20 September 2023 | 06:12)\n" + str(WORDS.link)
    )


@pytest.mark.parametrize(
    "template",
    [
        "{{ title",
        "{{ title.nothing.at.all }}",
        "{{ 1 / 0 }}",
        "{{ title.__class__.__mro__[1].__subclasses__()() }}",
        "{% for i in range(10000) %}{{ title }}{% endfor %}",
        "{% if false %}x{% endif %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{{ lead|nosuchfilter }}",
    ],
)
def test_a_template_that_fails_is_reported_once_and_the_default_used(template: str) -> None:
    """An operator's slip costs the looks of a post, never the post."""
    reports: list[str] = []
    broken = PostRenderer(zone=JAKARTA, report=reports.append)
    target = replace(TARGET, template=template)

    requests = [broken.post(WORDS, target, loud=True) for _ in range(3)]

    assert {request.body["text"] for request in requests} == {text_of()}
    assert len(reports) == 1
    assert "template" in reports[0]


# ---------------------------------------------------------------- plainer forms


def test_each_refusal_makes_a_photo_plainer() -> None:
    """Photo, text, text without markup, nothing."""
    photo = renderer(post_style="photo").post(
        replace(WORDS, image=PHOTO), replace(TARGET, topic=9), loud=False
    )

    rich = renderer().plainer(photo)
    assert rich is not None
    bare = renderer().plainer(rich)
    assert bare is not None

    assert (rich.method, rich.level, rich.body["text"]) == ("sendMessage", 1, photo.body["caption"])
    assert rich.body["link_preview_options"]["url"] == WORDS.link
    assert (bare.method, bare.level) == ("sendMessage", 2)
    assert bare.body == {
        "text": f"{WORDS.title}\nDunia · Rabu, 20 September 2023 | 06:12 WIB\n{WORDS.link}",
        "link_preview_options": rich.body["link_preview_options"],
        "message_thread_id": 9,
        "disable_notification": True,
    }
    assert renderer().plainer(bare) is None


def test_a_refused_edit_keeps_its_kind_of_message() -> None:
    """A photo's caption in plain text, the link in it, however long it was; then nothing."""
    photo = renderer(post_style="photo").post(replace(WORDS, image=PHOTO), TARGET, loud=True)
    crowded = replace(photo, body={**photo.body, "caption": photo.body["caption"] + "\n" + "kata " * 300})

    bare = renderer().without_markup(crowded)

    assert bare is not None
    assert (bare.method, bare.level, set(bare.body)) == ("sendPhoto", 1, {"photo", "caption"})
    assert bare.body["caption"].startswith(WORDS.title)
    assert bare.body["caption"].endswith(f"…\n{WORDS.link}")
    assert units(bare.body["caption"]) <= MAX_CAPTION
    assert renderer().without_markup(bare) is None


def test_plain_text_of_a_monster_still_fits() -> None:
    """Whatever was refused for its length passes in the end, link included."""
    monster = FrozenRequest(
        "sendMessage", {"text": f'<a href="{WORDS.link}">{"🚨x " * 3000}</a>', "parse_mode": "HTML"}
    )

    bare = renderer().plainer(monster)

    assert bare is not None
    assert units(bare.body["text"]) <= MAX_TEXT
    assert bare.body["text"].endswith(f"…\n{WORDS.link}")


# ---------------------------------------------------------------- corrections


def test_a_correction_changes_words_and_keeps_the_rest() -> None:
    """Preview style, buttons, sound and topic are those of the post."""
    buttons = {"inline_keyboard": [[{"text": "x", "callback_data": "y"}]]}
    old = renderer(link_preview="small").post(WORDS, replace(TARGET, topic=9), loud=False)
    old = replace(old, body={**old.body, "reply_markup": buttons})
    words = replace(WORDS, title="Judul baru", link="https://rmol.id/baru")

    new = renderer().revised(standing(old, words))

    assert new.body == {
        **old.body,
        "text": text_of(words),
        "link_preview_options": {"url": words.link, "prefer_small_media": True},
    }
    assert (new.method, new.level) == (old.method, old.level)


def test_notes_stand_as_lines_under_the_post() -> None:
    """Escaped, in order, each on one line."""
    old = renderer().post(WORDS, TARGET, loud=True)
    notes = ("Ralat 08:15 WIB: bukan <b>5</b>\nmelainkan 6", "Diperbarui 08:20 WIB")

    text = renderer().revised(standing(old, notes=notes)).body["text"]

    assert plain(text).splitlines()[2:] == ["Ralat 08:15 WIB: bukan <b>5</b> melainkan 6", notes[1]]


@pytest.mark.parametrize("template", ["", "{{ title }} – {{ link }}"])
def test_a_withdrawn_headline_is_struck_through(template: str) -> None:
    """In an operator's template too; the reason under it is not."""
    target = replace(TARGET, template=template)
    old = renderer().post(WORDS, target, loud=True)
    text = (
        renderer()
        .revised(standing(old, target=target, struck=True, notes=("Ditarik 09:00 WIB: keliru",)))
        .body["text"]
    )

    parsed = COMPOSER.compose(text, "HTML")
    struck = [e for e in parsed.entities if e["type"] == "strikethrough"]

    assert [parsed.text[e["offset"] : e["offset"] + e["length"]] for e in struck] == [WORDS.title]
    assert parsed.text.endswith("Ditarik 09:00 WIB: keliru")


@pytest.mark.parametrize(("language", "word"), [("id", "Ralat"), ("en", "Correction")])
def test_a_line_said_before_it_was_sent_is_part_of_the_post(language: str, word: str) -> None:
    """As an edit would show it, literally; the plain form keeps it."""
    mark = Mark(MarkKind.CORRECTED, NOON, "bukan <b>5</b>")
    post = renderer(language=language).post(WORDS, TARGET, loud=True, marks=[mark])
    plainer = renderer().plainer(post)

    assert plain(post.body["text"]).splitlines()[-1] == f"{word} {clock(NOON, JAKARTA)}: bukan <b>5</b>"
    assert plainer is not None
    assert "bukan <b>5</b>" in plainer.body["text"]


def test_notes_that_are_too_long_are_cut_and_not_the_headline() -> None:
    """A reason may be a whole letter."""
    old = renderer(post_style="photo").post(replace(WORDS, image=PHOTO), TARGET, loud=True)

    caption = (
        renderer().revised(standing(old, notes=("Ralat: " + "kata " * 2000, "Diperbarui"))).body["caption"]
    )

    assert units(plain(caption)) <= MAX_CAPTION
    assert plain(caption).startswith(WORDS.title)
    assert caption.endswith("…")


def test_a_photo_stays_a_photo() -> None:
    """Its caption is what changes."""
    words = replace(WORDS, image=PHOTO)
    old = renderer(post_style="photo").post(words, TARGET, loud=True)

    new = renderer().revised(standing(old, replace(words, title="Baru")))

    assert (new.method, new.body["photo"]) == ("sendPhoto", PHOTO)
    assert new.body["caption"].startswith('<b><a href="')


def test_what_went_out_plain_is_corrected_plainly() -> None:
    """Telegram refused its markup once, and would again."""
    rich = renderer().post(WORDS, TARGET, loud=True)
    bare = renderer().plainer(rich)
    assert bare is not None

    new = renderer().revised(standing(bare, replace(WORDS, title="A & B"), notes=("Ralat",)))

    assert "parse_mode" not in new.body
    assert new.body["text"] == f"A & B\nDunia · Rabu, 20 September 2023 | 06:12 WIB\nRalat\n{WORDS.link}"


def test_a_preview_that_was_off_stays_off() -> None:
    """Also when the link is gone."""
    off = renderer(link_preview="off").post(WORDS, TARGET, loud=True)
    on = renderer().post(WORDS, TARGET, loud=True)

    assert renderer().revised(standing(off)).body["link_preview_options"] == {"is_disabled": True}
    gone = renderer().revised(standing(on, replace(WORDS, link=None)))
    assert gone.body["link_preview_options"] == {"is_disabled": True}


# ---------------------------------------------------------------- whatever a portal writes

titles = (
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=300)
    .map(lambda text: " ".join(text.split()))
    .filter(bool)
)


@given(
    title=titles,
    kicker=st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=200).map(str.strip),
    published=st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001 - made aware below
)
def test_whatever_the_portal_writes_is_shown_and_accepted(
    title: str, kicker: str, published: datetime
) -> None:
    """Telegram's own parser takes every post, and a reader sees the headline as it is."""
    words = Words(title, 'https://kabar.id/?a=1&b="2"\'<>', kicker, published.replace(tzinfo=UTC))

    parsed = COMPOSER.compose(text_of(words), "HTML")

    assert fits(text_of(words), MAX_TEXT)
    assert parsed.text.split("\n")[0].strip() == title.strip()
    assert [e.get("url") is not None for e in parsed.entities if e["type"] == "text_link"] == [True]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80), st.integers(1, 60))
def test_cutting_keeps_within_units(text: str, limit: int) -> None:
    """Never longer than allowed, never half a surrogate pair, and untouched where it fits."""
    short = cut(text, limit)

    assert units(short) <= limit
    assert short == text or short.endswith("…")
    short.encode()


def test_entities_are_read_as_telegram_reads_them() -> None:
    """Four names and numbers; others stay literal."""
    assert plain("<b>&lt;&gt;&amp;&quot;</b>&#39;&#x1F6A8; &nbsp;&#0;") == "<>&\"'🚨 &nbsp;&#0;"
