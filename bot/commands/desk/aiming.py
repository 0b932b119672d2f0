"""From an order to the story it means, or to the answer that says what is missing. Changes nothing."""

from __future__ import annotations

from bot.commands.command import Handler
from bot.commands.words import quotable
from bot.domain.desk import MAX_NOTE, Aim, Order, Verb, aim, literal, signatory
from bot.domain.headlines import Headline
from bot.domain.replies import Listing, Reply, Request
from bot.locale import Say
from bot.ports import OrderStore, Reach, StoryFinder

#: Stories that are shown where an editor's words fit more than one.
_MOST = 5


class Aiming:
    """Finds the story of an order: by link, by a reply, by quoted words."""

    def __init__(self, finder: StoryFinder) -> None:
        self._finder = finder

    async def story(
        self, request: Request, say: Say, *, words_alone: bool = False
    ) -> tuple[Headline, str] | Reply:
        """The story and the words behind it; with `words_alone` unquoted words name the story too."""
        replying = request.reply is not None
        aimed = aim(request.argument, replying=replying)
        if words_alone and not replying and not (aimed.link or aimed.words):
            aimed = Aim(words=" ".join(request.argument.split()))
        found = await self._found(aimed, request)
        if len(found) == 1:
            return found[0], literal(aimed.rest)
        return self._unclear(found, aimed, say)

    async def _found(self, aimed: Aim, request: Request) -> list[Headline]:
        if aimed.link:
            return list(await self._finder.by_link(aimed.link))
        if aimed.words:
            return list(await self._finder.by_words(aimed.words, _MOST))
        return list(await self._finder.by_post(request.reply)) if request.reply else []

    @staticmethod
    def _unclear(found: list[Headline], aimed: Aim, say: Say) -> Reply:
        if found:
            return Reply(heading=say("Which one? Say it again with its link."), listing=Listing(tuple(found)))
        if named := aimed.link or aimed.words:
            return Reply(text=say("I know no story by “{words}”.", words=quotable(named)))
        return Reply(
            text=say(
                "Which story? Put its link, or words of its headline in quotes, behind the command, "
                "or reply to its post."
            )
        )


class StoryOrder(Handler):
    """An order about one story with words behind it: finds the story, then has `carry_out` say what came of it."""

    def __init__(self, orders: OrderStore, aiming: Aiming) -> None:
        self._orders = orders
        self._aiming = aiming

    async def answer(self, request: Request, say: Say) -> Reply:
        aimed = await self._aiming.story(request, say)
        if isinstance(aimed, Reply):
            return aimed
        return await self.carry_out(*aimed, request, say)

    async def carry_out(self, story: Headline, words: str, request: Request, say: Say) -> Reply:
        """Have the order kept; `words` are what stands behind the story, empty where nothing does."""
        raise NotImplementedError


def too_long(say: Say, most: int = MAX_NOTE) -> Reply:
    """What an editor hears whose words do not fit."""
    return Reply(text=say("That is too long: {most} characters at most.", most=str(most)))


def beyond(reach: Reach, say: Say) -> str:
    """What an editor must do by hand; empty where it is nothing."""
    if not reach.lost:
        return ""
    return say(
        "{count} posts stand where I cannot change them any more (a channel that left the settings, or a group "
        "that became a supergroup): please do it by hand.",
        count=str(reach.lost),
    )


def order(verb: Verb, request: Request, words: str = "") -> Order:
    """The order as it is kept."""
    who = signatory(request.chat_id, request.user_id)
    return Order(verb, who, request.chat_id, request.at, request.message_id, words)


def titled(headline: Headline) -> str:
    """A headline as answers quote it."""
    return quotable(headline.words.title, 120)
