"""The demo's view for a terminal: what the channel and the private chat show, as lines of text.

It follows the journal and tells nothing of its own; a reader's words go back through the sandbox's people.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

Entry = dict[str, Any]

_HELP = "Try:  /terbaru  /populer  /kategori  /bantuan   (a number taps the button of that number)"


@dataclass(slots=True)
class Screen:
    """Turns journal entries into lines. `channel` and `reader` are the chats that are shown; `buttons` are those
    under the newest answer: its message id and the button's data.
    """

    channel: int
    reader: int
    buttons: list[tuple[int, str]] = field(default_factory=list)

    def opening(self, page: str, operator: str, portal: str) -> list[str]:
        """What a newcomer is told first."""
        return [
            "",
            "  Kabarbot, the demo: a sample portal, a local Bot API server and the real bot between them.",
            f"  See it all:        {page}",
            f"  Operator's page:   {operator or 'none'}",
            f"  The portal alone:  {portal}",
            "  The channel @kabar_demo is shown below, too, as its readers see it; Ctrl+C ends it all.",
            f"  {_HELP}",
            "",
        ]

    def lines(self, entry: Entry) -> list[str]:
        """The lines that one journal entry is shown as; none where there is nothing to see."""
        kind, chat = entry.get("kind"), entry.get("chat")
        if kind == "sent" and chat == self.channel:
            return _block("@kabar_demo", entry)
        if kind == "edited" and chat == self.channel:
            return _block("@kabar_demo (edited)", entry)
        if kind in {"sent", "edited"} and chat == self.reader:
            return self._answer(entry)
        return []

    def _answer(self, entry: Entry) -> list[str]:
        rows = (entry.get("markup") or {}).get("inline_keyboard", [])
        buttons = [button for row in rows for button in row if "callback_data" in button]
        self.buttons = [(int(entry["message_id"]), str(button["callback_data"])) for button in buttons]
        labels = "   ".join(f"[{place}] {button['text']}" for place, button in enumerate(buttons, 1))
        lines = _block("Kabarbot to you", entry)
        return [*lines[:-1], f"  │ {labels}", lines[-1]] if labels else lines


def _block(title: str, entry: Entry) -> list[str]:
    text = str(entry.get("text") or "")
    body = [f"  │ {line}" for line in text.split("\n")]
    links = [f"  │ {link}" for link in _first_link(entry)]
    return [f"  ┌ {title}", *body, *links, "  └"]


def _first_link(entry: Entry) -> list[str]:
    """A post's one link. A list of headlines has too many to show."""
    found = entry.get("links") or []
    return [str(found[0])] if len(found) == 1 else []


def decoded(line: str) -> Entry:
    """A journal line as an entry."""
    entry: Entry = json.loads(line)
    return entry
