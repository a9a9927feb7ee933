"""`robot finish`: asks running robots to end after their jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base.errors import ExitCode
from app.base.i18n import _
from app.commands.arguments import minutes
from app.system.running_robots import ask_to_end, wait_for_the_end

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How long to wait, and for whom."""
    parser.add_argument(
        "--wait",
        type=minutes,
        metavar=_("MINUTES"),
        help=_("wait for their end; if it doesn't come in time, they go on as if nobody had asked"),
    )
    parser.add_argument(
        "--all-sessions", action="store_true", help=_("those of every Windows session, as far as this account may")
    )


def run(options: argparse.Namespace) -> ExitCode:
    """Ask; 0 when none is left, 5 while one still runs."""
    if options.wait is None:
        nobody = ask_to_end(all_sessions=options.all_sessions)
    else:
        nobody = wait_for_the_end(options.wait * 60, all_sessions=options.all_sessions)
    return ExitCode.OK if nobody else ExitCode.ALREADY_RUNNING
