"""Starting robots again that had to end for an upgrade: how each was started is noted before it ends.

Only robots of this session and account, and not with more rights than they had: an administrator's installer must not
start scripts as administrator. The others are brought back by their own entry in Task Scheduler.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Final

from app.base.bundle import system_dll_directory
from app.base.private_files import make_private

if TYPE_CHECKING:
    from collections.abc import Iterable

PROGRAMS: Final = ("robot.exe", "robot-cli.exe")
_BOOTLOADERS: Final = ("_PYI", "_MEI", "PYINSTALLER_")  # variables that PyInstaller's bootloader leaves behind


@dataclass(frozen=True)
class Start:
    """How a robot was started.

    Attributes:
        command: program and arguments.
        folder: its working directory, which relative paths count from.
        variables: its environment.
    """

    command: list[str]
    folder: str
    variables: dict[str, str]

    def by(self, program: Path) -> list[str]:
        """The same command line for the program in another folder; as it is, if it isn't one of our programs."""
        name = PureWindowsPath(self.command[0]).name.lower()
        return [str(program / name), *self.command[1:]] if name in PROGRAMS else self.command


def note(pids: Iterable[int], file: Path) -> None:
    """Write down how these robots were started, for this user's eyes only: their environment may hold secrets.

    Raises:
        OSError: it can't be written.
    """
    starts = [start for pid in pids if (start := _start_of(pid))]
    file.touch(mode=0o600)
    make_private(file)
    file.write_text(json.dumps([asdict(start) for start in starts]), "utf-8")


def noted(file: Path) -> list[Start]:
    """What stands there; nothing if there is no such file."""
    with contextlib.suppress(FileNotFoundError):
        return [Start(**start) for start in json.loads(file.read_text("utf-8"))]
    return []


def start_again(start: Start, program: Path) -> subprocess.Popen[bytes]:
    """Start a robot as it was started, from the program in that folder; it goes on without us.

    Raises:
        OSError: it can't be started.
    """
    kept = {key: value for key, value in start.variables.items() if not key.upper().startswith(_BOOTLOADERS)}
    with system_dll_directory():
        return subprocess.Popen(
            start.by(program),
            cwd=start.folder if Path(start.folder).is_dir() else program,
            env={**kept, "PYINSTALLER_RESET_ENVIRONMENT": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            creationflags=_CREATION_FLAGS,
            start_new_session=True,  # POSIX
        )


def _start_of(pid: int) -> Start | None:
    """None if this account may not know, or may not start it with the rights that it has."""
    import psutil  # late: only an upgrade needs it

    try:
        process = psutil.Process(pid)
        if not _same_rights(pid):
            return None
        return Start(process.cmdline(), process.cwd(), dict(process.environ()))
    except (psutil.Error, OSError):
        return None


if sys.platform == "win32":
    import pywintypes
    import win32api
    import win32con
    import win32security
    import win32ts

    _CREATION_FLAGS: Final = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP

    def _same_rights(pid: int) -> bool:
        try:
            here, there = os.getpid(), pid
            if win32ts.ProcessIdToSessionId(here) != win32ts.ProcessIdToSessionId(there):  # type: ignore[no-untyped-call]
                return False
            return _token_facts(here) == _token_facts(there)
        except pywintypes.error:
            return False

    def _token_facts(pid: int) -> tuple[str, bool]:
        """Whose a process is, and whether with an administrator's rights."""
        process = win32api.OpenProcess(win32con.PROCESS_QUERY_LIMITED_INFORMATION, False, pid)
        try:
            token = win32security.OpenProcessToken(process, win32con.TOKEN_QUERY)
            sid = win32security.GetTokenInformation(token, win32security.TokenUser)[0]
            elevated = win32security.GetTokenInformation(token, win32security.TokenElevation)
            return win32security.ConvertSidToStringSid(sid), bool(elevated)
        finally:
            win32api.CloseHandle(process)

else:
    _CREATION_FLAGS: Final = 0

    def _same_rights(pid: int) -> bool:
        return pid > 0
