"""Where identifiers come from: message, update, chat, user and query ids, each in the range Telegram uses.

Channels and supergroups count their messages themselves (see `world.Chat`); private chats and basic groups of
one bot share the one sequence here, which is why an id says nothing about *which* of those chats holds it.
"""

from itertools import count

CHANNEL_BASE = -1_000_000_000_000


class Ids:
    """Every sequence that is not a channel's own. Not safe between threads: the server has one."""

    def __init__(self) -> None:
        self._users = count(700_000_001)
        self._groups = count(4_000_001)
        self._channels = count(2_000_000_001)
        self._updates = count(500_000_001)
        self._queries = count(4_400_000_000_000_000_001)
        self._files = count(1)
        self.shared_message = 0

    def user(self) -> int:
        return next(self._users)

    def group(self) -> int:
        return -next(self._groups)

    def channel(self) -> int:
        """An id of a channel or supergroup: `-100` and ten digits."""
        return CHANNEL_BASE - next(self._channels)

    def update(self) -> int:
        return next(self._updates)

    def query(self) -> str:
        return str(next(self._queries))

    def file(self) -> str:
        return f"AgACAgUAAxkSandbox{next(self._files):08d}"

    def next_shared_message(self) -> int:
        """The next id in the sequence that private chats and basic groups share."""
        self.shared_message += 1
        return self.shared_message
