"""`robot outbox`: the reports that wait or were refused; sends refused ones again, or gives a job's up.

Works on the journal of a robot that runs as well: the robot looks into its outbox anew each time.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from app.base.errors import ExitCode, UsageError
from app.base.i18n import _, ngettext, set_language
from app.base.missing import is_missing
from app.base.paths import DataPaths
from app.base.plain_text import printable
from app.check.configuration import known_settings
from app.commands.arguments import add_config
from app.journal.journal import Journal
from app.journal.records import OutboxRow
from app.journal.wording import describe_origin, describe_report, describe_state, is_ours
from app.settings.loading import load_settings

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from app.journal.records import Undelivered
    from app.orchestrator.origin import Origin


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is to be done, with which job, and the form of the answer."""
    parser.add_argument(
        "action",
        nargs="?",
        choices=["list", "retry", "discard"],
        default="list",
        metavar=_("ACTION"),
        help=_("list: show them (the default); retry: send refused ones again; discard: give up a job's reports"),
    )
    parser.add_argument("guid", nargs="?", metavar="GUID", help=_("the job; for retry: all if left out"))
    add_config(parser)
    parser.add_argument("--json", action="store_true", help=_("for programs: the list as JSON"))


def run(options: argparse.Namespace) -> ExitCode:
    """Do it, and say what was done.

    Raises:
        SettingsError: more is wrong than host and GUID.
        UsageError: there is nothing of the kind.
        JournalError: the journal can't be read or written.
    """
    known = known_settings(options.config)
    settings = known.settings or load_settings(options.config).settings  # which says what is wrong
    set_language("en" if options.json else settings.language)
    file = DataPaths(settings.data_dir).journal
    guid = (options.guid or "").strip("{} ")
    if options.action == "list":
        if guid:
            raise UsageError(_("list shows everything; it takes no GUID."))
        ours = known.origin
        rows = _rows(file)
        text = json.dumps([_as_json(row, ours) for row in rows], indent=2)  # plain ASCII: no pipe changes it
        _say(text if options.json else _as_text(rows, ours))
    elif options.action == "retry":
        _retry(file, guid)
    else:
        _discard(file, guid)
    return ExitCode.OK


def _say(text: str) -> None:
    print(text)  # noqa: T201 - the command's result


def _rows(file: Path) -> list[Undelivered]:
    if is_missing(file):
        return []
    journal = Journal.open_to_read(file)
    try:
        return journal.undelivered()
    finally:
        journal.close()


def _retry(file: Path, guid: str) -> None:
    if guid:
        _require(file, guid)
    count = 0
    if not is_missing(file):
        journal = Journal.open_to_change(file)
        try:
            count = journal.retry(guid or None)
        finally:
            journal.close()
    if count:
        text = ngettext("{count} report is tried again.", "{count} reports are tried again.", count)
        _say(text.format(count=count))
    else:
        _say(_("No report was refused. What waits is tried again by itself."))


def _discard(file: Path, guid: str) -> None:
    if not guid:
        raise UsageError(
            _("Say which job's report is to be given up: robot outbox discard GUID."), _("robot outbox lists them.")
        )
    _require(file, guid)
    journal = Journal.open_to_change(file)
    try:
        journal.discard(guid)
    finally:
        journal.close()
    _say(_("Given up: the Orchestrator is not told any more how job {guid} ended.").format(guid=guid))


def _require(file: Path, guid: str) -> None:
    if not any(row.job_guid.lower() == guid.lower() for row in _rows(file)):
        raise UsageError(
            _("No report of a job {guid} waits or was refused.").format(guid=guid), _("robot outbox lists them.")
        )


def _as_text(rows: list[Undelivered], ours: Origin | None) -> str:
    if not rows:
        return _("Nothing waits: the Orchestrator knows of every job.")
    blocks = []
    for row in rows:
        since = _("{state} since {moment}").format(
            state=describe_state(row), moment=f"{(row.refused_at or row.created_at).astimezone():%Y-%m-%d %H:%M}"
        )
        tries = ngettext("{count} attempt", "{count} attempts", row.attempts).format(count=row.attempts)
        lines = [
            f"{row.job_guid}  {printable(row.job_name)}: {describe_report(row)}",
            f"  {since}; {tries}; {describe_origin(row.origin, ours)}",
        ]
        if row.last_error:
            lines.append(f"  {printable(row.last_error)}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _as_json(row: Undelivered, ours: Origin | None) -> dict[str, Any]:
    state = "dead" if row.dead else "confirming" if row.confirming else "refused" if row.refused_at else "waiting"
    return {
        "job_guid": row.job_guid,
        "job_name": row.job_name,
        "status": int(row.status) if isinstance(row, OutboxRow) else None,
        "call": "job/update" if isinstance(row, OutboxRow) else row.path.removeprefix("/api/"),
        "state": state,
        "since": row.created_at.isoformat(timespec="seconds"),
        "refused_since": row.refused_at.isoformat(timespec="seconds") if row.refused_at else None,
        "attempts": row.attempts,
        "last_error": row.last_error,
        "host": row.origin.host,
        "fingerprint": row.origin.fingerprint,
        "ours": None if ours is None else is_ours(row.origin, ours),
    }
