"""Which message is a twin that may be deleted: the conditions of product.md §6, and no others."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.delivery import Doubt, Settlement

#: A twin is deleted only within this time after the resend.
WINDOW = timedelta(hours=1)


def doomed(doubt: Doubt, answer: Settlement, now: datetime, *, compared: bool) -> int | None:
    """The one message that may be deleted as the twin of `doubt`'s resent post; None where any doubt is left.

    It is ours, lies between the id known before the first attempt and the new one, the row was sent again
    within the last hour, and exactly one such id exists. Where no id was known before, an own id may be an
    old post: then only one that a forward showed to say the same (`compared`: there is an `OPS_CHAT`).
    """
    if doubt.resent_at is None or doubt.message_id is None or now - doubt.resent_at > WINDOW:
        return None
    if doubt.known_before is None:
        return answer.same[0] if compared and len(answer.same) == 1 else None
    if not answer.sure:
        return None
    between = [i for i in answer.ids if doubt.known_before < i < doubt.message_id]
    return between[0] if len(between) == 1 else None
