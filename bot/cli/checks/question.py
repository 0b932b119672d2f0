"""The question that a send of unknown outcome is settled by (product.md §6): does it work in every channel.

Asked about the newest post that we know to be ours, with its own buttons: it changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.cli.bot_api import BotApi, NoAnswerError, RefusedError
from bot.cli.checks.finding import Finding, bad, good
from bot.errors import KabarbotError
from bot.store.newest import NewestPost, newest_posts

_FOREIGN = (
    "Telegram does not know the newest post in DATABASE_PATH as this bot's own: is the database another bot's, "
    "or the token? After a move to another bot this ends with the next post"
)


async def questions(api: BotApi, path: Path) -> Sequence[Finding]:
    """One finding for each channel that has a post; none where there is no database yet."""
    if not path.is_file():
        return []
    try:
        posts = await newest_posts(path)
    except KabarbotError as error:
        return [bad(f"database {path}", str(error))]
    return [await _ask(api, post) for post in posts]


async def _ask(api: BotApi, post: NewestPost) -> Finding:
    what = f"channel {post.channel}: whether a post arrived can be asked"
    more = {"reply_markup": post.buttons} if post.buttons else {}
    try:
        await api.ask("editMessageReplyMarkup", chat_id=post.chat_id, message_id=post.message_id, **more)
    except NoAnswerError as trouble:
        return bad(what, f"Telegram does not answer: {trouble}")
    except RefusedError as refusal:
        return _read(what, str(refusal))
    return good(what)


def _read(what: str, words: str) -> Finding:
    """What Telegram's refusal says (telegram.md)."""
    folded = words.casefold()
    if "message is not modified" in folded:
        return good(what)
    if "message to edit not found" in folded:
        return good(what, "its newest post was deleted, so there was nothing to ask about")
    if "message can't be edited" in folded:
        return bad(what, _FOREIGN)
    return bad(what, f"Telegram says: {words}; without this question the channel waits after a broken send")
