"""The data folder: can it be written, is there space, and what does the journal hold?"""

from __future__ import annotations

import shutil
import tempfile
from typing import TYPE_CHECKING, Final

from app.base.data_folder import make_data_folder
from app.base.i18n import _, ngettext
from app.base.os_reasons import describe_os_error
from app.base.paths import DataPaths
from app.check.findings import Finding, error, ok, warning
from app.journal.errors import JournalError
from app.journal.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

_MEGABYTE: Final = 1_000_000
LITTLE_SPACE: Final = 1000 * _MEGABYTE
NO_SPACE: Final = 50 * _MEGABYTE


def check_data_dir(folder: Path) -> Finding:
    """Write a file there and look at the free space. Makes the folder, as the robot would."""
    try:
        make_data_folder(folder)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"robot")
        free = shutil.disk_usage(folder).free
    except OSError as problem:
        return error(
            "data_dir",
            _("The folder {folder} can't be written: {reason}.").format(
                folder=folder, reason=describe_os_error(problem).for_people()
            ),
            _("Give this user the right to write there, or set data_dir to another folder."),
        )
    text = _("{folder}: {free:.1f} GB free").format(folder=folder, free=free / 1e9)
    remedy = _("Free some space: without it the robot can't write down what its jobs did, and takes none.")
    if free < NO_SPACE:
        return error("data_dir", text, remedy, free_bytes=free)
    if free < LITTLE_SPACE:
        return warning("data_dir", text, remedy, free_bytes=free)
    return ok("data_dir", text, free_bytes=free)


def check_journal(folder: Path) -> list[Finding]:
    """What waits for delivery and what was refused for good; read without disturbing a robot that runs."""
    file = DataPaths(folder).journal
    if not file.is_file():
        return [ok("journal", _("none yet: no job has run"), waiting=0, refused=0)]
    try:
        journal = Journal.open_to_read(file)
        try:
            waiting, refused = len(journal.outbox()), len(journal.dead_letters())
        finally:
            journal.close()
    except JournalError as problem:
        return [error("journal", problem.message, problem.hint)]
    facts = {"waiting": waiting, "refused": refused}
    findings = []
    if waiting:
        text = ngettext("{count} report waits for delivery.", "{count} reports wait for delivery.", waiting)
        remedy = _("They are delivered as soon as the Orchestrator answers; nothing is to be done.")
        findings.append(warning("journal", text.format(count=waiting), remedy, **facts))
    if refused:
        text = ngettext(
            "The Orchestrator refused {count} report for good.",
            "The Orchestrator refused {count} reports for good.",
            refused,
        )
        remedy = _("Look at the robot's history for the jobs, and correct their status in the Orchestrator by hand.")
        findings.append(warning("journal", text.format(count=refused), remedy, **facts))
    return findings or [ok("journal", _("in order, nothing waits for delivery"), **facts)]
