"""`robot history`: the page of past runs, opened or written to a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.base.errors import ExitCode
from app.base.i18n import _, set_language
from app.check.configuration import known_settings
from app.commands.arguments import add_config
from app.history.page import write_page
from app.settings.loading import load_settings

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Settings file, and where the page goes."""
    add_config(parser)
    parser.add_argument("--output", type=Path, metavar=_("FILE"), help=_("write the page there instead of opening it"))


def run(options: argparse.Namespace) -> ExitCode:
    """Write the page, and open it unless `output` says where it is wanted.

    Raises:
        RobotError: more than host and GUID is wrong in the settings, or the page can't be written.
    """
    known = known_settings(options.config)
    settings = known.settings or load_settings(options.config).settings  # which says what is wrong
    set_language(settings.language)
    page = write_page(settings, options.output, known.origin)
    if options.output:
        print(_("Written: {file}").format(file=page.absolute()))  # noqa: T201 - the command's result
    else:
        from app.system.opener import open_for_person

        open_for_person(page)
    return ExitCode.OK
