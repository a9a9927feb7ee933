"""Reports that were not taken yet, in words for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.base.i18n import N_, _
from app.journal.records import OutboxRow
from app.orchestrator.vocabulary import JobStatus

if TYPE_CHECKING:
    from app.journal.records import Undelivered
    from app.orchestrator.origin import Origin

FINGERPRINT_DIGITS: Final = 6  # enough to tell a person's robots apart
_STATUSES: Final = {
    JobStatus.ABORTED: N_("Aborted"),
    JobStatus.SUCCESS: N_("Success"),
    JobStatus.FAILED: N_("Failed"),
    JobStatus.STOPPED: N_("Stopped"),
    JobStatus.IN_PROGRESS: N_("In progress"),
}


def is_ours(origin: Origin, ours: Origin | None) -> bool:
    """Whether a report is for the Orchestrator and the robot of the settings; what has no origin yet will be."""
    return origin == ours or not origin.host


def describe_origin(origin: Origin, ours: Origin | None) -> str:
    """Whose a report is; `ours` is the origin by the present settings, None if they don't say."""
    if is_ours(origin, ours):
        return _("this robot")
    digits = origin.fingerprint[:FINGERPRINT_DIGITS]
    if ours is None:
        return _("{host}, robot {digits}").format(host=origin.host, digits=digits)
    if origin.host == ours.host:
        return _("another robot at {host} ({digits})").format(host=origin.host, digits=digits)
    return _("another Orchestrator: {host}, robot {digits}").format(host=origin.host, digits=digits)


def describe_state(row: Undelivered) -> str:
    """What becomes of a report."""
    if row.dead:
        return _("refused, not sent any more")
    if row.confirming:
        return _("taken, is confirmed once more")
    if row.refused_at:
        return _("refused, is tried again")
    return _("waits")


def describe_report(row: Undelivered) -> str:
    """What is told, in a word or two: a job's status, or the call that its script asked for."""
    return describe_status(row.status) if isinstance(row, OutboxRow) else row.path.removeprefix("/api/")


def describe_status(status: JobStatus) -> str:
    """What is reported, in a word or two."""
    known = _STATUSES.get(status)
    return _(known) if known else status.name
