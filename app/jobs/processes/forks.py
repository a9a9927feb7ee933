"""A process that this one has not started but adopted, at its own wish: the fork of a host that has started."""

from __future__ import annotations

import io
import os
import select
import sys
from contextlib import ExitStack
from typing import IO

from app.jobs.child.spare import ANSWER_BYTES
from app.jobs.child.stem import BORN, NO, ORDER_HEADER
from app.jobs.processes.posix import SessionTree, output_pipe

if sys.platform == "win32":
    raise ImportError("for Linux only")


class AdoptedProcess:
    """As `subprocess.Popen`, of a child that another process has left to this one.

    Args:
        pid: of the child.
        control: this process's end of its control pipe.
    """

    def __init__(self, pid: int, control: io.FileIO) -> None:
        self.pid = pid
        self.stdin: IO[bytes] | None = control
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code, or None while it lives."""
        return self._wait(os.WNOHANG)

    def wait(self) -> int:
        """Wait for its end; its exit code."""
        code = self._wait(0)
        return 0 if code is None else code

    def _wait(self, options: int) -> int | None:
        if self.returncode is None:
            try:
                pid, status = os.waitpid(self.pid, options)
            except ChildProcessError:  # as `subprocess` has it
                self.returncode = 0
            else:
                if pid == self.pid:
                    self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


def fork_of(stem: SessionTree, command: list[str], seconds: float) -> SessionTree | None:
    """See `app.jobs.processes.tree.fork_tree`."""
    with ExitStack() as for_us, ExitStack() as for_it:
        output, output_writer = output_pipe()
        for_us.callback(os.close, output)
        for_it.callback(os.close, output_writer)
        control_reader, control_writer = os.pipe()
        control = io.FileIO(control_writer, "w")
        for_us.callback(control.close)
        for_it.callback(os.close, control_reader)
        order = f"{os.getpid()} {control_reader} {output_writer}".encode("ascii")
        stem.send((ORDER_HEADER % len(order)).encode("ascii") + order)
        answer = _first_of(output, stem.output, seconds)
        if answer.startswith(BORN):
            tree = SessionTree(AdoptedProcess(int(answer[len(BORN) :]), control), output, command, stem.mark)
            for_us.pop_all()
            return tree
    return stem if answer == NO else None


def _first_of(output: int, stem_output: int, seconds: float) -> bytes:
    """What the fork, or else the stem, says first; empty if nothing comes within `seconds`."""
    poll = select.poll()
    for each in (output, stem_output):
        poll.register(each, select.POLLIN)
    heard = [each for each, _event in poll.poll(seconds * 1000)]
    return os.read(heard[0], ANSWER_BYTES) if heard else b""
