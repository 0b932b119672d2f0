"""Callback data: ``1:tag:payload``, where 1 is the version of the form. It gives no button a meaning."""

from __future__ import annotations

import re

from bot.domain.replies import Button

#: Bytes (Bot API, InlineKeyboardButton).
MAX_DATA = 64
_DATA = re.compile(r"1:([a-z]{1,3}):([!-~]*)")


def button(text: str, tag: str, payload: str = "") -> Button:
    """A button whose tap reaches the handler of `tag`. Raises ValueError for data that cannot be sent."""
    data = f"1:{tag}:{payload}"
    if len(data) > MAX_DATA or not _DATA.fullmatch(data):
        raise ValueError(f"not the data of a button: {data!r}")
    return Button(text, data)


def read(data: str) -> tuple[str, str] | None:
    """(tag, payload) of a button of ours; None for anything that is none."""
    match = _DATA.fullmatch(data) if len(data) <= MAX_DATA else None
    return (match[1], match[2]) if match else None
