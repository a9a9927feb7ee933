"""`robot history`: the page of past runs, opened or written to a file; the runs for programs; a fleet's page."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from app.base.account import user_name
from app.base.errors import ExitCode, RobotError, UsageError
from app.base.i18n import _, set_language
from app.base.os_reasons import describe_os_error
from app.base.paths import DataPaths
from app.base.replacing import takes_what_is_written, write_output
from app.base.streams import takes_utf8
from app.check.configuration import known_settings
from app.commands.arguments import add_config, days
from app.history import export
from app.history.fleet import Kind
from app.history.fleet_page import write_fleet
from app.history.page import open_source, write_page
from app.orchestrator.identity import machine_name
from app.settings.loading import data_dir_of, require_there

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Settings file, what is wanted, and where it goes."""
    add_config(parser)
    parser.add_argument("--output", type=Path, metavar=_("FILE"), help=_("write there instead of opening the page"))
    parser.add_argument(
        "--fleet", type=Path, metavar=_("FOLDER"), help=_("many robots at once, from their status.json in this folder")
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help=_("for programs: the runs as JSON"))
    form.add_argument("--csv", action="store_true", help=_("for spreadsheets: the runs as a table"))
    parser.add_argument(
        "--days", type=days, metavar=_("DAYS"), help=_("only so many of the last days; with --json or --csv")
    )


def run(options: argparse.Namespace) -> ExitCode:
    """Write it, and open it or print it unless `output` says where it is wanted. Needs no right settings.

    Raises:
        RobotError: the journal can't be read, the file can't be written, or there is no such settings file.
    """
    known = known_settings(options.config)
    set_language(known.settings.language if known.settings else "auto")
    require_there(options.config)
    data_dir = known.settings.data_dir if known.settings else data_dir_of(options.config)
    if options.fleet:
        return _fleet(options)
    if options.json or options.csv:
        return _export(data_dir, options)
    page = write_page(data_dir, options.output, known.origin)
    if options.output:
        _say_written(page)
    else:
        from app.system.opener import open_for_person

        open_for_person(page)
    return ExitCode.OK


def _fleet(options: argparse.Namespace) -> ExitCode:
    if options.json or options.csv:
        raise UsageError(_("--fleet makes a page: no other option but --output goes with it."))
    page = (options.output or options.fleet / "fleet.html").absolute()
    fleet = write_fleet(options.fleet, page, datetime.now(UTC))
    counts = ", ".join(f"{kind.label}: {count}" for kind in Kind if (count := fleet.by_kind[kind]))
    print(counts or _("No robot's status.json is in this folder."))  # noqa: T201 - the command's result
    _say_written(page)
    return ExitCode.OK


def _export(data_dir: Path, options: argparse.Namespace) -> ExitCode:
    now = datetime.now(UTC)
    since = now - timedelta(days=options.days) if options.days is not None else None
    with open_source(DataPaths(data_dir).journal) as source:
        runs = source.runs(since)
        if options.json:
            plain = options.output is None and not takes_utf8(sys.stdout)
            pieces = export.as_json(runs, machine=machine_name(), user=user_name(), made=now, plain=plain)
        else:
            pieces = export.as_csv(runs)
        if options.output is None:
            sys.stdout.writelines(pieces)
            return ExitCode.OK
        try:
            # Excel takes a table for UTF-8 only by its mark.
            write_output(options.output, chain(["\ufeff"] if options.csv else [], pieces))
        except OSError as error:
            raise RobotError(
                _("The file {file} can't be written: {reason}.").format(
                    file=options.output, reason=describe_os_error(error).for_people()
                )
            ) from None
    _say_written(options.output)
    return ExitCode.OK


def _say_written(file: Path) -> None:
    if takes_what_is_written(file):  # whoever reads there wants nothing else
        return
    print(_("Written: {file}").format(file=file.absolute()))  # noqa: T201 - the command's result
