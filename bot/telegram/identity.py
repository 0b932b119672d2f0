"""Who we are to Telegram: the first getMe, and what to think of a token that seems to be refused."""

from __future__ import annotations

from telegram.error import InvalidToken, RetryAfter, TelegramError

from bot.errors import TokenRefused
from bot.events import Events
from bot.ports import Clock
from bot.telegram.bot import QuietBot
from bot.telegram.errors import one_line, wait_of
from bot.telegram.trouble import Spell

#: Seconds between tries of a getMe that is answered 401 or 404: three of them span a minute.
_BETWEEN = 30.0
_TRIES = 3


async def introduce(bot: QuietBot, clock: Clock, events: Events) -> None:
    """Learn the bot's name and id. Waits for a Telegram that is out of reach; raises `TokenRefused` at once."""
    spell = Spell(events)
    while True:
        try:
            await bot.initialize()
        except InvalidToken as error:
            raise _refused() from error
        except TelegramError as error:
            pause = spell.failed("network", one_line(error.message), clock.now())
            if isinstance(error, RetryAfter):
                pause = max(pause, wait_of(error))
            await clock.sleep(pause.total_seconds())
        else:
            spell.went_well(clock.now())
            return


async def verify_token(bot: QuietBot, clock: Clock) -> None:
    """Raises `TokenRefused` if Telegram refuses the token three times over a minute; any other answer clears it.

    A server that restarts, or an older one asked for a method it does not know, says 401 or 404 in passing.
    """
    for left in range(_TRIES - 1, -1, -1):
        try:
            await bot.call("getMe", {})
        except InvalidToken:
            if left:
                await clock.sleep(_BETWEEN)
        except TelegramError:
            return
        else:
            return
    raise _refused()


def _refused() -> TokenRefused:
    return TokenRefused(
        ["TELEGRAM_TOKEN: Telegram does not know this token; expected the one BotFather gave you"]
    )
