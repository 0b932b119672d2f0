"""The drawing child: ``python -m bot.pictures.child`` reads a sheet as JSON on stdin, writes a PNG on stdout, and ends."""

from __future__ import annotations

import sys

from bot.confined import limit_resources, set_alarm

#: Bytes of address space beyond what the program takes. Measured: 12 MB for the tallest sheet.
_MEMORY = 48 * 1024 * 1024
#: Seconds, should the parent that keeps the deadline be gone.
_LONGEST = 20


def main() -> None:
    """Draw one picture."""
    set_alarm(_LONGEST)
    from bot.pictures.drawing import draw, sheet_from  # paid for once, before memory is limited

    limit_resources(_MEMORY)
    sys.stdout.buffer.write(draw(sheet_from(sys.stdin.buffer.read())))


if __name__ == "__main__":
    main()
