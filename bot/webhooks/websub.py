"""WebSub's paths: a hub makes sure of us (GET), and brings signed news (POST).

One secret path a feed. What is subscribed and what becomes of news is `ports.PushDesk`'s business.
"""

from __future__ import annotations

from email.message import Message

from aiohttp import web

from bot.domain.push import MOST_PUSHED, Signature, Subscription
from bot.ports import PushDesk
from bot.webhooks.answers import TooLongError, answer, is_packed, not_allowed, pieces

#: Bytes of a document (product.md §4.6): whether more of them were signed well is not even looked at.
_MOST_BYTES = 10 * 1024 * 1024
_LONGEST_CHALLENGE = 1024


class WebSubDoor:
    """Speaks with hubs for `desk`."""

    def __init__(self, desk: PushDesk) -> None:
        self._desk = desk

    async def open(self, request: web.BaseRequest, path: str) -> web.Response:
        """`path` is the last part of the address. 404 where it is nobody's, 410 where nothing is wanted any more."""
        subscription = await self._desk.at(path)
        if subscription is None:
            return answer(404)
        if request.method == "GET":
            return await self._verify(request, subscription)
        if request.method != "POST":
            return not_allowed("GET", "POST")
        if subscription.named is None:
            return answer(410)
        return await self._take(request, subscription)

    async def _verify(self, request: web.BaseRequest, subscription: Subscription) -> web.Response:
        """§5.3: the challenge is repeated for what was asked; §5.2: a hub that will not says so here too."""
        said = request.query
        mode, topic = said.get("hub.mode", ""), said.get("hub.topic", "")
        if mode == "denied":
            known = await self._desk.deny(subscription, topic, said.get("hub.reason", ""))
            return answer(200 if known else 404)
        challenge = said.get("hub.challenge", "")
        if not 0 < len(challenge) <= _LONGEST_CHALLENGE:
            return answer(404)
        lease = said.get("hub.lease_seconds", "")
        agreed = await self._desk.verify(subscription, mode, topic, lease)
        return answer(200, challenge) if agreed else answer(404)

    async def _take(self, request: web.BaseRequest, subscription: Subscription) -> web.Response:
        """§7 and §8: what is not signed well is ignored, and the hub is told so."""
        signature = Signature(request.headers.get("X-Hub-Signature"), subscription.secret)
        if not signature.possible:
            return answer(403)
        if is_packed(request):
            return answer(415)
        body: bytearray | None = (
            bytearray()
        )  # of a long one only the signature matters: the feed is looked at
        try:
            async for piece in pieces(request, _MOST_BYTES):
                signature.add(piece)
                if body is not None and len(body) + len(piece) <= MOST_PUSHED:
                    body += piece
                else:
                    body = None
        except TooLongError:
            return answer(413)
        if not signature.valid():
            return answer(403)
        self._desk.bring(subscription, None if body is None else bytes(body), _charset(request))
        return answer(200)


def _charset(request: web.BaseRequest) -> str | None:
    label = Message()
    label["Content-Type"] = request.headers.get("Content-Type", "")
    charset = label.get_param("charset")
    return charset if isinstance(charset, str) and charset else None
