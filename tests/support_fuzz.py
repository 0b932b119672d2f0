"""From bytes to posts, as the bot goes from one to the other, with everything checked that must hold for any bytes.

Used by Hypothesis (`tests/unit/test_fuzz.py`) and by atheris (`tests/fuzz/fuzz_posts.py`).
"""

from __future__ import annotations

import json
from dataclasses import fields
from functools import cache

from bot.cli.posts import Preview, lines
from bot.cli.preview import json_line
from bot.domain.decide import decide, keys_wanted
from bot.domain.delivery import FrozenRequest, Target
from bot.domain.due import Rules
from bot.domain.headlines import MAX_LEAD, MAX_TITLE, Document, Words
from bot.domain.polling import Channel, FeedForPoll
from bot.errors import ParseError
from bot.sandbox.markup import Composer, Parsed
from bot.sandbox.parsers import choose_parser
from bot.sources.parsing import parse
from bot.sources.sparing import Spare
from bot.sources.tasks import Want
from bot.sources.wire import HEAD, pack, parsed_from_json, parsed_to_json, task_from_json, task_to_json
from bot.store.headlines import key_hash
from bot.store.values import dump, freeze, thaw
from bot.telegram.markup import plain
from bot.telegram.render import PostRenderer
from tests.support_sources import JAKARTA, NOW, task

URL = "https://portal.example/rss"
FEED = FeedForPoll(1, URL, category="")
CHANNEL = Channel(1, include=("gempa", "a-b"), exclude=("iklan",))
#: What a post may hold of markup: our own bold and link, and what Telegram marks in any text by itself.
OURS = {"bold", "text_link"}
FOUND = {"url", "email", "mention", "hashtag", "cashtag", "bot_command", "phone_number"}


@cache
def composer() -> Composer:
    """Telegram's own parser where it is installed."""
    return Composer(choose_parser("auto"))


@cache
def renderers() -> tuple[PostRenderer, ...]:
    """Both styles of post."""
    return tuple(PostRenderer(zone=JAKARTA, post_style=style) for style in ("text", "photo"))


def posts_of(body: bytes, want: Want = Want.FEED, charset: str | None = None) -> int:
    """Read `body`, decide what is new, render it; how many posts it makes. AssertionError for what must not be."""
    document = _read(body, want, charset)
    if document is None:
        return 0
    _check_document(document)
    wanted = keys_wanted(FEED, document)
    assert all(len(key_hash(key)) == 16 for key in wanted)
    intent = decide(FEED, document, {}, [Channel(2), CHANNEL], Rules(), NOW)
    for new in intent.new:
        assert set(new.keys) <= wanted
        _check_posts(new.words)
    assert all(len(line.splitlines()) == 1 and len(line) < 400 for line in intent.ignored)
    return len(intent.new)


def _read(body: bytes, want: Want, charset: str | None) -> Document | None:
    """As the child reads it and says it, twice: the second time what it remembers must not show.

    None where it says in plain words that there is nothing to read.
    """
    asked = task_from_json(json.loads(json.dumps(task_to_json(task(url=URL, want=want, charset=charset)))))
    try:
        found = parse(body, asked)
    except ParseError as error:
        words = str(error)
    else:
        spare = Spare()
        assert found == parse(body, asked, spare) == parse(body, asked, spare)
        return parsed_from_json(json.loads(pack(parsed_to_json(found))[HEAD.size :])).document
    assert words.isprintable()
    return None


def _check_document(document: Document) -> None:
    for item in document.items:
        assert len(item.title) <= MAX_TITLE
        assert len(item.lead) <= MAX_LEAD
        texts = [getattr(item, field.name) for field in fields(item)]
        assert all(len(text) <= 4096 for text in texts if isinstance(text, str))
        dump(texts[:3])
        assert all(line for line, _ in lines(item, NOW))
    assert json.loads(json_line(Preview(URL, document)))["ok"]


def _check_posts(words: Words) -> None:
    for renderer in renderers():
        request: FrozenRequest | None = renderer.post(words, Target(1, -1001), loud=True)
        while request is not None:
            _check_post(request, words)
            request = renderer.plainer(request)


def _check_post(request: FrozenRequest, words: Words) -> None:
    assert thaw(freeze(request)) == request
    raw = request.body.get("text") or request.body["caption"]
    post = composer().compose(raw, request.body.get("parse_mode", ""))
    marked = request.body.get("parse_mode") == "HTML"
    assert post.text.startswith(_seen(words.title)), (post.text, words.title)
    assert post.text == (_seen(plain(raw)) if marked else _seen(raw))
    _check_markup(post, words, marked=marked)


def _check_markup(post: Parsed, words: Words, *, marked: bool) -> None:
    kinds = {entity["type"] for entity in post.entities}
    assert kinds <= FOUND | (OURS if marked else set()), (kinds, post.text)
    links = [entity["url"] for entity in post.entities if entity["type"] == "text_link"]
    assert len(links) <= 1
    assert not links or (words.link or "").startswith(("http://", "https://", "HTTP", "Http")), links


def _seen(text: str) -> str:
    """Text as Telegram shows it: trimmed at its ends."""
    return text.strip(" \n")
