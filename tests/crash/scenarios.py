"""What else goes on while bots die: named acts of other people, faults of the line, and their combinations."""

from __future__ import annotations

from collections.abc import Mapping
from functools import wraps
from types import MappingProxyType
from typing import Any

from bot.sandbox.world import Chat
from tests.crash.campaign import EDITING, EDITS, Act, Campaign, Scenario

#: Unseen ids before a post beyond which product.md §6 does not look (with some to spare).
_MOST_HOLES = 15
#: Ids behind our last post beyond which asking about them would take longer than any life lasts.
_MOST_BEHIND = 40

_IN_PEACE = "nothing"

#: What goes wrong with every fifth send. Times are real seconds; all end before the question is asked.
FAULTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "drop_before": {"kind": "drop_before"},
        "drop_after": {"kind": "drop_after"},
        "hang_before": {"kind": "hang_before", "seconds": 0.4},
        "hang_after": {"kind": "hang_after", "seconds": 0.4},
        "error_before": {"kind": "error_before"},
        "error_after": {"kind": "error_after"},
        "cut_json": {"kind": "cut_json"},
        "cut_body": {"kind": "cut_body"},
        "html": {"kind": "html"},
        "too_many": {
            "kind": "refuse",
            "code": 429,
            "description": "Too Many Requests: retry after 1",
            "parameters": {"retry_after": 1},
        },
        "too_many_after": {"kind": "flood_after", "retry_after": 1},
        "late": {"kind": "late", "seconds": 0.3, "drop": True},
        "slow": {"kind": "delay_after", "seconds": 0.4},
    }
)


def _while_few(act: Act) -> Act:
    """An act that takes ids, left out while so many wait to be asked about that no question would be ended."""

    @wraps(act)
    def acting(campaign: Campaign, chat: Chat) -> None:
        ours = max((message.id for message in chat.messages.values() if message.own), default=0)
        if chat.last_message - ours < _MOST_BEHIND:
            act(campaign, chat)

    return acting


@_while_few
def admin_posts(campaign: Campaign, chat: Chat) -> None:
    """Another administrator posts, and the bot is told."""
    campaign.said += 1
    campaign.world.people.post(chat, f"Pengumuman {campaign.said}")


@_while_few
def other_bot_posts(campaign: Campaign, chat: Chat) -> None:
    """Another bot posts, and nobody is told."""
    campaign.said += 1
    campaign.world.people.post(chat, f"Cuaca {campaign.said}", by="other_bot")


@_while_few
def album(campaign: Campaign, chat: Chat) -> None:
    """Pictures that take ids, told of or not."""
    announce = campaign.dice.random() < 0.5
    campaign.world.people.album(chat, campaign.dice.randint(2, 10), announce=announce)


@_while_few
def service(campaign: Campaign, chat: Chat) -> None:
    """A service message takes an id."""
    campaign.world.people.service(chat)


@_while_few
def deleted_album(campaign: Campaign, chat: Chat) -> None:
    """An album that is gone before anybody asks; never so many that §6 would stop looking."""
    room = _MOST_HOLES - _holes_at_the_end(chat)
    if room < 2:
        campaign.world.people.post(chat, "Jeda")
        return
    pictures = campaign.world.people.album(chat, min(campaign.dice.randint(2, 10), room), announce=False)
    campaign.world.moderators.delete_messages(chat, [picture.id for picture in pictures])


@_while_few
def hole(campaign: Campaign, chat: Chat) -> None:
    """An id that is used up."""
    if _holes_at_the_end(chat) < _MOST_HOLES:
        campaign.world.moderators.make_hole(chat, 1)


def thrown_out_or_let_in(campaign: Campaign, chat: Chat) -> None:
    """The bot loses the channel, or is let back in."""
    inside = chat.me.status == "administrator"
    campaign.world.moderators.set_rights(chat, "kicked" if inside else "administrator")


def _holes_at_the_end(chat: Chat) -> int:
    last = max((m.id for m in chat.messages.values() if not m.deleted), default=0)
    return chat.last_message - last


def reader_asks(campaign: Campaign, chat: Chat) -> None:
    """Somebody in the group asks for the latest headlines."""
    world = campaign.world.sandbox.state.world
    asking = next((world.users[user] for user in chat.members if not world.users[user].is_bot), None)
    if asking is not None and chat.me.status != "kicked":
        campaign.world.people.say(chat, asking, "/bantuan")


def portal_corrects(campaign: Campaign, _chat: Chat) -> None:
    """The portal gives a recent headline other words, each at most once."""
    recent = [one for one in campaign.stories[-4:] if not one.corrected and not one.withdrawn]
    if recent:
        story = campaign.dice.choice(recent)
        story.corrected = True
        story.title = f"{story.title}, diralat portal"
        campaign.world.portal.correct(story.article, story.title)


def desk_adds_a_line(campaign: Campaign, _chat: Chat) -> None:
    """An editor corrects a story in public."""
    _order(campaign, "/ralat", withdraws=False)


def desk_withdraws(campaign: Campaign, _chat: Chat) -> None:
    """An editor withdraws a story with a reason, wherever its posts may be just then."""
    _order(campaign, "/tarik", withdraws=True)


def _order(campaign: Campaign, command: str, *, withdraws: bool) -> None:
    """At most one a life: of more than twenty commands a minute nobody hears, editors too."""
    orders = sum(bool(story.line) for story in campaign.stories)
    known = {row["title"] for row in campaign.world.rows("SELECT title FROM headlines")}
    recent = [one for one in campaign.stories[-6:] if not one.line and one.title in known]
    # What a withdrawn story's posts say of a correction on its way is nobody's promise.
    open_to = [one for one in recent if not (withdraws and one.corrected)]
    if not open_to or campaign.desk is None or orders > campaign.kills:
        return
    story, (desk, editor) = campaign.dice.choice(open_to), campaign.desk
    story.line, story.withdrawn = f": alasan nomor {orders}", withdraws
    article = campaign.world.portal.archive.get(story.article)
    assert article is not None
    link = campaign.world.portal.link(article)
    campaign.world.people.say(desk, editor, f"{command} {link} alasan nomor {orders}")


def editor_asks(campaign: Campaign, _chat: Chat) -> None:
    """An editor looks for something; only editors are heard however often they ask."""
    if campaign.audience is not None:
        campaign.audience.ask()


def digest_is_due(campaign: Campaign, _chat: Chat) -> None:
    """The hour of the digest comes while no bot runs."""
    if campaign.over and campaign.audience is not None and campaign.audience.digest is not None:
        due = "UPDATE subscribers SET digest_next = ? WHERE id = ?"
        campaign.change(due, campaign.now, campaign.audience.digest.id)


CROWD = (admin_posts, other_bot_posts, album, service, deleted_album, hole)

PLAIN = (
    Scenario("with desk"),
    Scenario("without desk", ops=False),
    Scenario("admins", acts=(admin_posts,)),
    Scenario("unannounced bot", ops=False, acts=(other_bot_posts,)),
    Scenario("crowd", acts=CROWD),
    Scenario("crowd without desk", ops=False, acts=CROWD),
    Scenario("thrown out", acts=(thrown_out_or_let_in,)),
    Scenario("thrown out in a crowd", ops=False, acts=(thrown_out_or_let_in, other_bot_posts, hole)),
    Scenario("first post ever", settled_first=False, opening=("Answered:1", _IN_PEACE)),
    Scenario("twin half deleted", settled_first=False, opening=("Answered:1", "deleteMessage", _IN_PEACE)),
    # Struck twice it may stand three times, and of two twins none may be deleted (§6: exactly one).
    Scenario("first post ever struck twice", settled_first=False, may_leave_twins=True),
    Scenario("first post ever without desk", ops=False, settled_first=False, may_leave_twins=True),
)
#: Posts change while bots die: by the portal's hand, by editors', by both.
NEWSROOM = (
    Scenario("corrections", acts=(portal_corrects,), steps=EDITING, calls=EDITS),
    Scenario("editors", acts=(desk_adds_a_line, desk_withdraws), steps=EDITING, calls=EDITS),
    Scenario("corrections and editors", acts=(portal_corrects, desk_adds_a_line, desk_withdraws)),
)
#: On the event loop of paid broadcasts, whose connections break in ways of their own.
PAID = (
    Scenario("paid", acts=CROWD, paid=True),
    *(
        Scenario(f"paid, every fifth {name}", fault=FAULTS[name], paid=True)
        for name in ("drop_before", "drop_after", "cut_body")
    ),
)
#: News, answers and digests are under way when bots die.
AUDIENCE = (
    Scenario(
        "subscribers and questions",
        audience=True,
        acts=(editor_asks, digest_is_due),
        steps=("HeadlinesRecorded", "Delivered", "CommandAnswered", "NewsRepeated"),
        calls=("sendMessage",),
    ),
)
GROUPS = (
    Scenario("supergroup", kind="supergroup"),
    Scenario("topic of a forum", kind="supergroup", topics=True, acts=(admin_posts, service)),
)
#: Posts there may wait for an hour beside an answer of unknown outcome: for the long campaign only.
PATIENT = (Scenario("supergroup with readers", kind="supergroup", acts=(reader_asks, service)),)
#: Of what is asked about a send one question in so many has no answer: then all of them are asked again.
_UNHEARD = {"method": "editMessageReplyMarkup", "kind": "drop_before", "every": 30}
BROKEN = (
    Scenario("unanswered questions", fault=_UNHEARD, acts=(other_bot_posts, hole)),
    *(
        Scenario(f"every fifth {name}", ops=bool(number % 2), fault=fault, acts=CROWD if number % 3 else ())
        for number, (name, fault) in enumerate(FAULTS.items())
    ),
)
SHORT = (*PLAIN, *NEWSROOM, *AUDIENCE, *GROUPS, *BROKEN, *PAID)
LONG = (*SHORT, *PATIENT)
