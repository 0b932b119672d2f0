"""What child processes are held to: little memory, no core dump, no setting of the bot in their environment."""

from __future__ import annotations

import os


def environment() -> dict[str, str]:
    """What a child needs to find this package; no setting, and so no secret, is handed down."""
    from pathlib import Path  # the child has no use for it, and it costs memory

    kept = {
        name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ
    }
    places = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, places)), "MALLOC_ARENA_MAX": "1"}


def limit_resources(memory: int) -> None:
    """Let this process have `memory` bytes of address space more than now, and no core dump (POSIX only)."""
    try:
        import resource
    except ImportError:  # Windows knows no such limits; the deadline holds there too
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    taken = pages_of(0)
    if taken:
        resource.setrlimit(resource.RLIMIT_AS, (taken + memory, resource.RLIM_INFINITY))


def set_alarm(seconds: int) -> None:
    """End this process if it is still at it then; 0 calls that off."""
    import signal

    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


def pages_of(column: int) -> int:
    """Bytes in a column of ``/proc/self/statm``; 0 where the system has none (macOS: no limit is set)."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123  # pathlib costs memory here
            return int(statm.read().split()[column]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return 0
