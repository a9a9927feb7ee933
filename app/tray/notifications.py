"""Which change deserves a notification: pure rules. None for the ordinary.

A log-off is coming; a job failed; settings are still to be filled in; the robot needs a person (wrong settings, refused
by the Orchestrator); the settings were changed to something wrong, and the old ones stay; the robot waits for its
journal (a full disk, a locked file); somebody has started the robot that runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base.dataclass import dataclass
from app.base.i18n import _
from app.orchestrator.vocabulary import JobStatus
from app.robot.state import RobotState
from app.robot.words import countdown
from app.tray import texts
from app.tray.menu import MAIN, Action

if TYPE_CHECKING:
    from datetime import datetime

    from app.robot.state import Snapshot


@dataclass(frozen=True)
class Notification:
    """Title and text, both within the limits of Windows, and what a click on it does.

    Attributes:
        action: what it is about.
        page: where on the robot's own page it leads, in place of the action.
        while_in: the state that it is about; with the state it goes. None: it stays until it is read.
    """

    title: str
    text: str
    action: Action
    page: str = ""
    while_in: RobotState | None = None


def notification(
    title: str, text: str, action: Action, page: str = "", *, while_in: RobotState | None = None
) -> Notification:
    """A notification whose texts are cut to what Windows takes. An empty text would show nothing at all."""
    return Notification(
        texts.trim(title, texts.TITLE_UNITS),
        texts.trim(text or title, texts.MESSAGE_UNITS),
        action,
        page,
        while_in,
    )


def notifications_for(before: Snapshot | None, after: Snapshot, now: datetime) -> list[Notification]:
    """What to tell a person about the step from `before` (None at the start) to `after`."""
    told = []
    if after.state is RobotState.LEAVING and (before is None or before.state is not RobotState.LEAVING):
        told.append(_leaving(after, now))
    # A job that ended before this program started is history, not news.
    if before is not None and after.last is not None and after.last != before.last:
        told.extend(_job_failed(after))
    if after.state is RobotState.ERROR and (before is None or _error_of(before) != _error_of(after)):
        told.append(_needs_a_person(after))
    if after.settings_problem and (before is None or before.settings_problem != after.settings_problem):
        told.append(notification(_("The changed settings are wrong"), after.settings_problem, Action.SETTINGS))
    if after.journal_problem and (before is None or not before.journal_problem):
        told.append(notification(_("The robot waits for its journal"), after.journal_problem, Action.ROBOT_LOG))
    if before is not None and after.second_starts > before.second_starts:
        told.append(_already_here(after, now))
    return told


def _needs_a_person(snapshot: Snapshot) -> Notification:
    if snapshot.unfilled:
        title = _("The robot is almost ready")
        return notification(title, snapshot.problem, Action.SETTINGS, while_in=RobotState.ERROR)
    action = Action.SETTINGS if snapshot.no_settings else Action.CHECK
    return notification(_("The robot needs your attention"), snapshot.problem, action, while_in=RobotState.ERROR)


def _already_here(snapshot: Snapshot, now: datetime) -> Notification:
    text = _("It is already running, behind this icon. {state}.").format(
        state=texts.status_line(snapshot, now).rstrip(".")
    )
    return notification(_("The robot is here"), text, MAIN)


def _error_of(snapshot: Snapshot) -> str | None:
    return snapshot.problem if snapshot.state is RobotState.ERROR else None


def _leaving(snapshot: Snapshot, now: datetime) -> Notification:
    return notification(
        countdown(snapshot.leaving_at, now),
        _("There are no more jobs. To stay logged on, click here, or choose “Cancel log-off” in the robot's menu."),
        Action.CANCEL_LEAVING,
        while_in=RobotState.LEAVING,
    )


def _job_failed(snapshot: Snapshot) -> list[Notification]:
    last = snapshot.last
    if last is None or last.status is not JobStatus.FAILED:
        return []
    title = _("Job failed: {job}").format(job=texts.job_name(last.name))
    return [notification(title, last.last_line or last.reason, Action.OPEN, f"history/{last.guid}")]
