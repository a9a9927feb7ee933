"""`robot finish`: asks running robots to end after their jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base.errors import ExitCode
from app.base.i18n import _
from app.commands.arguments import minutes
from app.system.finish_requests import ask_running_robots_to_finish

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How long to wait for them."""
    parser.add_argument("--wait", type=minutes, default=0, metavar=_("MINUTES"), help=_("wait for their end"))


def run(options: argparse.Namespace) -> ExitCode:
    """Ask; 0 when none is left, 5 while one still runs."""
    return ExitCode.OK if ask_running_robots_to_finish(options.wait * 60) else ExitCode.ALREADY_RUNNING
