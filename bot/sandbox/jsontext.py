"""The one JSON writer: compact, ASCII only (so that stored text takes a byte a character)."""

import json
from typing import Final

dump: Final = json.JSONEncoder(separators=(",", ":")).encode
