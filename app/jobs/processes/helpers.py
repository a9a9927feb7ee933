"""What Python starts beside a script on Linux and ends by itself, and how long each is left to tidy up."""

from __future__ import annotations

import re
from typing import Final

# What Python starts beside a script that uses multiprocessing, and how long after it each of them is left to tidy up:
# they end by themselves when the script has, the tracker as the last one, after it has removed shared memory.
_HELPERS: Final = (
    (re.compile(rb"\0from [\w.]*forkserver import main"), 1.0),
    (re.compile(rb"\0from [\w.]*resource_tracker import main"), 2.0),
)
_GOING_SECONDS: Final = 0.05  # for a process without a memory any more: it is at its end


def command_line(pid: int) -> bytes | None:
    """What /proc says; empty for a process without a memory any more, None if there is none that can be seen."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb", buffering=0) as file:  # noqa: PTH123 - a Path takes twice as long
            return file.read()
    except OSError:
        return None


def patience_with(pid: int) -> float:
    """For how many seconds after the script `pid` may go on: 0 unless it is a helper of Python's, or about to end."""
    command = command_line(pid)
    if command is None:
        return 0
    if not command:
        return _GOING_SECONDS
    return next((seconds for pattern, seconds in _HELPERS if pattern.search(command)), 0)
