"""`robot run`: works for the Orchestrator, behind the tray icon or headless."""

from __future__ import annotations

import argparse

from app.base.errors import ExitCode
from app.commands.arguments import add_config, add_headless
from app.program.first_start import loader, nobody_looks, open_for_editing
from app.program.life import is_over, one_life, runs_already
from app.program.run import start


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Settings file, tray or not."""
    add_config(parser)
    add_headless(parser)
    parser.add_argument("--by-schedule", action="store_true", help=argparse.SUPPRESS)  # Task Scheduler, again and again


def run(options: argparse.Namespace) -> ExitCode:
    """Run until there is no more work."""
    if options.by_schedule:  # every few minutes: without a line in a log, and without a sign to whoever is there
        if is_over(options.config):
            return ExitCode.OK
        if runs_already(options.config):
            return ExitCode.ALREADY_RUNNING
    load = loader(options.config, nobody_looks if options.headless else open_for_editing)
    with one_life(options.config):
        return start(load, options.config, headless=options.headless, log_format=options.log_format)
