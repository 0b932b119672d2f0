"""Identity: which keys an item has, when a kind is void, which headline an item tells of."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.headlines import Item, Key, KeyKind
from bot.domain.identity import Match, folded, is_cut, keys, match, same_title
from bot.domain.polling import Known
from tests.support_decide import NOW, SITE, item, story

NONE_VOID: frozenset[KeyKind] = frozenset()
DETIK = "https://news.detik.com/read/2017/04/28/065546/3486166/4/djarot-kalau-ahok"


def keys_of(one: Item, feed_id: int = 1, void: frozenset[KeyKind] = NONE_VOID) -> dict[KeyKind, str]:
    """The valid keys of an item that is alone in its document."""
    return {key.kind: key.value for key in keys([one], feed_id, void)[0][0]}


def known(one: Item, number: int = 1, **fields: object) -> Known:
    """What is remembered of `one` after its first look by feed 1."""
    made = Known(number, one.title, one.link, one.published, one.guid, 1, False, False, False, NOW)
    return replace(made, **fields)  # type: ignore[arg-type]


def found(one: Item, *remembered: tuple[Item, Known], feed_id: int = 1) -> Match:
    """Match `one` where each of `remembered` owns its keys; the later takes keys over."""
    owners: dict[Key, Known] = {}
    for before, owner in remembered:
        owners.update(dict.fromkeys(keys([before], 1, NONE_VOID)[0][0], owner))
    return match(keys([one], feed_id, NONE_VOID)[0][0], one, owners)


def test_keys_come_strongest_first() -> None:
    """The order is the precedence."""
    kinds = [key.kind for key in keys([item(link=DETIK, guid="1")], 1, NONE_VOID)[0][0]]
    assert kinds == [KeyKind.ARTICLE, KeyKind.GUID, KeyKind.LINK, KeyKind.TEXT]


def test_the_article_of_a_detik_link_is_not_its_clock_time() -> None:
    """065546 is a time, 4 a page number; 3486166 is the article."""
    assert keys_of(item(link=DETIK))[KeyKind.ARTICLE].endswith("|3486166")


def test_an_article_is_the_same_in_every_feed_and_a_guid_is_not() -> None:
    """GUID 12345 of two feeds is two things; article ids belong to the site."""
    here, there = (keys_of(item(link=DETIK, guid="12345"), feed_id) for feed_id in (1, 2))
    assert here[KeyKind.ARTICLE] == there[KeyKind.ARTICLE]
    assert here[KeyKind.GUID] != there[KeyKind.GUID]


def test_feed_and_guid_cannot_be_confused() -> None:
    """Feed 1 with GUID "1|2" is not feed 11 with GUID "2"."""
    assert keys_of(item(guid="1|2"), 1)[KeyKind.GUID] != keys_of(item(guid="2"), 11)[KeyKind.GUID]


@pytest.mark.parametrize(
    "guid", ["http://[", "https://[x]/", "https://℀.example/", "http://a:b/", "http://:80/"]
)
def test_a_guid_that_only_looks_like_an_address_is_a_guid(guid: str) -> None:
    """One such item must not take its whole feed down."""
    one = item(guid=guid, link=guid)
    assert keys_of(one)[KeyKind.GUID].startswith("1|http")
    assert found(one, (one, known(one))).by is KeyKind.GUID


def test_a_guid_that_is_an_address_survives_https() -> None:
    """Portals that take their permalink as GUID change it when they change the scheme."""
    old, new = (
        keys_of(item(guid="http://kabar.example/?p=5")),
        keys_of(item(guid="https://kabar.example/?p=5")),
    )
    assert old[KeyKind.GUID] == new[KeyKind.GUID]


@pytest.mark.parametrize("guid", [SITE, f"{SITE}/", "http://www.kabar.example/"])
def test_a_home_page_is_no_guid(guid: str) -> None:
    """It says no more than the link, and would make every new story of the page a correction."""
    assert KeyKind.GUID not in keys_of(item(link=SITE, guid=guid))


@pytest.mark.parametrize("guid", [f"{SITE}/#7", f"{SITE}/?p=7", "kabar.example", "7"])
def test_other_guids_are_guids(guid: str) -> None:
    """Only a bare home page is left out."""
    assert KeyKind.GUID in keys_of(item(link=SITE, guid=guid))


def test_link_and_title_together_are_the_last_key() -> None:
    """Case, white space and the style of quotes make no other title; another link or title does."""
    text = keys_of(item("Kata “Si Doel”", SITE))[KeyKind.TEXT]
    assert keys_of(item('KATA  "SI DOEL"', f"{SITE}/?utm_source=rss"))[KeyKind.TEXT] == text
    assert keys_of(item("Kata Si Mandra", SITE))[KeyKind.TEXT] != text
    assert keys_of(item("Kata “Si Doel”", f"{SITE}/lain"))[KeyKind.TEXT] != text


def test_lone_surrogates_do_not_break_hashing() -> None:
    """A broken portal may send anything."""
    assert keys_of(item("\ud800"))


def test_one_link_for_different_titles_voids_links() -> None:
    """24 items that all link to the home page; without GUIDs only their titles are left."""
    items = [item(f"Kabar nomor {number}", SITE) for number in range(24)]
    valid, newly = keys(items, 1, NONE_VOID)
    assert newly == {KeyKind.LINK}
    assert {key.kind for found in valid for key in found} == {KeyKind.TEXT}
    assert len(set(valid)) == 24


def test_one_guid_for_different_titles_voids_guids_only() -> None:
    """Links still tell the items apart."""
    valid, newly = keys([story(1, guid="0"), story(2, guid="0")], 1, NONE_VOID)
    assert newly == {KeyKind.GUID}
    assert {key.kind for key in valid[0]} == {KeyKind.LINK, KeyKind.TEXT}


def test_the_same_story_twice_voids_nothing() -> None:
    """331 items of one real feed repeat a GUID."""
    assert keys([story(1), story(2), story(1)], 1, NONE_VOID)[1] == frozenset()


@pytest.mark.parametrize(
    "other",
    [
        "Rusia Desak Armenia Henti…",
        "Rusia Desak Armenia...",
        "rusia desak armenia hentikan permusuhan",
        "Foto: Rusia Desak Armenia Hentikan Permusuhan",
    ],
)
def test_another_way_to_say_a_title_voids_nothing(other: str) -> None:
    """Lists cut titles, portals put labels before them: one headline told twice."""
    assert same_title("Rusia Desak Armenia Hentikan Permusuhan", other)
    assert keys([item(link=SITE), item(other, SITE)], 1, NONE_VOID)[1] == frozenset()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kabar 1", "Kabar 12"),
        ("Rusia…", "Rusia Desak Armenia"),
        ("Rusia Desak Armenia", "Rusia Desak Armenia Hentikan Permusuhan"),
        ("Foto: Banjir", "Banjir"),
    ],
)
def test_a_common_beginning_is_no_sameness(one: str, other: str) -> None:
    """Without ``…`` it is no cut, and a word or two may be any story's."""
    assert not same_title(one, other)


def test_void_kinds_stay_void() -> None:
    """A document that happens to have one item tells nothing about the kind."""
    assert KeyKind.LINK not in keys_of(item(link=SITE), void=frozenset({KeyKind.LINK}))
    assert keys([story(1, guid="0"), story(2, guid="0")], 1, frozenset({KeyKind.GUID}))[1] == frozenset()


def test_an_item_is_known_by_any_of_its_keys() -> None:
    """GUIDs change, or slugs, or both titles and times: one key is enough."""
    remembered = (story(1), known(story(1)))
    assert found(story(1, guid="new"), remembered).by is KeyKind.LINK
    assert found(story(1, link=f"{SITE}/slug-baru"), remembered).by is KeyKind.GUID
    assert found(story(1, title="Judul Lain", published=NOW), remembered).by is KeyKind.GUID
    assert found(story(2), remembered) == Match()


def test_where_keys_point_to_two_headlines_the_stronger_decides() -> None:
    """Article before GUID before link."""
    first, second = item(link=DETIK, guid="a"), story(2)
    both = (first, known(first, 1)), (second, known(second, 2))
    assert found(replace(first, guid=second.guid), *both).known == known(first, 1)
    assert found(replace(story(1), guid=second.guid), *both, (story(1), known(story(1), 3))).known == known(
        second, 2
    )


def test_a_link_alone_with_another_title_and_time_is_new() -> None:
    """A page that always has the same address has a new story."""
    old = item("Pagi", SITE, published=NOW)
    remembered = (old, known(old))
    assert found(item("Siang", SITE, published=NOW + timedelta(hours=6)), remembered) == Match()
    assert found(item("Siang", SITE, published=NOW), remembered).by is KeyKind.LINK
    assert found(item("Pagi", SITE, published=NOW + timedelta(hours=6)), remembered).by is KeyKind.LINK
    assert found(item("Siang", SITE), remembered).by is KeyKind.LINK


def test_a_link_alone_with_another_title_and_guid_is_new() -> None:
    """The same, where the feed has GUIDs."""
    old = story(1)
    assert found(replace(old, guid="other", title="Judul Lain"), (old, known(old))) == Match()


def test_another_feeds_guid_is_no_other_guid() -> None:
    """A category feed numbers its items otherwise and may shorten titles: still the same story."""
    old = story(1)
    second_feed = replace(old, guid="9", title="Kabar pertama")
    assert found(second_feed, (old, known(old)), feed_id=2).known == known(old)


def test_an_old_story_is_recognised_after_its_link_was_taken_over() -> None:
    """Pagi, Siang, and Pagi again on the home page."""
    old, new = item("Pagi", SITE, published=NOW), item("Siang", SITE, published=NOW + timedelta(hours=6))
    both = (old, known(old, 1)), (new, known(new, 2))
    assert found(old, *both) == Match(known(old, 1), KeyKind.TEXT)
    assert found(new, *both) == Match(known(new, 2), KeyKind.LINK)


def test_beside_an_unknown_guid_the_same_words_count_only_at_the_same_time() -> None:
    """All GUIDs change on a feed of one link; and a daily title there is new every day."""
    old = story(1, link=SITE)
    owners = {keys([old], 1, frozenset({KeyKind.LINK}))[0][0][-1]: known(old)}
    for time, is_known in ((old.published, True), (NOW + timedelta(days=1), False)):
        again = replace(old, guid="new", published=time)
        matched = match(keys([again], 1, frozenset({KeyKind.LINK}))[0][0], again, owners)
        assert (matched.known is not None) is is_known


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kata “Si Doel”", 'Kata "Si Doel"'),
        ("Jum’at", "Jum'at"),
        ("Rusia – Ukraina", "Rusia - Ukraina"),
        ("Harga\u00a0Naik ", "Harga Naik"),
        ("Rp\u200b5 juta", "Rp5 juta"),
        ("Cafe\u0301", "Café"),
        ("Tunggu…", "Tunggu..."),
    ],
)
def test_what_folding_removes(one: str, other: str) -> None:
    """Nothing of this is worth an edit that tells readers a post has changed."""
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), [("rusia", "Rusia"), ("5 juta", "5,0 juta"), ("Naik?", "Naik")])
def test_what_folding_keeps(one: str, other: str) -> None:
    """Case, digits and punctuation are words of the portal: a change there is a correction."""
    assert folded(one) != folded(other)


@given(st.text(max_size=80))
def test_folding_twice_is_folding_once(text: str) -> None:
    """Else a title could differ from itself."""
    assert folded(folded(text)) == folded(text)
    assert same_title(text, f" {text} ")


@given(st.text(min_size=16, max_size=80), st.integers(15, 79))
def test_a_cut_is_shorter_and_says_so(text: str, end: int) -> None:
    """What a cut leaves is its beginning, never the other way round."""
    whole = folded(text)
    if len(whole[:end].strip()) >= 15 and len(whole) > end + 3 and not whole.endswith("..."):
        assert is_cut(f"{whole[:end]}…", whole)
        assert not is_cut(whole, f"{whole[:end]}…")
