"""The process tree on Windows: a job object that kills everything in it when its last handle is closed.

The child is created suspended, put into the job object, and only then resumed; so nothing that it starts can escape.
The robot holds the only handle: however the robot ends, Windows ends the job with it.
https://learn.microsoft.com/windows/win32/procthread/job-objects
"""

from __future__ import annotations

import _winapi
import contextlib
import logging
import msvcrt
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import psutil
import win32job

from app.base.bundle import system_dll_directory
from app.jobs.child.spare import ANSWER_BYTES
from app.jobs.environment import MARK_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

if sys.platform != "win32":
    raise ImportError("for Windows only")

_CREATE_SUSPENDED: Final = 0x4  # subprocess doesn't name it
_PIPE_BYTES: Final = 1 << 20  # a suggestion to the system; its own default of 4 KiB holds a chatty script up
_KILLED_EXIT_CODE: Final = 0x20524F42  # a number that no script ends with by itself
_PAUSE: Final = 0.001
_PATIENCE: Final = 30.0  # seconds for terminated processes to go

_log = logging.getLogger("robot.jobs")


class JobObjectTree:
    """A started script; see `app.jobs.processes.tree.ProcessTree`."""

    def __init__(self, command: list[str], folder: Path, environment: Mapping[str, str], mark: str) -> None:
        self.killed = False
        self._lock = threading.Lock()
        self._job: Any = _new_job_object()
        read_end, write_end = _winapi.CreatePipe(None, _PIPE_BYTES)
        self.output = msvcrt.open_osfhandle(read_end, os.O_RDONLY | os.O_BINARY)
        output_writer = msvcrt.open_osfhandle(write_end, os.O_BINARY)
        try:
            with system_dll_directory():
                # All three handles are given, so Python hands the child these and no others.
                self._process = subprocess.Popen(
                    command,
                    cwd=folder,
                    env={**environment, MARK_VARIABLE: mark},
                    stdin=subprocess.PIPE,
                    stdout=output_writer,
                    stderr=output_writer,
                    creationflags=_CREATE_SUSPENDED | subprocess.CREATE_NO_WINDOW,
                    bufsize=0,
                )
            self._confine_and_resume()
        except BaseException:
            self._job.Close()  # kills the child, if it is there and inside
            os.close(self.output)
            raise
        finally:
            os.close(output_writer)

    def send(self, line: bytes) -> None:
        """Write a line to the control pipe."""
        with contextlib.suppress(OSError, ValueError):
            if self._process.stdin:
                self._process.stdin.write(line)

    def hear(self, seconds: float) -> bytes:
        """What it prints first; Windows can't wait for a pipe with a time limit."""
        handle = msvcrt.get_osfhandle(self.output)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if _winapi.PeekNamedPipe(handle, 0)[0]:
                    return os.read(self.output, ANSWER_BYTES)
            except OSError:  # nobody is left who could write
                break
            time.sleep(_PAUSE)
        return b""

    def adopt(self, mark: str) -> Mapping[str, str]:
        """The job object belongs to whoever holds it."""
        return {MARK_VARIABLE: mark}

    def now_runs(self, command: list[str]) -> None:
        """Nobody asks for the command line here."""

    def interrupt_stranger(self) -> None:
        """Nothing takes a process's place on Windows: `os.execv` starts another one and ends."""

    def wait(self) -> int:
        """Wait for the script's own process."""
        code = self._process.wait()
        self.killed = code == _KILLED_EXIT_CODE
        return code

    def kill(self) -> None:
        """Terminate everything in the job object."""
        with self._lock:
            if self._job:
                win32job.TerminateJobObject(self._job, _KILLED_EXIT_CODE)

    def finish(self) -> int:
        """Terminate what is left and watch the job object's count of processes fall to none."""
        left = 0
        if self._active():
            left = self._programs()
            self.kill()
        deadline = time.monotonic() + _PATIENCE
        while self._active():
            if time.monotonic() > deadline:
                _log.error("Processes of job %s don't die", self.pid)
                break
            time.sleep(_PAUSE)
        return left

    def close(self) -> None:
        """Let go of the control pipe and the job object."""
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        with self._lock:
            self._job.Close()
            self._job = None

    def _confine_and_resume(self) -> None:
        """Put the suspended child into the job object, then let it run."""
        self.pid = self._process.pid
        try:
            child: Any = self._process
            win32job.AssignProcessToJobObject(self._job, int(child._handle))  # noqa: SLF001 - nothing public has it
            process = psutil.Process(self.pid)
            self.created_at = process.create_time()
            process.resume()
        except BaseException as error:
            self._process.kill()  # it has run no instruction yet
            self._process.wait()
            if self._process.stdin:
                self._process.stdin.close()
            if isinstance(error, (win32job.error, psutil.Error)):
                raise OSError(f"The process can't be put into a job object: {error}") from error
            raise

    def _programs(self) -> int:
        """How many of them a script has started, not Windows."""
        pids: Any = win32job.QueryInformationJobObject(self._job, win32job.JobObjectBasicProcessIdList)
        return sum(not _is_console_host(pid) for pid in pids)

    def _active(self) -> int:
        """How many processes the job object holds."""
        facts = win32job.QueryInformationJobObject(self._job, win32job.JobObjectBasicAccountingInformation)
        return int(facts["ActiveProcesses"])


def _is_console_host(pid: int) -> bool:
    """The console that Windows gives to every console program; it goes by itself, a moment after the program."""
    try:
        return psutil.Process(pid).name().lower() == "conhost.exe"
    except (psutil.Error, OSError):
        return False


def _new_job_object() -> Any:
    create: Any = win32job.CreateJobObject  # the stubs forget its result
    job = create(None, "")
    limits = win32job.QueryInformationJobObject(job, win32job.JobObjectExtendedLimitInformation)
    limits["BasicLimitInformation"]["LimitFlags"] = win32job.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
    win32job.SetInformationJobObject(job, win32job.JobObjectExtendedLimitInformation, limits)
    return job


def kill_found(pid: int | None, created_at: float | None, mark: str) -> set[int]:
    """Kill what is found of an interrupted run: its process, what carries its mark, and their descendants."""
    found: set[psutil.Process] = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            started = process.create_time()
            if created_at is not None and started < created_at:
                continue  # reading the environment of every process of the machine takes long
            named = process.pid == pid and started == created_at
            if named or (mark and process.environ().get(MARK_VARIABLE) == mark):
                found |= {process, *process.children(recursive=True)}
    killed: set[int] = set()
    for process in found:
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid():
                process.kill()
                killed.add(process.pid)
    return killed
