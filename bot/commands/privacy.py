"""`/privasi` (`/privacy`): what is kept about a reader, and a button that erases it.

Its words must stay true: whoever keeps more about readers says so here, and has `ReaderStore.erase` forget it.
"""

from __future__ import annotations

from bot.commands.buttons import button
from bot.commands.command import Handler
from bot.domain.replies import Reply, Request
from bot.locale import Say
from bot.ports import ReaderStore

PRIVACY_TAG = "p"
_ERASE = "x"


class Privacy(Handler):
    """Tells, and erases. In a group the button erases what is kept of whoever taps it, not of the group."""

    def __init__(self, readers: ReaderStore) -> None:
        self._readers = readers

    async def answer(self, request: Request, say: Say) -> Reply:  # noqa: ARG002 # the same for everybody
        paragraphs = (
            say(
                "I keep as little as I can. About you I store only what you have chosen: your language "
                "(/language) and your subscription (/subscribe), under your Telegram number. If you chose nothing, "
                "nothing is stored; /stop erases both."
            ),
            say(
                "What you write to me is read only to answer it, and its text is erased as soon as it is answered. "
                "For a day at most I remember that you wrote and when I answered, so that you are not answered "
                "twice or too often."
            ),
            say(
                "Words that were searched for are kept for three months so that the buttons under the answer work, "
                "and it is counted how often a headline was shared and reacted to. Neither says by whom."
            ),
        )
        return Reply(
            heading=say("Your privacy"),
            text="\n\n".join(paragraphs),
            note=say("The button below erases what I store about you, at once."),
            buttons=((button(say("Erase my data"), PRIVACY_TAG, _ERASE),),),
        )

    async def press(self, payload: str, request: Request, say: Say) -> Reply | None:
        if payload != _ERASE:
            return None
        if request.user_id is not None:
            await self._readers.erase(request.user_id)
        return Reply(toast=say("Done: nothing is stored about you any more."), silent=True)
