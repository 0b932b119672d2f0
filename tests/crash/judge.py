"""The verdict of the server's own journal on a campaign: lost, twice, out of order, wrong, or somebody else's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from bot.sandbox.world import Chat
from tests.support_world import World

#: How a headline begins, whatever its words become.
KEY_LENGTH = len("Berita 0000")
#: What is counted, in the order of the table.
COLUMNS = ("kills", "posts", "lost", "twins", "momentary", "repeated", "out_of_order", "wrong", "foreign")


@dataclass(slots=True)
class Tally:
    """What came of it."""

    kills: int = 0
    posts: int = 0
    lost: int = 0
    twins: int = 0
    #: Twins that may stand for a moment although the channel had a post of ours.
    momentary: int = 0
    #: News and answers that came twice because a bot died amid them, as they may.
    repeated: int = 0
    out_of_order: int = 0
    #: Posts that do not say what the portal, or an editor, said last.
    wrong: int = 0
    foreign: int = 0
    notes: list[str] = field(default_factory=list)
    #: How many died at which step.
    deaths: Counter[str] = field(default_factory=Counter)

    def __iadd__(self, other: Tally) -> Self:
        for name in COLUMNS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.notes += other.notes
        self.deaths += other.deaths
        return self

    @property
    def clean(self) -> bool:
        return not (self.lost or self.twins or self.out_of_order or self.wrong or self.foreign)


@dataclass(slots=True)
class Story:
    """One headline that the portal published. `key` stays whatever its words become."""

    key: str
    title: str
    article: int
    #: What else its posts must say at the end: an editor's line.
    line: str = ""
    #: Withdrawn by an editor: it need not stand, but where it does it says so in `line`.
    withdrawn: bool = False
    corrected: bool = False

    def right(self, standing: Sequence[str]) -> bool:
        """Whether the texts that stand in a channel say what they must of it."""
        own = [text for text in standing if text.startswith(self.key)]
        right = [text for text in own if text.partition("\n")[0] == self.title and self.line in text]
        return (bool(own) or self.withdrawn) and len(right) == len(own)


def judge(name: str, place: World, stories: Sequence[Story]) -> Tally:
    """What the bots of a campaign did, by what stands in the channels and what was ever accepted there."""
    tally = Tally()
    for chat in place.channels:
        tally += _judge_channel(f"{name} {chat.id}", place, chat, stories)
    foreign = foreign_touched(place)
    tally.foreign = len(foreign)
    tally.notes += map(str, foreign)
    return tally


def _judge_channel(name: str, place: World, chat: Chat, stories: Sequence[Story]) -> Tally:
    keys = {story.key for story in stories}
    texts = [post.text for post in place.posts(chat)]
    standing = [text[:KEY_LENGTH] for text in texts if text[:KEY_LENGTH] in keys]
    counts = Counter(standing)
    sent = Counter(entry["text"][:KEY_LENGTH] for entry in place.accepted(chat))
    lost = [story.title for story in stories if not counts[story.key] and not story.withdrawn]
    wrong = [story.title for story in stories if counts[story.key] and not story.right(texts)]
    twins = [key for key, count in counts.items() if count > 1]
    astray = [post.text for post in place.posts(chat) if chat.forum and post.thread not in chat.topics]
    firsts = list(dict.fromkeys(standing))
    wanted = [story.key for story in stories if counts[story.key]]
    found = Tally(
        posts=len(firsts),
        lost=len(lost),
        twins=len(twins),
        wrong=len(wrong) + len(astray),
        momentary=sum(sent[key] - counts[key] for key in counts if sent[key] > counts[key]),
        out_of_order=sum(a != b for a, b in zip(firsts, wanted, strict=True)),
    )
    for what, titles in (
        ("lost", lost),
        ("twin of", twins),
        ("not as it should read:", wrong),
        ("outside its topic:", astray),
    ):
        found.notes += [f"{name}: {what} {title}" for title in titles]
    if found.out_of_order:
        found.notes.append(f"{name}: in the order {firsts}")
    return found


def foreign_touched(place: World) -> list[dict[str, Any]]:
    """What the bot did to messages that are not its own."""
    done = place.sandbox.journal.entries()
    edited = [e for e in done if e["kind"] == "edited" and e["by"] != "bot"]
    return edited + [e for e in done if e["kind"] == "deleted" and e["of"] != "bot"]
