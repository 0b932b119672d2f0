"""Settings: read from where product.md §2 says, checked in one go, frozen.

`load` gathers and checks; `parse` checks a mapping (tests, the demo); `check_paths` looks at the disk.
Only `bot.cli` and `bot.app` import this room; every other part gets plain values.
"""

from bot.settings.loading import load, parse
from bot.settings.model import Settings
from bot.settings.paths import check_paths
from bot.settings.tables import Channel, Feed
from bot.settings.values import Address

__all__ = ["Address", "Channel", "Feed", "Settings", "check_paths", "load", "parse"]
