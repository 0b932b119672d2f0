"""Delivery of updates to a webhook: one at a time, in order, tried again until it is taken or 24 hours old.

Real HTTP, to loopback addresses only. A public `https` address is accepted and shown, as Telegram would, but
reached only through `deliver_to`: the loopback origin that stands for the reverse proxy in front of it.
"""

import asyncio
import ipaddress
import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from bot.sandbox.calls import Call
from bot.sandbox.errors import bad_request
from bot.sandbox.updates import Update, Updates

PORTS: Final = frozenset({80, 88, 443, 8443})
SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
_FIRST_RETRY: Final = 0.1
_LAST_RETRY: Final = 5.0
_TIMEOUT: Final = 30.0


def is_loopback(host: str) -> bool:
    """Whether `host` is an address of this machine's loopback interface, or `localhost`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(slots=True)
class Webhook:
    """The webhook that is set, if any, and the task that delivers to it."""

    updates: Updates
    url: str = ""
    secret: str = ""
    max_connections: int = 40
    deliver_to: str = ""
    last_error: str = ""
    last_error_date: int = 0
    deliveries: int = 0
    _task: "asyncio.Task[None] | None" = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def set(self, call: Call) -> str:
        """Carry out setWebhook; what it tells. An empty address removes the webhook."""
        url = call.text("url").strip()
        if not url:
            return self.remove(call)
        _check_url(url)
        secret = call.text("secret_token")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
            raise bad_request("secret token contains unallowed characters")
        self.updates.allow(call.nested("allowed_updates", "allowed_updates"))
        self._drop_pending(call)
        same = url == self.url and secret == self.secret
        self.url, self.secret = url, secret
        self.max_connections = call.integer("max_connections", 40)
        self.last_error, self.last_error_date = "", 0
        self.updates.webhook_active = True
        self.updates.end_poll_for_webhook()
        self._start()
        return "Webhook is already set" if same else "Webhook was set"

    def remove(self, call: Call) -> str:
        """Carry out deleteWebhook; what it tells."""
        self._drop_pending(call)
        was, self.url, self.secret = self.url, "", ""
        self.updates.webhook_active = False
        self._stop()
        return "Webhook was deleted" if was else "Webhook is already deleted"

    def _drop_pending(self, call: Call) -> None:
        if call.flag("drop_pending_updates"):
            self.updates.clear()

    def info(self) -> dict[str, Any]:
        """The Bot API's WebhookInfo."""
        found: dict[str, Any] = {
            "url": self.url,
            "has_custom_certificate": False,
            "pending_update_count": self.updates.pending,
        }
        if self.url:
            found["max_connections"] = self.max_connections
            found["ip_address"] = "127.0.0.1"
        if self.last_error:
            found["last_error_date"] = self.last_error_date
            found["last_error_message"] = self.last_error
        found["allowed_updates"] = sorted(self.updates.allowed)
        return found

    def _start(self) -> None:
        self._stop()
        self.updates.listener = self._news.set
        self._news.set()
        self._task = asyncio.get_running_loop().create_task(self._run())

    def _stop(self) -> None:
        self.updates.listener = None
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def close(self) -> None:
        """End the delivery and wait for its end."""
        task = self._task
        self._stop()
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT)
        async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
            pause = _FIRST_RETRY
            while True:
                update = self.updates.first()
                if update is None:
                    self._news.clear()
                    await self._news.wait()
                elif await self._deliver(session, update):
                    self.updates.confirm(update.id + 1)
                    self.deliveries += 1
                    pause = _FIRST_RETRY
                else:
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, _LAST_RETRY)

    async def _deliver(self, session: aiohttp.ClientSession, update: Update) -> bool:
        target = self._target()
        if target is None:
            return self._failed("Failed to resolve host: Name or service not known")
        headers = {"Content-Type": "application/json"}
        if self.secret:
            headers[SECRET_HEADER] = self.secret
        try:
            async with session.post(target, data=update.body, headers=headers, ssl=False) as answer:
                if 200 <= answer.status < 300:
                    return True
                return self._failed(f"Wrong response from the webhook: {answer.status} {answer.reason}")
        except aiohttp.ClientError:
            return self._failed("Connection refused")
        except TimeoutError:
            return self._failed("Read timeout expired")

    def _target(self) -> str | None:
        """Where to deliver; None for an address that is not this machine's."""
        if self.deliver_to:
            parts = urlsplit(self.url)
            return (
                self.deliver_to.rstrip("/") + (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            )
        return self.url if is_loopback(urlsplit(self.url).hostname or "") else None

    def _failed(self, message: str) -> bool:
        self.last_error = message
        self.last_error_date = int(self.updates.clock.now())
        return False


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise bad_request("bad webhook: Invalid URL host") from error
    host = parts.hostname or ""
    if parts.scheme in {"http", "https"} and is_loopback(host):
        return
    if parts.scheme != "https":
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if "." not in host:
        raise bad_request("bad webhook: Failed to resolve host: Name or service not known")
    if (port or 443) not in PORTS:
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
