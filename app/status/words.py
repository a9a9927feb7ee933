"""A record in words for people: what `robot status` says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base.i18n import _, ngettext, plain_number
from app.base.plain_text import printable
from app.orchestrator.vocabulary import JobStatus
from app.status.file import Condition

if TYPE_CHECKING:
    from datetime import datetime

    from app.status.file import Found
    from app.status.record import Status, StatusProgress


def state_word(state: str) -> str:
    """A state in a word; one that this version doesn't know as it stands there."""
    return {
        "ready": _("Ready"),
        "working": _("Working"),
        "stopping": _("Stopping"),
        "offline": _("Offline"),
        "error": _("Error"),
        "leaving": _("Log-off"),
        "paused": _("Paused"),
        "ended": _("Ended"),
    }.get(state, printable(state))


def outcome_word(status: int) -> str:
    """How a job ended, in a word; an unknown number as it is."""
    return {
        JobStatus.SUCCESS: _("Success"),
        JobStatus.FAILED: _("Failed"),
        JobStatus.STOPPED: _("Stopped"),
        JobStatus.ABORTED: _("Aborted"),
    }.get(JobStatus(status) if status in set(JobStatus) else JobStatus.PENDING, str(status))


def describe(found: Found, now: datetime) -> str:
    """All that a person wants to know, a line each; `now` is aware, the reader's zone is the system's."""
    status = found.status
    if status is None:
        return _("No robot runs, and none has run with this data folder.")
    if found.condition is Condition.ENDED:
        lines = [_("No robot runs. The last one ended {moment}.").format(moment=_moment(status.since, now))]
        if status.problem:
            lines.append(printable(status.problem))
        return "\n".join([*lines, *_last(status, now), *_waiting(status)])
    if found.condition is Condition.DEAD:
        lines = [
            _("No robot runs. The last one (process {pid}) ended without a word; it was last seen {moment}:").format(
                pid=status.process.pid, moment=_moment(status.written, now)
            )
        ]
    else:
        lines = []
    return "\n".join([*lines, *_doing(status, now), *_last(status, now), *_waiting(status)])


def _progress(progress: StatusProgress) -> str:
    done = plain_number(progress.done)
    numbers = done if progress.total is None else f"{done} / {plain_number(progress.total)}"
    return f"{numbers}  {printable(progress.text)}".rstrip()


def _doing(status: Status, now: datetime) -> list[str]:
    first = _("{state} since {moment}").format(state=state_word(status.state), moment=_moment(status.since, now))
    lines = [f"{first}: {printable(status.problem)}" if status.problem else first]
    if status.job:
        lines.append(
            _("Job: {job}, begun {moment}").format(
                job=printable(status.job.name), moment=_moment(status.job.started, now)
            )
        )
        if status.job.progress:
            lines.append(_("Progress: {progress}").format(progress=_progress(status.job.progress)))
    if status.leaving_at:
        lines.append(_("Log-off: {moment}").format(moment=_moment(status.leaving_at, now)))
    if status.orchestrator:  # known as soon as the settings are right
        heard = _moment(status.heard, now) if status.heard else _("not yet")
        lines.append(_("{host} answered: {moment}").format(host=printable(status.orchestrator), moment=heard))
    if status.policies:
        lines.append(_("Set by group policy: {keys}").format(keys=printable(", ".join(status.policies))))
    if status.settings_problem:
        lines.append(printable(status.settings_problem))
    return lines


def _last(status: Status, now: datetime) -> list[str]:
    if status.last is None:
        return []
    text = _("Last job: {job}, {outcome}, {moment}").format(
        job=printable(status.last.name),
        outcome=outcome_word(status.last.status),
        moment=_moment(status.last.ended, now),
    )
    return [text if status.last.status == JobStatus.SUCCESS else f"{text}: {printable(status.last.reason)}"]


def _waiting(status: Status) -> list[str]:
    lines = []
    if status.waiting:
        lines.append(
            ngettext("{count} report waits for delivery.", "{count} reports wait for delivery.", status.waiting).format(
                count=status.waiting
            )
        )
    if status.strangers:
        lines.append(
            ngettext(
                "{n} report of another Orchestrator waits", "{n} reports of another Orchestrator wait", status.strangers
            ).format(n=status.strangers)
        )
    return lines


def _moment(moment: datetime, now: datetime) -> str:
    """The clock's time; the day as well if it isn't today."""
    local = moment.astimezone()
    return f"{local:%H:%M:%S}" if local.date() == now.astimezone().date() else f"{local:%Y-%m-%d %H:%M:%S}"
