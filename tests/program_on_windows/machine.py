"""The machine that the program is installed on: Windows under Wine, or the Windows that runs the tests.

Tests name files by this system's paths; `windows` says how the program calls them.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wine.prefix import Prefix

ON_WINDOWS = sys.platform == "win32"
SECONDS = 60.0  # a start under Wine on a busy machine takes several
USER = "Мария Иванова"


def eventually(look: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """Look until there is something to see; the last look's answer, which may be nothing."""
    deadline = time.monotonic() + seconds
    while not (seen := look()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return seen


@dataclass
class Machine:
    """Runs Windows programs.

    Attributes:
        home: %USERPROFILE%.
        environment: what every program finds in its environment.
        prefix: the Wine prefix; None on Windows.
    """

    home: Path
    environment: dict[str, str]
    prefix: Prefix | None = None
    _started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _keeper: subprocess.Popen[bytes] | None = None

    @property
    def roaming(self) -> Path:
        """%APPDATA%."""
        return self.home / "AppData" / "Roaming"

    @property
    def local(self) -> Path:
        """%LOCALAPPDATA%."""
        return self.home / "AppData" / "Local"

    @property
    def drive(self) -> Path:
        """The drive C:."""
        return self.home.parents[1]

    def windows(self, path: Path) -> str:
        """The path as Windows programs call it."""
        if self.prefix is None:
            return str(path)
        drive_c = self.prefix.drive_c
        if path.is_relative_to(drive_c):
            return "C:\\" + str(path.relative_to(drive_c)).replace("/", "\\")
        return "Z:" + str(path).replace("/", "\\")

    def command(self, program: Path | str, *arguments: str) -> list[str]:
        """The command line that starts a Windows program from here."""
        name = program if isinstance(program, str) else self.windows(program)
        return [*([] if self.prefix is None else ["wine"]), name, *arguments]

    def run(
        self, program: Path | str, *arguments: str, timeout: float = 3 * SECONDS, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end; both of its output streams are in `stdout`."""
        from wine.process import run_to_end

        return run_to_end(self.command(program, *arguments), self.environment | variables, timeout)

    def start(
        self, program: Path | str, *arguments: str, output: Path, typed: str = "", **variables: str
    ) -> subprocess.Popen[bytes]:
        """Start a program; `typed` is its input, its output goes to a file. Ended at the latest with the test."""
        reader, writer = os.pipe()
        with output.open("ab") as file:
            # Python under Wine can't write straight to a file: `cat` takes it from a pipe.
            self._started.append(subprocess.Popen([sys.executable, "-c", _COPY], stdin=reader, stdout=file))
        process = subprocess.Popen(
            self.command(program, *arguments),
            env=self.environment | variables,
            stdin=subprocess.PIPE,
            stdout=writer,
            stderr=subprocess.STDOUT,
        )
        os.close(reader)
        os.close(writer)
        self._started.append(process)
        assert process.stdin
        process.stdin.write(typed.encode())
        process.stdin.close()
        return process

    def keep_desktop(self) -> None:
        """Have a program stay on the desktop, until the session ends.

        A second after its last program Wine's desktop ends, with the taskbar, even if the next one has just begun.
        """
        if self.prefix is None or (self._keeper is not None and self._keeper.poll() is None):
            return
        from wine import toolchain

        self._keeper = subprocess.Popen(
            self.command(str(toolchain.ensure().python), "-c", _STAYS),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def leave_desktop(self) -> None:
        """That program goes."""
        if self._keeper is not None:
            self._keeper.kill()
            self._keeper.wait(SECONDS)

    def processes(self, *words: str) -> list[psutil.Process]:
        """The processes of this machine whose command line has all of these words."""
        found = []
        for process in psutil.process_iter():
            try:
                line = " ".join(process.cmdline())
                ours = self.prefix is None or process.environ().get("WINEPREFIX") == str(self.prefix.folder)
            except psutil.Error:
                continue
            if ours and process.pid != os.getpid() and all(word in line for word in words):
                found.append(process)
        return found

    def robots(self) -> list[psutil.Process]:
        """Every process of the installed program, scripts included."""
        return [p for name in ("robot.exe", "robot-cli.exe") for p in self.processes(name)]

    def nothing_left(self, *words: str) -> bool:
        """Wait until no process has all of these words; without words: none of the installed program.

        What has ended for Windows is in this side's table of processes for a moment longer.
        """
        return bool(eventually(lambda: not (self.processes(*words) if words else self.robots())))

    def kill_robots(self) -> None:
        """Every process of the installed program, at once; one may have ended by itself meanwhile."""
        for robot in self.robots():
            with contextlib.suppress(psutil.NoSuchProcess):
                robot.kill()

    def end_everything(self) -> None:
        """End what the test has started, and what that has started."""
        self.kill_robots()
        for process in self._started:
            process.kill()
            process.wait(SECONDS)
        self._started.clear()


_STAYS = "import ctypes, time; ctypes.windll.user32.GetDesktopWindow(); time.sleep(100_000)"
_COPY = """
import os
while data := os.read(0, 65536):
    os.write(1, data)
"""
