"""One Wine prefix: made, and asked to run programs.

Python under Wine dies in `init_sys_streams` (WinError 6) when its standard output is a plain file or a terminal, so
everything here runs with pipes and without a console of ours.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wine.compiler import compile_windows
from wine.errors import ToolchainError
from wine.process import run_to_end

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Neither .NET nor an HTML engine is needed; without this, a new prefix asks whether to download them.
NO_DOWNLOADS: Final = "mscoree=;mshtml="
MISSING_DLL_SOURCE: Final = Path(__file__).with_name("bcryptprimitives.c")
NEW_PREFIX_SECONDS: Final = 90  # it takes ten
ATTEMPTS: Final = 3


@dataclass(frozen=True)
class Prefix:
    """A Wine prefix: `folder` holds its drive C, `variables` what programs in it find in their environment."""

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def drive_c(self) -> Path:
        """Drive C, as a folder of this system."""
        return self.folder / "drive_c"

    def environment(self, **extra: str) -> dict[str, str]:
        """The environment for `wine`; PYTHON* and VIRTUAL_ENV of the calling Python stay out of the Windows one."""
        ours = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV", "PIP_"))}
        wine = {"WINEPREFIX": str(self.folder), "WINEDEBUG": "-all", "WINEDLLOVERRIDES": NO_DOWNLOADS}
        return ours | wine | dict(self.variables) | extra

    def create(self) -> None:
        """Make the prefix, as Windows 10; one that is there is left alone.

        Raises:
            ToolchainError: Wine could not make it.
        """
        if (self.folder / "system.reg").exists():
            return
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(ATTEMPTS):
            try:
                self.run("wineboot", "-i", timeout=NEW_PREFIX_SECONDS)
                break
            except ToolchainError:  # seen once in some dozens: Wine 8 waits for itself for ever
                self.kill()
                shutil.rmtree(self.folder, ignore_errors=True)
                if attempt == ATTEMPTS - 1:
                    raise
        self.run("winecfg", "-v", "win10", timeout=NEW_PREFIX_SECONDS)
        system = self.drive_c / "windows" / "system32" / "bcryptprimitives.dll"
        if not system.exists():  # Wine 9 has its own
            compile_windows(["-shared", "-O2", "-s", "-o", str(system), str(MISSING_DLL_SOURCE), "-ladvapi32"])
        self.wait()  # the registry is written when the server ends

    def run(self, *command: str, timeout: float | None = None, **variables: str) -> str:
        """Run a Windows program to its end; its output (both streams), or an error that carries it."""
        done = self.try_run(command, timeout=timeout, **variables)
        if done.returncode:
            raise ToolchainError(f"Under Wine, `{' '.join(command)}` ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def try_run(
        self, command: Sequence[str], timeout: float | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a Windows program to its end, whatever that is."""
        try:
            return run_to_end(["wine", *command], self.environment(**variables), timeout)
        except subprocess.TimeoutExpired as error:
            raise ToolchainError(f"Under Wine, `{' '.join(command)}` was not done after {timeout:.0f} s.") from error

    def wait(self) -> None:
        """Wait until the last program of the prefix has ended and its registry is on the disk."""
        subprocess.run(["wineserver", "-w"], env=self.environment(), check=False)

    def kill(self) -> None:
        """End everything that runs in the prefix."""
        subprocess.run(["wineserver", "-k"], env=self.environment(), check=False)
        self.wait()

    @staticmethod
    def windows_path(path: Path) -> str:
        r"""`/a/b` as Windows programs see it: `Z:\a\b`."""
        return "Z:" + str(path.resolve()).replace("/", "\\")
