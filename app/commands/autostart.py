"""`robot autostart`: start at log-on, or not any more."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.base.bundle import FROZEN
from app.base.errors import ExitCode
from app.base.i18n import _
from app.commands.arguments import add_config
from app.system import autostart

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, and through what."""
    parser.add_argument(
        "action",
        choices=["enable", "disable", "status"],
        metavar=_("ACTION"),
        help=_("enable: switch it on; disable: switch it off; status: say whether it is on"),
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        "--task", dest="kind", action="store_const", const="task", help=_("through Task Scheduler (the default)")
    )
    kind.add_argument(
        "--startup", dest="kind", action="store_const", const="startup", help=_("through the Startup folder")
    )
    add_config(parser)


def run(options: argparse.Namespace) -> ExitCode:
    """Enable, disable or tell; prints the outcome.

    Raises:
        RobotError: not on Windows, or Windows refuses.
    """
    if options.action == "enable":
        kind: autostart.Kind = options.kind or "task"
        autostart.enable(kind, start_command(options.config, kind))
    elif options.action == "disable":
        autostart.disable()
    print(autostart.status().text())  # noqa: T201 - the command's result
    return ExitCode.OK


def start_command(config: Path | None, kind: autostart.Kind) -> list[str]:
    """How Windows is to start this program: the windowed exe, or the interpreter's windowed twin in development."""
    if FROZEN:
        command = [str(Path(sys.executable).with_name("robot.exe"))]
    else:
        windowed = Path(sys.executable).with_name("pythonw.exe")
        command = [str(windowed if windowed.exists() else sys.executable), "-m", "app"]
    again = ["--by-schedule"] if kind == "task" else []
    return [*command, "run", *again, *(["--config", str(config.absolute())] if config else [])]
