"""Words for people that more than one face of the robot uses."""

from __future__ import annotations

from app.base.i18n import _
from app.orchestrator.vocabulary import JobStatus


def status_name(status: JobStatus) -> str:
    """A job status in the user's language."""
    return {
        JobStatus.CREATED: _("Created"),
        JobStatus.PENDING: _("Pending"),
        JobStatus.ABORTING: _("Aborting"),
        JobStatus.ABORTED: _("Aborted"),
        JobStatus.SUCCESS: _("Success"),
        JobStatus.FAILED: _("Failed"),
        JobStatus.STOPPING: _("Stopping"),
        JobStatus.STOPPED: _("Stopped"),
        JobStatus.IN_PROGRESS: _("In progress"),
    }[status]
