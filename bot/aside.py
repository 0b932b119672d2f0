"""Work that would keep readers waiting is done in a thread; what is soon done costs less where it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def aside(work: Callable[[], T], *, when: bool) -> T:
    """What `work` makes: in a thread `when` it takes long, else at once. Raises what `work` raises."""
    return await asyncio.to_thread(work) if when else work()
