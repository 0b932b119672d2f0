"""Token, inline mode and webhook: what Telegram itself says of the bot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.cli.bot_api import BotApi, NoAnswerError, RefusedError
from bot.cli.checks.finding import Finding, bad, good
from bot.errors import TokenRefused

#: Codes with which a server says that it knows no such bot (core.telegram.org/bots/api: Unauthorized, Not Found).
_UNKNOWN_TOKEN = (401, 404)
TOKEN = "token"  # noqa: S105 (the name of a row)
_COPY = "Telegram does not know it: copy TELEGRAM_TOKEN again from @BotFather (/mybots, API Token)"


async def identity(api: BotApi, root: str) -> tuple[Mapping[str, Any] | None, Finding]:
    """Who the bot is (None where nobody answers). Raises `TokenRefused`."""
    try:
        me = await api.ask("getMe")
    except NoAnswerError as trouble:
        return None, bad(
            TOKEN, f"{root} does not answer ({trouble}): is there a network, a proxy (HTTPS_PROXY)?"
        )
    except RefusedError as refusal:
        if refusal.code in _UNKNOWN_TOKEN:
            raise TokenRefused([_COPY]) from None
        return None, bad(TOKEN, f"Telegram says: {refusal}; try again later")
    return me, good(f"{TOKEN} of @{me.get('username', '')}")


def inline_mode(me: Mapping[str, Any]) -> Finding:
    """Whether people can share headlines with `@bot words`."""
    if me.get("supports_inline_queries"):
        return good("inline mode")
    return bad("inline mode", "turn it on: send /setinline to @BotFather and choose this bot")


async def webhook(api: BotApi, public_url: str) -> list[Finding]:
    """Whether somebody else's webhook takes the bot's updates away."""
    try:
        info = await api.ask("getWebhookInfo")
    except (NoAnswerError, RefusedError) as trouble:
        return [bad("webhook", f"Telegram does not tell: {trouble}")]
    return list(
        _webhook(api, str(info.get("url") or ""), str(info.get("last_error_message") or ""), public_url)
    )


def _webhook(api: BotApi, url: str, last_error: str, public_url: str) -> Iterator[Finding]:
    ours = bool(public_url) and url.startswith(f"{public_url}/")
    if url and not ours:
        yield bad(
            "webhook",
            f"another program set it to {api.masked(url)}: stop that program, {_removal(public_url)}",
        )
    elif last_error:
        yield bad(
            "webhook", f"Telegram's last call failed: {last_error}; is PUBLIC_URL led to WEBHOOK_ADDRESS?"
        )
    else:
        yield good("webhook" if url else "no webhook in the way")


def _removal(public_url: str) -> str:
    return "then `run` sets its own" if public_url else "then `run` removes it"
