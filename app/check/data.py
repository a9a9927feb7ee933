"""The data folder: can it be written, is there space, and what does the journal hold?"""

from __future__ import annotations

import shutil
import tempfile
from typing import TYPE_CHECKING, Any, Final

from app.base.data_folder import make_data_folder
from app.base.i18n import _, decimal, ngettext
from app.base.missing import is_missing
from app.base.os_reasons import describe_os_error
from app.base.paths import DataPaths
from app.check.findings import Finding, error, ok, warning
from app.journal.errors import JournalError
from app.journal.journal import Journal
from app.journal.wording import describe_origin, is_ours

if TYPE_CHECKING:
    from pathlib import Path

    from app.journal.records import Undelivered
    from app.orchestrator.origin import Origin

_MEGABYTE: Final = 1_000_000
LITTLE_SPACE: Final = 1000 * _MEGABYTE
NO_SPACE: Final = 50 * _MEGABYTE


def check_data_dir(folder: Path) -> Finding:
    """Write a file there and look at the free space. Makes the folder, as the robot would.

    Folders in it that are there already, made by another user as it may be, are written to as well.
    """
    tried = folder
    try:
        paths = make_data_folder(folder)
        for tried in (folder, *_inner_folders(paths)):
            with tempfile.TemporaryFile(dir=tried) as file:
                file.write(b"robot")
        free = shutil.disk_usage(folder).free
    except OSError as problem:
        return error(
            "data_dir",
            _("The folder {folder} can't be written: {reason}.").format(
                folder=tried, reason=describe_os_error(problem).for_people()
            ),
            _("Give this user the right to write there, or set data_dir to another folder."),
        )
    text = _("{folder}: {free} GB free").format(folder=folder, free=decimal(free / 1e9))
    remedy = _("Free some space: without it the robot can't write down what its jobs did, and takes none.")
    if free < NO_SPACE:
        return error("data_dir", text, remedy, free_bytes=free)
    if free < LITTLE_SPACE:
        return warning("data_dir", text, remedy, free_bytes=free)
    return ok("data_dir", text, free_bytes=free)


def _inner_folders(paths: DataPaths) -> list[Path]:
    """Those without which the robot starts no script, as far as they are there."""
    folders = (paths.logs, paths.job_logs, paths.runs, paths.environments)
    return [folder for folder in folders if not is_missing(folder)]


def check_journal(folder: Path, ours: Origin | None) -> list[Finding]:
    """What waits for delivery and what was refused; read without disturbing a robot that runs.

    `ours` is whose the robot's reports are by the present settings; None if they don't say.
    """
    file = DataPaths(folder).journal
    try:
        if is_missing(file):
            return [ok("journal", _("none yet: no job has run"), waiting=0, refused=0)]
        journal = Journal.open_to_read(file)
        try:
            rows = journal.undelivered()
        finally:
            journal.close()
    except JournalError as problem:
        return [error("journal", problem.message, problem.hint)]
    refused = [row for row in rows if row.dead or row.refused_at]
    waiting = [row for row in rows if not (row.dead or row.refused_at or row.confirming)]
    strangers = [row for row in waiting if not is_ours(row.origin, ours)] if ours else []
    facts: dict[str, Any] = {"waiting": len(waiting), "refused": len(refused), "strangers": len(strangers)}
    if waiting or refused:
        facts["oldest"] = min(row.created_at for row in [*waiting, *refused]).isoformat(timespec="seconds")
    findings = []
    if waiting:
        text = ngettext("{count} report waits for delivery.", "{count} reports wait for delivery.", len(waiting))
        remedy = _("They are delivered as soon as the Orchestrator answers; nothing is to be done.")
        if strangers:
            remedy = _(
                "Reports of another Orchestrator or robot wait until the settings name it again; robot outbox lists"
                " them and can give them up."
            )
        findings.append(warning("journal", _sentence(text, waiting, ours), remedy, **facts))
    if refused:
        text = ngettext(
            "The Orchestrator refused {count} report.", "The Orchestrator refused {count} reports.", len(refused)
        )
        remedy = _("robot outbox says which and why; robot outbox retry sends them again, discard gives one up.")
        findings.append(warning("journal", _sentence(text, refused, ours), remedy, **facts))
    return findings or [ok("journal", _("in order, nothing waits for delivery"), **facts)]


def _sentence(text: str, rows: list[Undelivered], ours: Origin | None) -> str:
    """How many, the oldest's day, and whose they are."""
    oldest = min(row.created_at for row in rows).astimezone()
    owners = dict.fromkeys(describe_origin(row.origin, ours) for row in rows)
    about = _("Oldest: {moment}. Of: {owners}.").format(moment=f"{oldest:%Y-%m-%d %H:%M}", owners="; ".join(owners))
    return f"{text.format(count=len(rows))} {about}"
