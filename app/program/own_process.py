"""Runs a command of this program in a process of its own, for what would take the robot's memory or time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.base.bundle import FROZEN
from app.base.errors import RobotError
from app.base.i18n import _
from app.base.paths import BUNDLE_DIR

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_SECONDS: Final = 120.0
_PREFIX: Final = "robot: "
if sys.platform == "win32":
    _NO_WINDOW: Final = subprocess.CREATE_NO_WINDOW
else:
    _NO_WINDOW: Final = 0


def run_command(arguments: list[str], environment: Mapping[str, str]) -> None:
    """Run it and wait for its end; `environment` comes on top of our own.

    Raises:
        RobotError: with its own words, if it said any.
    """
    try:
        done = subprocess.run(
            [*_program(), *arguments],
            cwd=BUNDLE_DIR,
            env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            timeout=LONGEST_SECONDS,
            check=False,
            creationflags=_NO_WINDOW,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RobotError(_("The program could not be started once more: {reason}").format(reason=error)) from None
    if done.returncode:
        said = done.stderr.strip().removeprefix(_PREFIX)
        raise RobotError(said or _("It ended with exit code {code}.").format(code=done.returncode))


def _program() -> list[str]:
    """How to start ourselves: robot.exe is windowed and can't say why something failed, robot-cli.exe beside it can."""
    if not FROZEN:
        return [sys.executable, "-m", "app"]
    program = Path(sys.executable)
    console = program.with_name(f"robot-cli{program.suffix}")
    return [str(console if console.is_file() else program)]
