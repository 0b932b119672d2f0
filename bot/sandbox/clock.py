"""The sandbox's clock: real time, which a test may move forward. It never goes back."""

import time


class Clock:
    """Seconds since the epoch (UTC) as a float, moved by what `advance` was told so far."""

    def __init__(self) -> None:
        self._origin = time.time() - time.monotonic()

    def now(self) -> float:
        """Seconds since the epoch. Runs on the monotonic clock, so a corrected system clock does not matter."""
        return self._origin + time.monotonic()

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once. Raises ValueError for a negative number."""
        if seconds < 0:
            raise ValueError("the clock never goes back")
        self._origin += seconds
