"""`robot diagnose`: one archive for whoever helps, with nothing secret in it."""

from __future__ import annotations

import contextlib
import io
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.base.errors import ExitCode, RobotError
from app.base.i18n import _
from app.base.os_reasons import describe_os_error
from app.base.paths import safe_file_name
from app.base.redaction import Redactor
from app.check.diagnosis import diagnosis
from app.commands.arguments import add_config
from app.orchestrator.identity import machine_name

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Settings file, and where the archive goes."""
    add_config(parser)
    parser.add_argument("--output", type=Path, metavar="ZIP", help=_("the archive; without it, one in this folder"))


def run(options: argparse.Namespace) -> ExitCode:
    """Write it, whatever is wrong with the robot; says where it is.

    Raises:
        RobotError: it can't be written.
    """
    now = datetime.now(UTC)
    name = f"robot-diagnose {safe_file_name(machine_name())} {now.astimezone():%Y-%m-%d %H%M}.zip"
    file = (options.output or Path(name)).absolute()
    found = diagnosis(options.config, Redactor())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, text in found.items():
            archive.writestr(zipfile.ZipInfo(entry, now.timetuple()[:6]), text, zipfile.ZIP_DEFLATED)
    was_there = os.path.lexists(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_bytes(packed.getvalue())
    except OSError as error:
        if not was_there:
            with contextlib.suppress(OSError):
                file.unlink()
        raise RobotError(
            _("The archive {file} can't be written: {reason}.").format(
                file=file, reason=describe_os_error(error).for_people()
            ),
            _("Name a file in a folder that this user may write to: robot diagnose --output FILE."),
        ) from None
    print(_("Written: {file}").format(file=file))  # noqa: T201 - the command's result
    print(_("No GUID, no task and no output of scripts is in it. Look through it before you send it."))  # noqa: T201
    return ExitCode.OK
