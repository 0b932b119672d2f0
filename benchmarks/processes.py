"""What benchmarks need of processes: the bot as one, the CPU and the memory that one takes, read from the kernel (Linux)."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def running_bot(settings: Mapping[str, str], folder: Path) -> AsyncIterator[int]:
    """`kabarbot run` in `folder`, with these settings alone; its process id."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "HOME") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"), cwd=folder, env={**kept, **settings}
    )
    try:
        yield process.pid
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def family(pid: int) -> list[int]:
    """A process and those that it has started and that live."""
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split())]


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has used (proc(5), utime and stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def resident(pid: int) -> float:
    """MiB of memory of a process, what it shares with others counted in part (Pss); 0 where it is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
