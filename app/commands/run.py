"""`robot run`: works for the Orchestrator, behind the tray icon or headless."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.commands.arguments import add_config, add_headless
from app.program.first_start import loader, nobody_looks, open_for_editing
from app.program.run import start

if TYPE_CHECKING:
    import argparse

    from app.base.errors import ExitCode


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Settings file, tray or not."""
    add_config(parser)
    add_headless(parser)


def run(options: argparse.Namespace) -> ExitCode:
    """Run until there is no more work."""
    load = loader(options.config, nobody_looks if options.headless else open_for_editing)
    return start(load, options.config, headless=options.headless, log_format=options.log_format)
