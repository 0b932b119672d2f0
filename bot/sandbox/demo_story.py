"""What just happened, in a sentence: journal entries that a newcomer would otherwise miss, told in plain words.

Posts and answers tell their own story on the page and have no sentence here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Entry = dict[str, Any]
Tone = Literal["info", "good", "bad"]

#: Methods by which the bot asks whether a message is there, not counted as a send (design: the question).
_QUESTION = "editmessagereplymarkup"
_SENDS = frozenset({"sendmessage", "sendphoto"})


@dataclass(frozen=True, slots=True)
class Sentence:
    """One thing that happened."""

    text: str
    tone: Tone = "info"


def told(entry: Entry, channel: int) -> Sentence | None:
    """The sentence for a journal entry; None where there is nothing to tell."""
    if entry.get("chat") != channel:
        return None
    kind, method = entry["kind"], str(entry.get("method", "")).lower()
    if kind == "edited":
        return Sentence("A post was edited in place: the same message, other words.", "good")
    if kind == "deleted":
        return Sentence(f"The bot deleted message {entry['message_id']}: it stood there twice.", "good")
    if kind == "limited":
        return Sentence("Telegram asked the bot to slow down (429). It waits as long as it was told.")
    if kind == "refused":
        return _refused(method, entry)
    return None


def _refused(method: str, entry: Entry) -> Sentence | None:
    description = str(entry.get("description", ""))
    if method in _SENDS:
        return Sentence(
            f"Telegram refused a post: “{description}”. The bot pauses this channel; headlines wait.", "bad"
        )
    if method != _QUESTION:
        return None
    asked = f"The bot does not know whether its last post arrived, so it asks Telegram: is message {entry.get('message_id')} there?"
    if "is not modified" in description:
        return Sentence(f"{asked} It is. Nothing is sent again.", "good")
    if "not found" in description:
        return Sentence(f"{asked} It is not.")
    return None
