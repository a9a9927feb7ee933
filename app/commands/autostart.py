"""`robot autostart`: start at log-on, or not any more."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.base.bundle import FROZEN
from app.base.errors import ExitCode
from app.system import autostart

if TYPE_CHECKING:
    from app.system.autostart import Kind


def run_autostart(action: str, kind: Kind | None, config: Path | None) -> int:
    """Enable, disable or tell; prints the outcome.

    Raises:
        RobotError: not on Windows, or Windows refuses.
    """
    if action == "enable":
        autostart.enable(kind or "task", start_command(config))
    elif action == "disable":
        autostart.disable()
    print(autostart.status().text())  # noqa: T201 - the command's result
    return ExitCode.OK


def start_command(config: Path | None) -> list[str]:
    """How Windows is to start this program: the windowed exe, or the interpreter's windowed twin in development."""
    if FROZEN:
        command = [str(Path(sys.executable).with_name("robot.exe"))]
    else:
        windowed = Path(sys.executable).with_name("pythonw.exe")
        command = [str(windowed if windowed.exists() else sys.executable), "-m", "app"]
    return [*command, "run", *(["--config", str(config.absolute())] if config else [])]
