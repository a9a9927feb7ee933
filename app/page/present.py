"""What the robot does at this moment, in words for the page. Pure, but for a look at `status.json`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from app.base.i18n import _
from app.base.plain_text import printable
from app.history.runs import outcome_of, runs_of
from app.history.texts import duration, shortened
from app.journal.wording import describe_origin, describe_report, describe_state, is_ours
from app.orchestrator.origin import origin_of
from app.robot.state import RobotState
from app.robot.words import connection_word, countdown, elapsed
from app.status.record import PAUSED, WrongRecordError, read_text
from app.status.words import state_word

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from app.base.redaction import Redactor
    from app.gateway.records import Progress
    from app.journal.records import JobRecord, Undelivered
    from app.orchestrator.origin import Origin
    from app.robot.state import ShownJob, Snapshot
    from app.settings.loading import LoadedSettings

MOST_WAITING = 50
LAST_RUNS = 5
_REASON = 160  # characters of it
_KINDS = {
    RobotState.READY: "good",
    RobotState.WORKING: "busy",
    RobotState.STOPPING: "warn",
    RobotState.LEAVING: "warn",
    RobotState.OFFLINE: "warn",
    RobotState.ERROR: "bad",
}


def state_name(snapshot: Snapshot) -> str:
    """The state as `status.json` names it: a pause shows only while nothing else is going on."""
    return PAUSED if snapshot.paused and snapshot.state is RobotState.READY else snapshot.state.value


def since(file: Path, state: str) -> datetime | None:
    """When that state began, as this program has told it to others; None if it hasn't (yet)."""
    try:
        status = read_text(file.read_text("utf-8"))
    except (OSError, ValueError, WrongRecordError):
        return None
    return status.since if status.state == state and status.process.pid == os.getpid() else None


def moment(when: datetime, now: datetime) -> str:
    """`14:03`, with the day if it isn't today's."""
    local = when.astimezone()
    return f"{local:%H:%M}" if local.date() == now.astimezone().date() else f"{local:%d.%m.%Y %H:%M}"


def shown_state(snapshot: Snapshot, began: datetime | None, now: datetime, clean: Redactor) -> dict[str, Any]:
    """State, problem, and what else a person should know: `word`, `kind`, `since`, `problem`, `notes`."""
    name = state_name(snapshot)
    notes = [
        _("It takes no more jobs until somebody resumes it.") if snapshot.paused else "",
        _("It stays logged on until it has worked once more.") if snapshot.stays else "",
        clean(snapshot.settings_problem),
    ]
    word, kind = state_word(name), "quiet" if name == PAUSED else _KINDS[snapshot.state]
    if snapshot.unfilled:
        word, kind = _("Waits for its settings"), "quiet"
    elif snapshot.starting:
        word, kind = _("Starting…"), "quiet"
    return {
        "word": word,
        "kind": kind,
        "since": _("since {moment}").format(moment=moment(began, now)) if began else "",
        "problem": clean(snapshot.problem),
        "notes": [note for note in notes if note],
    }


def shown_connection(snapshot: Snapshot, loaded: LoadedSettings | None, heard: datetime | None) -> str:
    """Whether the Orchestrator answers, which one it is, and when it last did."""
    words = [connection_word(snapshot)]
    if loaded is not None:
        words.append(loaded.settings.host)
    if heard is not None:
        words.append(_("last answer {moment}").format(moment=f"{heard.astimezone():%H:%M:%S}"))
    return " · ".join(words)


def shown_job(job: ShownJob, now: datetime, clean: Redactor) -> dict[str, Any]:
    """The running job: `guid`, `name`, `started`, `elapsed`, `task`, `progress`, `result`."""
    task = job.task_name
    if job.task_number:
        number = _("No. {number}").format(number=job.task_number)
        task = f"{task} ({number})" if task else number
    return {
        "guid": job.guid,
        "name": clean(printable(job.name)),
        "started": moment(job.started_at, now),
        "elapsed": elapsed(job.started_at, now),
        "task": clean(task),
        "progress": _progress(job.progress) if job.progress else None,
        "result": clean(printable(job.result)),
    }


def _progress(progress: Progress) -> dict[str, Any]:
    share = None
    if progress.total:
        share = min(1.0, max(0.0, progress.done / progress.total))
    return {"numbers": progress.numbers, "share": share, "text": printable(progress.text)}


def shown_leaving(snapshot: Snapshot, now: datetime) -> str:
    """How long until the log-off; empty if nobody leaves."""
    if snapshot.state is not RobotState.LEAVING:
        return ""
    return countdown(snapshot.leaving_at, now)


def possible(snapshot: Snapshot) -> dict[str, bool]:
    """What can be asked now, as the tray's menu has it."""
    return {
        "stop": snapshot.job is not None and snapshot.state is not RobotState.STOPPING,
        "force": snapshot.job is not None,
        "paused": snapshot.paused,
    }


def shown_waiting(
    rows: Sequence[Undelivered], loaded: LoadedSettings | None, now: datetime, clean: Redactor
) -> dict[str, Any]:
    """What the Orchestrator has not taken: `rows`, and how `many` more there are."""
    ours = origin_of(loaded.settings.host, loaded.settings.guid) if loaded else None
    return {
        "rows": [_waits(row, ours, now, clean) for row in rows[:MOST_WAITING]],
        "more": max(0, len(rows) - MOST_WAITING),
    }


def _waits(row: Undelivered, ours: Origin | None, now: datetime, clean: Redactor) -> dict[str, Any]:
    return {
        "guid": row.job_guid,
        "job": clean(printable(row.job_name)),
        "what": describe_report(row),
        "state": describe_state(row),
        "kind": "bad" if row.dead else "warn" if row.refused_at or row.attempts else "quiet",
        "since": moment(row.created_at, now),
        "why": clean(printable(row.last_error)) or _("not tried yet"),
        "owner": "" if is_ours(row.origin, ours) else describe_origin(row.origin, ours),
    }


def shown_runs(records: Sequence[JobRecord], running: str, now: datetime, clean: Redactor) -> list[dict[str, Any]]:
    """The last runs, newest first, without the one that is `running`."""
    runs = [run for run in runs_of(records, None) if run.record.guid != running]
    return [
        {
            "guid": run.record.guid,
            "name": clean(printable(run.record.name)),
            "outcome": run.outcome.value,
            "label": outcome_of(run.record.status).label,
            "started": moment(run.start, now),
            "duration": duration(run.length),
            "reason": clean(shortened(printable(run.record.last_line or run.record.reason), _REASON)),
        }
        for run in runs[:LAST_RUNS]
    ]
