"""`robot history`: the page of past runs, opened or written to a file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.base.errors import ExitCode, RobotError
from app.base.i18n import _, set_language
from app.base.os_reasons import describe_os_error
from app.base.paths import DataPaths
from app.journal.journal import Journal
from app.settings.loading import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from app.settings.model import Settings


def run_history(config: Path | None, output: Path | None) -> int:
    """Write the page, and open it unless `output` says where it is wanted.

    Raises:
        RobotError: the settings are wrong, or the page can't be written.
    """
    settings = load_settings(config).settings
    set_language(settings.language)
    page = write_page(settings, output)
    if output:
        print(_("Written: {file}").format(file=page.absolute()))  # noqa: T201 - the command's result
    else:
        from app.system.opener import open_for_person

        open_for_person(page)
    return ExitCode.OK


def write_page(settings: Settings, output: Path | None = None) -> Path:
    """Make the page from the journal, without disturbing a robot that writes to it; returns where it is.

    Raises:
        RobotError: the page can't be written.
    """
    from app.history.page import write_history  # late: Jinja2 is for pages only
    from app.orchestrator.identity import machine_name

    paths = DataPaths(settings.data_dir)
    page = output or paths.root / "history.html"
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        if not paths.journal.exists():
            write_history((), page, robot_name=machine_name(), now=datetime.now(UTC))
            return page
        journal = Journal.open_to_read(paths.journal)
        try:
            write_history(journal.jobs(), page, robot_name=machine_name(), now=datetime.now(UTC))
        finally:
            journal.close()
    except OSError as error:
        raise RobotError(
            _("The page {file} can't be written: {reason}.").format(
                file=page, reason=describe_os_error(error).for_people()
            ),
            _("Name another file with --output."),
        ) from None
    return page
