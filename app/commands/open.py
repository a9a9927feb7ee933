"""`robot open`: the page of the robot that runs, in the browser."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from app.base.errors import ExitCode, RobotError
from app.base.i18n import _, set_language
from app.check.configuration import known_settings
from app.commands.arguments import add_config
from app.program.life import runs_already
from app.program.own_page import NAME
from app.settings.loading import load_settings
from app.system.opener import open_for_person
from app.system.show_requests import address_file, ask_to_open

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

_PATIENCE: Final = 30.0  # seconds; a robot that is just taking changed settings over hears nobody
_AGAIN: Final = 3.0  # seconds until it is asked once more
_LOOK: Final = 0.05


class _NotRunningError(RobotError):
    exit_code = ExitCode.NOT_RUNNING


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Settings file: it says which robot is meant."""
    add_config(parser)


def run(options: argparse.Namespace) -> ExitCode:
    """Ask the robot to serve its page, and open that.

    Raises:
        RobotError: no such robot runs (exit code 1), it doesn't answer, or nothing here shows the page.
    """
    known = known_settings(options.config)
    set_language(known.settings.language if known.settings else "auto")
    if known.settings is None or not known.guid:
        load_settings(options.config)  # says what is wrong: without a GUID nobody knows which robot is meant
    assert known.settings is not None  # noqa: S101 - else that has raised
    open_for_person(_address(known.settings.guid, options.config), name=_(NAME))
    return ExitCode.OK


def _address(guid: str, config: Path | None) -> str:
    file = address_file(guid)
    file.unlink(missing_ok=True)
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if not ask_to_open(guid) and not runs_already(config):
            raise _NotRunningError(
                _("The robot of these settings doesn't run here."), _("Start it, or name its settings file: --config.")
            )
        again = time.monotonic() + _AGAIN
        while time.monotonic() < again:
            if file.exists():
                return file.read_text("utf-8")
            time.sleep(_LOOK)
    raise RobotError(_("The robot that runs doesn't open its page."), _("Its log may say why."))
