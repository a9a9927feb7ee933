"""A script's process together with everything that it starts, as the supervisor sees it on every system."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class ProcessTree(Protocol):
    """One started script and its descendants.

    Attributes:
        pid: of the script's own process.
        created_at: of the same, in seconds; together with the pid it names the process for ever.
        killed: after `wait`: the script's own process died of `kill`, and did not end before.
        output: file descriptor to read stdout and stderr from; at its end when the last process has gone.
    """

    pid: int
    created_at: float
    killed: bool
    output: int

    def send(self, line: bytes) -> None:
        """Write a line to the control pipe; a script that has gone is no error."""

    def hear(self, seconds: float) -> bytes:
        """What it prints first, a few bytes; empty at its end, and if nothing comes within `seconds`."""

    def adopt(self, mark: str) -> Mapping[str, str]:
        """From now on it belongs to the run with this mark; the variables by which the run is known."""

    def now_runs(self, command: list[str]) -> None:
        """It has become what `command` would have started."""

    def interrupt_stranger(self) -> None:
        """Interrupt the program that has taken the script's place, if one has."""

    def wait(self) -> int:
        """Wait for the script's own process; its exit code (negative: the signal). For one thread only."""

    def kill(self) -> None:
        """Kill everything at once, without waiting for it to be dead. From any thread, any number of times."""

    def finish(self) -> int:
        """After `wait`: kill what is left and return once it is dead; how many processes that were."""

    def close(self) -> None:
        """After `finish`: let go of handles and pipes, except `output`."""


def start_tree(command: list[str], folder: Path, environment: Mapping[str, str], mark: str) -> ProcessTree:
    """Start `command` in `folder`.

    Raises:
        OSError: the system can't start it.
    """
    if sys.platform == "win32":
        from app.jobs.processes.win32 import JobObjectTree

        return JobObjectTree(command, folder, environment, mark)
    from app.jobs.processes.posix import SessionTree

    return SessionTree.start(command, folder, environment, mark)


def fork_tree(stem: ProcessTree, command: list[str], seconds: float) -> ProcessTree | None:
    """A process that waits for a job; see `app.jobs.processes.forks`.

    Args:
        stem: what is forked.
        command: what it is called until it runs one.
        seconds: for the stem to start, if it hasn't yet, and to be forked.

    Returns:
        It, or `stem` itself if that can't be forked; None if nothing good is heard of it.

    Raises:
        OSError: no pipes to be had.
    """
    if sys.platform == "win32":
        return stem
    from app.jobs.processes.forks import fork_of
    from app.jobs.processes.posix import SessionTree

    assert isinstance(stem, SessionTree)  # noqa: S101 - there is no other here
    return fork_of(stem, command, seconds)
