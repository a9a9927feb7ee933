"""`robot status`: what the running robot does now, for people and for programs."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from app.base.errors import ExitCode
from app.base.i18n import _, set_language
from app.base.paths import DataPaths
from app.base.streams import takes_utf8
from app.check.configuration import known_settings
from app.commands.arguments import add_config
from app.settings.loading import data_dir_of, require_there
from app.status.file import Condition, read_status
from app.status.record import as_values
from app.status.words import describe

if TYPE_CHECKING:
    import argparse

    from app.status.file import Found

_CODES: Final = {"error": ExitCode.USAGE, "offline": ExitCode.UNREACHABLE}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Settings file, and the form of the answer."""
    add_config(parser)
    parser.add_argument("--json", action="store_true", help=_("for programs: the same as JSON"))


def run(options: argparse.Namespace) -> ExitCode:
    """Say it: 0 it runs, 1 none runs, 2 it needs a person, 4 it runs and the Orchestrator can't be reached.

    Raises:
        RobotError: the status can't be read, or there is no such settings file.
    """
    settings = known_settings(options.config).settings
    set_language("en" if options.json else settings.language if settings else "auto")
    require_there(options.config)
    data_dir = settings.data_dir if settings else data_dir_of(options.config)
    found = read_status(DataPaths(data_dir).status)
    print(_as_json(found) if options.json else describe(found, datetime.now(UTC)))  # noqa: T201 - the command's result
    if found.status is None or found.condition is not Condition.RUNNING:
        return ExitCode.NOT_RUNNING
    return _CODES.get(found.status.state, ExitCode.OK)


def _as_json(found: Found) -> str:
    """An object: `condition`, and the record of `status.json` in `status`, or null."""
    status = as_values(found.status) if found.status else None
    content = {"condition": found.condition.value, "status": status}
    return json.dumps(content, ensure_ascii=not takes_utf8(sys.stdout), indent=2)
