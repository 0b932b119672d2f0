"""The bot as it is called from outside: built where `PUBLIC_URL` is set, with `app` and `assembly`.

Only knows which part is handed which; what the parts do, they know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.events import Events
from bot.ports import Clock
from bot.sources.portal import Portal
from bot.store.room import Stores
from bot.telegram.room import TelegramRoom
from bot.telegram.webhook import Webhook
from bot.workers.poller import Poller
from bot.workers.pusher import Pusher

if TYPE_CHECKING:
    from bot.settings import Address, Settings
    from bot.webhooks.listener import WebhookListener

_TELEGRAM, _WEBSUB = "/telegram/", "/websub/"


@dataclass(frozen=True, slots=True)
class Place:
    """The bot's place in the world: Telegram's secret `path`, kept for ever, and our `webhook` there.

    `webhook` is None without `PUBLIC_URL`: then updates are fetched, and no hub is asked for anything.
    """

    path: str
    webhook: Webhook | None = None


async def find_place(settings: Settings, stores: Stores) -> Place:
    """The secret path, and the word that goes with it: `WEBHOOK_SECRET`, or one made up once."""
    path = _TELEGRAM + await stores.keepsakes.secret("telegram_path")
    if not settings.public_url or settings.webhook_address is None:
        return Place(path)
    own = settings.webhook_secret.get_secret_value()
    secret = own or await stores.keepsakes.secret("telegram_word")
    return Place(path, Webhook(settings.public_url + path, secret))


@dataclass(frozen=True, slots=True)
class Outside:
    """What is called from outside: the listener, not started, and WebSub's subscriber behind it."""

    listener: WebhookListener
    pusher: Pusher


def build_outside(  # noqa: PLR0917 - all that meets here
    settings: Settings,
    stores: Stores,
    place: Place,
    portal: Portal,
    poller: Poller,
    telegram: TelegramRoom,
    *,
    clock: Clock,
    events: Events,
) -> Outside | None:
    """What `PUBLIC_URL` turns on; None without it."""
    address, webhook = settings.webhook_address, place.webhook
    if address is None or webhook is None:
        return None
    pusher = _pusher(settings, stores, portal, poller, clock=clock, events=events)
    return Outside(_listener(settings, webhook, address, telegram, pusher), pusher)


def _pusher(
    settings: Settings, stores: Stores, portal: Portal, poller: Poller, *, clock: Clock, events: Events
) -> Pusher:
    pusher = Pusher(
        stores.pushes,
        portal,
        root=settings.public_url + _WEBSUB,
        take_in=poller.take_in,
        wake_poller=poller.loop.wake,
        clock=clock,
        events=events,
    )
    poller.when_looked(pusher.hear)
    return pusher


def _listener(
    settings: Settings, webhook: Webhook, address: Address, telegram: TelegramRoom, pusher: Pusher
) -> WebhookListener:
    from bot.webhooks.listener import WebhookListener
    from bot.webhooks.telegram import TelegramDoor
    from bot.webhooks.websub import WebSubDoor

    path = webhook.url.removeprefix(settings.public_url)
    return WebhookListener(
        address.host,
        address.port,
        public_url=settings.public_url,
        telegram=TelegramDoor(path, webhook.secret, telegram.receive),
        websub=WebSubDoor(pusher),
    )
