"""`kabarbot`, the same as `python -m bot`: hands over to one verb.

`health` runs every half minute inside the container's memory limit, and `run` keeps what it imports
for months: both go round the command-line library, and `health` imports the standard library alone.
"""

import os
import sys

#: What httpx (which PTB imports) and structlog load wherever it is installed: 10 MB that the bot never speaks to.
_FOR_TERMINALS = ("click", "pygments", "rich")


def _do_without(*modules: str) -> None:
    """Have imports of `modules` fail, as they do where these are not installed."""
    for name in modules:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type] # None is what says so


def _without_docstrings() -> None:
    """Begin anew with `-OO`, in the same process: the words about what is imported take 5 MB that nobody reads."""
    if os.name != "posix" or sys.flags.optimize >= 2 or "-OO" in sys.orig_argv:
        return
    try:
        os.execv(sys.executable, [sys.executable, "-OO", *sys.orig_argv[1:]])  # noqa: S606 - ourselves
    except OSError:  # where it cannot be, the bot runs with them
        return


def main() -> None:
    """Run the command line and exit with its code."""
    arguments = sys.argv[1:]
    if arguments == ["health"]:
        from bot.cli.health import health

        sys.exit(health())
    if arguments == ["run"]:
        _without_docstrings()
        _do_without(*_FOR_TERMINALS)
        from bot.cli.failing import ending
        from bot.cli.run import run

        sys.exit(ending(run))
    from bot.cli.line import app

    app()


if __name__ == "__main__":
    main()
