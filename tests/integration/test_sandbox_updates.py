"""What the bot is told, and what it is not; polling and webhooks over real connections."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from bot.sandbox.webhook import SECRET_HEADER
from tests.support_sandbox import Bench, Json, bench

EVERYTHING = ["message", "channel_post", "edited_channel_post", "callback_query", "inline_query", "my_chat_member",
              "chosen_inline_result", "message_reaction_count", "message_reaction", "chat_member"]  # fmt: skip


def kinds(updates: list[Json]) -> list[str]:
    return [next(name for name in update if name != "update_id") for update in updates]


async def test_own_posts_are_not_announced_and_others_are() -> None:
    """Another administrator's post and its edit come; the bot's own and another bot's do not."""
    async with bench() as at:
        await at.send()
        post = at.people.post(at.channel, "Redaksi <b>lokal</b>", mode="HTML", signature="Reni")
        at.people.post(at.channel, "Bot lain", by="other_bot")
        at.people.service(at.channel)
        at.people.edit(at.channel, post.id, "Redaksi pusat")
        updates = await at.updates()
        assert kinds(updates) == ["channel_post", "edited_channel_post"]
        assert updates[0]["channel_post"]["sender_chat"]["username"] == "kabar"
        assert updates[0]["channel_post"]["author_signature"] == "Reni"
        assert updates[1]["edited_channel_post"]["text"] == "Redaksi pusat"


async def test_another_bots_post_can_be_announced() -> None:
    """Reports differ, so a test chooses."""
    async with bench() as at:
        at.people.post(at.channel, "Bot lain", by="other_bot", announce=True)
        assert kinds(await at.updates()) == ["channel_post"]


async def test_an_album_is_several_posts_of_one_group() -> None:
    """Each picture comes as a post of its own with the same group id; the words are the first one's."""
    async with bench() as at:
        at.people.album(at.channel, 3, caption="Banjir")
        posts = [update["channel_post"] for update in await at.updates()]
        assert len({post["media_group_id"] for post in posts}) == 1
        assert [post.get("caption") for post in posts] == ["Banjir", None, None]


async def test_a_removed_bot_hears_nothing_of_the_channel() -> None:
    """Its removal is told at once, then there is silence until it is back."""
    async with bench() as at:
        at.moderators.set_rights(at.channel, "kicked")
        at.people.post(at.channel, "Diam-diam")
        at.moderators.set_rights(at.channel, "administrator")
        changes = [update["my_chat_member"] for update in await at.updates()]
        assert [change["new_chat_member"]["status"] for change in changes] == ["kicked", "administrator"]
        assert changes[1]["old_chat_member"]["status"] == "kicked"


async def test_a_reader_who_blocks_and_comes_back() -> None:
    """Both are told, with the reader as the one who did it; blocking twice is one change."""
    async with bench() as at:
        for blocked in (True, True, False):
            at.moderators.block(at.reader, blocked=blocked)
        changes = [update["my_chat_member"] for update in await at.updates()]
        assert [change["new_chat_member"]["status"] for change in changes] == ["kicked", "member"]
        assert changes[0]["from"]["id"] == at.reader.id


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("/terbaru", True),
        ("/terbaru@kabar_sandbox_bot olahraga", True),
        ("/terbaru@bot_lain", False),
        ("apa kabar?", False),
    ],
)
async def test_privacy_mode_in_groups(text: str, heard: bool) -> None:
    """Commands reach the bot unless they are another's; talk does not."""
    async with bench() as at:
        group = at.moderators.add_chat("supergroup", "Ruang", status="member")
        at.people.say(group, at.reader, text)
        assert bool(await at.updates()) is heard


async def test_replies_reach_the_bot_and_administrators_hear_all() -> None:
    """A reply to its own message is for it; as an administrator it hears everything."""
    async with bench() as at:
        group = at.moderators.add_chat("supergroup", "Ruang", status="member")
        own = await at.send(chat=group.id)
        at.people.say(group, at.reader, "terima kasih", reply_to=own)
        (update,) = await at.updates()
        assert update["message"]["reply_to_message"]["message_id"] == own
        at.moderators.set_rights(group, "administrator")
        at.people.say(group, at.reader, "obrolan")
        assert kinds(await at.updates()) == ["message", "my_chat_member", "message"]


async def test_an_unstarted_reader_starts_by_writing() -> None:
    """After the first word the bot may answer."""
    async with bench() as at:
        stranger = at.moderators.add_user("Sari", started=False)
        assert stranger.user is not None
        at.people.say(stranger, stranger.user, "/start")
        assert await at.send(chat=stranger.id) == 2


async def test_taps_and_inline_questions_carry_what_is_needed_to_answer() -> None:
    """Data, message, query and offset; the choice only after an answer."""
    async with bench() as at:
        number = await at.send(reply_markup={"inline_keyboard": [[{"text": "Ya", "callback_data": "y:1"}]]})
        at.people.tap(at.channel, number, at.reader, button="Ya")
        inline = at.people.ask_inline(at.reader, "banjir", offset="20")
        tap, asked = await at.updates()
        assert tap["callback_query"]["data"] == "y:1"
        assert tap["callback_query"]["message"]["message_id"] == number
        assert (asked["inline_query"]["query"], asked["inline_query"]["offset"]) == ("banjir", "20")
        result = {"type": "article", "id": "7", "title": "J", "input_message_content": {"message_text": "J"}}
        await at.ok("answerInlineQuery", inline_query_id=inline.id, results=[result])
        at.people.choose(inline.id, "7")
        (chosen,) = await at.updates(offset=asked["update_id"] + 1)
        assert chosen["chosen_inline_result"]["result_id"] == "7"


async def test_reactions_come_late_grouped_and_only_on_request() -> None:
    """Totals, one update for several reactions, none without the explicit kind or without being
    administrator.
    """
    async with bench(reaction_delay=0.02) as at:
        number = await at.send()
        at.moderators.react(at.channel, number, at.reader, "👍")
        await asyncio.sleep(0.05)
        assert await at.updates(allowed_updates=EVERYTHING) == []
        at.moderators.react(at.channel, number, at.reader, "👍", count=4)
        at.moderators.react(at.channel, number, at.reader, "🔥")
        (update,) = await at.updates(timeout=5)
        counted = update["message_reaction_count"]["reactions"]
        assert [(each["type"]["emoji"], each["total_count"]) for each in counted] == [("👍", 5), ("🔥", 1)]


async def long_poll(at: Bench, **params: Any) -> Json:
    return await at.call("getUpdates", timeout=20, **params)


async def test_the_three_conflicts() -> None:
    """Another poll, a webhook that is set, and setWebhook during a poll: three texts, all 409."""
    async with bench() as at:
        first = asyncio.create_task(long_poll(at))
        await asyncio.sleep(0.2)
        second = asyncio.create_task(long_poll(at))
        other = "terminated by other getUpdates request; make sure that only one bot instance is running"
        body = await asyncio.wait_for(first, 5)
        assert (body["error_code"], body["description"]) == (409, f"Conflict: {other}")
        await at.ok("setWebhook", url="http://127.0.0.1:9/x")
        body = await asyncio.wait_for(second, 5)
        assert body["description"] == "Conflict: terminated by setWebhook request"
        active = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
        assert await at.refused("getUpdates") == f"Conflict: {active}"
        await at.ok("deleteWebhook")
        assert await at.updates() == []


class Receiver:
    """A webhook's other end: remembers what came, answers with the statuses it is given, then 200."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.bodies: list[Json] = []
        self.secrets: list[str | None] = []
        self.done = asyncio.Event()

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        self.secrets.append(request.headers.get(SECRET_HEADER))
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            self.bodies.append(await request.json())
            self.done.set()
        return web.Response(status=status)


async def listening(receiver: Receiver) -> tuple[web.ServerRunner, str]:
    runner = web.ServerRunner(web.Server(receiver))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


async def test_a_webhook_gets_updates_with_its_secret_until_it_takes_them() -> None:
    """A 500 is tried again; the update comes once it is taken, with the secret's header."""
    receiver = Receiver(500, 503)
    async with bench() as at:
        runner, origin = await listening(receiver)
        at.people.say(at.people.chat(at.reader.id), at.reader, "/terbaru")
        told = await at.call("setWebhook", url=f"{origin}/rahasia", secret_token="kunci")
        assert told["description"] == "Webhook was set"
        await asyncio.wait_for(receiver.done.wait(), 5)
        assert receiver.secrets == ["kunci"] * 3
        assert receiver.bodies[0]["message"]["text"] == "/terbaru"
        await at.ok("deleteWebhook")
        await runner.cleanup()


async def test_a_public_webhook_is_reached_through_the_proxy_that_stands_for_it() -> None:
    """An https address is kept and shown; deliveries go to the loopback origin that a test names."""
    receiver = Receiver()
    async with bench() as at:
        runner, origin = await listening(receiver)
        await at.ok("setWebhook", url="https://bot.portal.example.id/rahasia", secret_token="kunci")
        at.people.post(at.channel, "Redaksi")
        await asyncio.sleep(0.05)
        info = await at.ok("getWebhookInfo")
        assert info["pending_update_count"] == 1
        assert info["last_error_message"].startswith("Failed to resolve host")
        at.sandbox.state.webhook.deliver_to = origin
        await asyncio.wait_for(receiver.done.wait(), 5)
        await at.ok("deleteWebhook")
        assert (await at.ok("getWebhookInfo"))["url"] == ""
        await runner.cleanup()


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("http://portal.example.id/x", "bad webhook: An HTTPS URL must be provided for webhook"),
        (
            "https://portal.example.id:444/x",
            "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        ),
        ("https://portal/x", "bad webhook: Failed to resolve host: Name or service not known"),
    ],
)
async def test_webhooks_that_telegram_does_not_take(url: str, wanted: str) -> None:
    """Not https, a wrong port, no such host."""
    async with bench() as at:
        assert await at.refused("setWebhook", url=url) == f"Bad Request: {wanted}"
        bad_secret = {"url": "https://portal.example.id/x", "secret_token": "ada spasi"}
        refused = await at.refused("setWebhook", **bad_secret)
        assert refused == "Bad Request: secret token contains unallowed characters"


async def test_pending_updates_survive_or_are_dropped_as_asked() -> None:
    """Going back to polling drops nothing unless it is asked for."""
    async with bench() as at:
        await at.ok("setWebhook", url="https://bot.portal.example.id/x")
        at.people.post(at.channel, "Redaksi")
        await at.ok("deleteWebhook")
        assert len(await at.updates()) == 1
        await at.ok("deleteWebhook", drop_pending_updates=True)
        assert await at.updates() == []
