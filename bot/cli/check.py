"""`check`: is everything in order, and if not, what to do. Changes nothing anywhere and sends nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from bot.cli.bot_api import BotApi, open_api
from bot.cli.checks import channels, ops, paths, public, question, routing, sources, telegram
from bot.cli.checks.finding import Finding, bad
from bot.errors import SettingsError, TokenRefused
from bot.ports import Portal
from bot.settings import Settings, load


def check(*, as_json: bool) -> int:
    """Print what was found; 0 where all is in order, 2 for wrong settings or token, 1 for anything else."""
    try:
        settings = load()
    except SettingsError as error:
        show([bad(fault.split()[0].rstrip(":"), fault) for fault in error.faults], as_json=as_json)
        return error.exit_code
    from bot.cli.portal import open_portal

    named = [*(feed.url for feed in settings.feeds), *filter(None, [settings.popular_url])]
    code, findings = asyncio.run(look(settings, open_portal(named, settings.timezone)))
    show(findings, as_json=as_json)
    return code


async def look(settings: Settings, portal: AbstractAsyncContextManager[Portal]) -> tuple[int, list[Finding]]:
    """The exit code and all findings, Telegram's first."""
    api = open_api(settings.telegram_api_url, settings.telegram_token.get_secret_value())
    async with api as client, portal as source:
        (refused, network), feeds = await asyncio.gather(
            _network(settings, client), _portal(settings, source)
        )
    local = [paths.database(settings.database_path), public.public_address(settings.public_url)]
    findings = [*network, *routing.who_gets_what(settings.channels), *feeds, *local]
    if refused:
        return 2, findings
    return (0 if all(finding.ok for finding in findings) else 1), findings


async def _network(settings: Settings, api: BotApi) -> tuple[bool, list[Finding]]:
    """What Telegram says; whether it refused the token."""
    try:
        me, identity = await telegram.identity(api, settings.telegram_api_url)
    except TokenRefused as refusal:
        return True, [bad(telegram.TOKEN, str(refusal))]
    if me is None:
        return False, [identity]
    number = int(me["id"])
    chats = dict.fromkeys(channel.chat for channel in settings.channels)
    found = await asyncio.gather(
        telegram.webhook(api, settings.public_url),
        *(channels.channel(api, chat, number) for chat in chats),
    )
    desk = await ops.ops_chat(api, settings.ops_chat, number, chats)
    asked = await question.questions(api, settings.database_path)
    chats_found = (one for some in found for one in some)
    return False, [identity, telegram.inline_mode(me), *chats_found, desk, *asked]


async def _portal(settings: Settings, portal: Portal) -> list[Finding]:
    looks = [sources.feed(portal, feed) for feed in settings.feeds]
    return await asyncio.gather(*looks, sources.popular(portal, settings.popular_url))


def show(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Print a table for people, or an object a line as product.md §1 writes it."""
    if not as_json:
        _table(findings)
        return
    for finding in findings:
        line = {"what": finding.what, "ok": finding.ok, "cure": finding.cure}
        print(json.dumps(line, ensure_ascii=False))


def _table(findings: Sequence[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("", box=None, padding=(0, 2, 0, 0))
    for name in ("what", "cure"):
        table.add_column(name, overflow="fold")  # an address is told to its end, however long it is
    for finding in findings:
        mark = Text("ok", "green") if finding.ok else Text("NO", "bold red")
        table.add_row(mark, Text(finding.what), Text(finding.cure))
    Console(highlight=False).print(table)
