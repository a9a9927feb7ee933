"""`robot login`: the robot's GUID into Windows Credential Manager, so that no file holds it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from app.base import hosts
from app.base.errors import ExitCode, UsageError
from app.base.i18n import _
from app.commands.arguments import add_config
from app.settings import vault
from app.settings.loading import load_settings

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

# Only the host is of interest here; the GUID, which every settings file needs, is what is about to be given.
_STAND_IN: Final = {"robot_guid": "00000000-0000-0000-0000-000000000000"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Store or forget."""
    parser.add_argument("--forget", action="store_true", help=_("remove it from there"))
    add_config(parser)


def run(options: argparse.Namespace) -> ExitCode:
    """Store it, or forget it."""
    return run_login(options.config, forget=options.forget)


def run_login(config: Path | None, *, forget: bool) -> ExitCode:
    """Ask for the GUID and store it for the Orchestrator of the settings, or forget it.

    The GUID is typed, or comes through stdin; on the command line every user of the machine could read it.

    Raises:
        RobotError: no Credential Manager here, wrong settings, or no GUID.
    """
    host = load_settings(config, stand_ins=_STAND_IN).settings.host
    if forget:
        found = vault.forget_guid(host)
        message = _("The GUID for {host} is forgotten.") if found else _("No GUID is stored for {host}.")
        print(message.format(host=host))  # noqa: T201
        return ExitCode.OK
    vault.require_vault()
    guid = hosts.read_guid(_asked(_("GUID of this robot for {host}: ").format(host=host)))
    if guid is None:
        raise UsageError(
            _("This is not a GUID; nothing was stored."), _("Copy it from the Orchestrator's page Robots.")
        )
    vault.store_guid(host, guid)
    print(_("Stored. Remove robot_guid from the settings file: as long as it is there, it is used instead."))  # noqa: T201
    return ExitCode.OK


def _asked(prompt: str) -> str:
    """A line that isn't shown while it is typed; from a pipe as it comes."""
    if sys.stdin is None:
        raise UsageError(_("robot login needs a console."), _("On Windows: robot-cli.exe login."))
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    import getpass

    return getpass.getpass(prompt)
