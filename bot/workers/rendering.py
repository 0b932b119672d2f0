"""Rendering as the workers need it: once for all channels that want the same, and never in anybody's way."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import TypeVar

from bot.domain.delivery import Candidate, FrozenRequest
from bot.ports import Renderer

#: Requests remembered: the latest headlines in the looks of a few kinds of channel.
_MOST = 128

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why something could not be rendered, in a line."""

    detail: str


def attempt(make: Callable[[], T]) -> T | Fault:
    """What `make` returns, or what it died of: the words of one post must not stop the others."""
    try:
        return make()
    except Exception as exc:  # noqa: BLE001 - as in `Loop`: one row's own top
        return Fault(f"it cannot be rendered: {type(exc).__name__}: {exc}")


class PostPress:
    """Renders the posts of candidates. Relies on `Renderer.post` being pure."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._made: OrderedDict[Hashable, FrozenRequest | Fault] = OrderedDict()

    def post(self, head: Candidate, *, paid: bool = False) -> FrozenRequest | Fault:
        """The request that posts `head`: the one that was frozen, if any.

        It costs what the place costs at which it leaves (`paid`), not what it did when it was frozen.
        """
        if (frozen := head.frozen) is not None:
            return frozen if frozen.paid == paid else replace(frozen, paid=paid)
        target = head.target
        looks = (target.topic, target.template, target.silent, target.utm, head.loud, head.marks)
        key = (head.words, looks, paid)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = attempt(lambda: self._render(head, paid=paid))
            if len(self._made) > _MOST:
                self._made.popitem(last=False)
        return made

    def _render(self, head: Candidate, *, paid: bool) -> FrozenRequest:
        request = self._renderer.post(head.words, head.target, loud=head.loud, marks=head.marks)
        return replace(request, paid=True) if paid else request


def bare(head: Candidate) -> FrozenRequest:
    """The headline and its link as they are, for a row that is given up: what is claimed must be a request."""
    return FrozenRequest("sendMessage", {"text": f"{head.words.title}\n{head.words.link or ''}".strip()})
