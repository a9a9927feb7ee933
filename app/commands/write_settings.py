"""`robot write-settings FILE`: what the installer was told (`/HOST=… /GUID=… /SCRIPTS=…`) becomes a settings file.

A command for the installer, not for people. The values come in the environment, because a process list shows command
lines: ROBOT_SETUP_HOST, ROBOT_SETUP_ROBOT_GUID, ROBOT_SETUP_SCRIPTS; an empty or missing one leaves the key alone.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.base.errors import ExitCode, SettingsError
from app.base.i18n import _
from app.base.os_reasons import describe_os_error
from app.settings.file import changed, template_text, toml_text, write_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

KEYS: Final = ("host", "robot_guid", "scripts")
_PREFIX: Final = "ROBOT_SETUP_"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The installer's own; nobody else sees them."""
    parser.add_argument("file", type=Path)
    parser.add_argument("--shared", action="store_true")


def run(options: argparse.Namespace) -> ExitCode:
    """Write what the environment holds."""
    return run_write_settings(options.file, shared=options.shared)


def run_write_settings(file: Path, *, shared: bool, environment: Mapping[str, str] = os.environ) -> ExitCode:
    """Make the settings file, or change just these keys in the one that is there.

    Args:
        file: the settings file.
        shared: for every user of the machine; otherwise only this user may read it.
        environment: where the values are.

    Raises:
        RobotError: it can't be read or written.
    """
    values = {key: toml_text(value) for key in KEYS if (value := environment.get(_PREFIX + key.upper(), ""))}
    if not values:
        return ExitCode.OK
    write_settings(file, changed(_read(file), values) if file.exists() else template_text(values), shared=shared)
    return ExitCode.OK


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = describe_os_error(error).for_people() if isinstance(error, OSError) else _("it is not UTF-8 text")
        raise SettingsError(
            _("The settings file {file} can't be read: {reason}.").format(file=file, reason=reason),
            _("Save it as UTF-8 text, or remove it."),
        ) from error
