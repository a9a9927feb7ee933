"""Statuses in people's words: for the sandbox's page, and the demo's table."""

from __future__ import annotations

from app.base.i18n import _
from app.orchestrator.vocabulary import JobStatus, RobotStatus


def of_jobs() -> dict[JobStatus, str]:
    """What a job may be."""
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
    }


def of_robots() -> dict[RobotStatus, str]:
    """What a robot may say of itself."""
    return {
        RobotStatus.DISCONNECTED: _("Disconnected"),
        RobotStatus.UNLICENSED: _("Unlicensed"),
        RobotStatus.READY: _("Ready"),
        RobotStatus.WORKING: _("Working"),
    }


def of_tasks() -> dict[int, str]:
    """What a task of a queue may be."""
    return {
        0: _("New"),
        1: _("In progress"),
        2: _("Success"),
        3: _("Failed (application)"),
        4: _("Failed (business)"),
        5: _("Postponed"),
        6: _("Abandoned"),
    }


def of_priorities() -> dict[int, str]:
    """How urgent a task of a queue may be."""
    return {0: _("Low"), 1: _("Normal"), 2: _("High"), 3: _("Deadline")}


def of_assets() -> dict[int, str]:
    """What an asset may be."""
    return {1: _("Credentials"), 2: _("Text"), 3: _("Calendar")}
