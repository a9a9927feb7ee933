"""Which change deserves a notification: pure rules. None for the ordinary.

A log-off is coming; a job failed; the robot needs a person (wrong settings, refused by the Orchestrator); the settings
were changed to something wrong, and the old ones stay; the robot waits for its journal (a full disk, a locked file).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.base.i18n import _, ngettext
from app.orchestrator.vocabulary import JobStatus
from app.robot.state import RobotState
from app.tray import texts

if TYPE_CHECKING:
    from datetime import datetime

    from app.robot.state import Snapshot


@dataclass(frozen=True)
class Notification:
    """Title and text, both within the limits of Windows."""

    title: str
    text: str


def notification(title: str, text: str) -> Notification:
    """A notification whose texts are cut to what Windows takes. An empty text would show nothing at all."""
    return Notification(texts.trim(title, texts.TITLE_UNITS), texts.trim(text or title, texts.MESSAGE_UNITS))


def notifications_for(before: Snapshot | None, after: Snapshot, now: datetime) -> list[Notification]:
    """What to tell a person about the step from `before` (None at the start) to `after`."""
    told = []
    if after.state is RobotState.LEAVING and (before is None or before.state is not RobotState.LEAVING):
        told.append(_leaving(after, now))
    # A job that ended before this program started is history, not news.
    if before is not None and after.last is not None and after.last != before.last:
        told.extend(_job_failed(after))
    if after.state is RobotState.ERROR and (before is None or _error_of(before) != _error_of(after)):
        told.append(notification(_("The robot needs your attention"), after.problem))
    if after.settings_problem and (before is None or before.settings_problem != after.settings_problem):
        told.append(notification(_("The changed settings are wrong"), after.settings_problem))
    if after.journal_problem and (before is None or not before.journal_problem):
        told.append(notification(_("The robot waits for its journal"), after.journal_problem))
    return told


def _error_of(snapshot: Snapshot) -> str | None:
    return snapshot.problem if snapshot.state is RobotState.ERROR else None


def _leaving(snapshot: Snapshot, now: datetime) -> Notification:
    left = texts.seconds_left(snapshot.leaving_at, now)
    return notification(
        ngettext("Log-off in {n} second", "Log-off in {n} seconds", left).format(n=left),
        _("There are no more jobs. To stay logged on, choose “Cancel log-off” in the robot's menu."),
    )


def _job_failed(snapshot: Snapshot) -> list[Notification]:
    last = snapshot.last
    if last is None or last.status is not JobStatus.FAILED:
        return []
    title = _("Job failed: {job}").format(job=texts.job_name(last.name))
    return [notification(title, last.last_line or last.reason)]
