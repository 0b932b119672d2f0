"""Telegram Stars that paid broadcasts may cost a day: counted before they are spent. Has no clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo

#: Messages that one Star pays for (Bot API, `allow_paid_broadcast`: 0.1 Stars a message).
MESSAGES_A_STAR = 10


class Purse:
    """What is left of the day's Stars, in messages. The day is the newsroom's own, in `zone`."""

    def __init__(self, stars_a_day: int, zone: tzinfo) -> None:
        self._messages = stars_a_day * MESSAGES_A_STAR
        self._zone = zone
        self._begun = self._ends = datetime.min.replace(tzinfo=UTC)
        self._spent = 0

    def day(self, now: datetime) -> str:
        """The day that a message sent now is counted on, ``2026-11-25``."""
        return f"{now.astimezone(self._zone):%Y-%m-%d}"

    def remember(self, spent: int, now: datetime) -> None:
        """Messages that were paid for today before a restart."""
        self._turn(now)
        self._spent = spent

    def left(self, now: datetime) -> int:
        """Messages that may still be paid for today."""
        self._turn(now)
        return max(self._messages - self._spent, 0)

    def spend(self, now: datetime) -> None:
        """One more message is paid for."""
        self._turn(now)
        self._spent += 1

    def refund(self, now: datetime) -> None:
        """One message that was to be paid for did not leave."""
        self._turn(now)
        self._spent = max(self._spent - 1, 0)

    def _turn(self, now: datetime) -> None:
        if not self._begun <= now < self._ends:
            # Asked for every post, so the day's bounds are worked out once a day.
            today = now.astimezone(self._zone).date()
            self._begun, self._ends = (
                datetime.combine(day, time(), self._zone).astimezone(UTC)
                for day in (today, today + timedelta(days=1))
            )
            self._spent = 0
