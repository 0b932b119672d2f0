"""How a verb ends: an exit code, and one line on standard error for each thing that went wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from bot.errors import KabarbotError, SettingsError

#: What shells report of a program that Ctrl-C ended: 128 and SIGINT's number.
_INTERRUPTED = 130


def ending(verb: Callable[[], int]) -> int:
    """The exit code of `verb`; errors that we raise on purpose are told in words, never as a traceback."""
    try:
        code = verb()
        sys.stdout.flush()  # here, where a reader that has gone is heard of, and not when the interpreter ends
    except SettingsError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KabarbotError as error:
        print(f"kabarbot: {str(error) or type(error).__name__}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; the interpreter must not complain about that when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code
