"""What stands in the Windows Event Log: every event with its number, and when it is told.

Numbers are documented (`docs/admin.md`) and stay: administrators filter by them. A new event gets a new number; one
that goes leaves its number unused. In a text `{name}` stands for a fact; Windows calls them %1, %2 … in their order.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from app.base.dataclass import dataclass
from app.base.i18n import N_
from app.orchestrator.vocabulary import JobStatus
from app.robot.state import RobotState

if TYPE_CHECKING:
    from app.robot.state import LastOutcome, Snapshot


class Severity(Enum):
    """As Windows counts them (EVENTLOG_…_TYPE of ReportEvent)."""

    ERROR = 1
    WARNING = 2
    INFORMATION = 4


@dataclass(frozen=True)
class Event:
    """A kind of event.

    Attributes:
        text: English, marked for the catalog.
    """

    number: int
    severity: Severity
    text: str

    @property
    def facts(self) -> tuple[str, ...]:
        """The names of its facts, in the order of %1 and %2."""
        return tuple(re.findall(r"{(\w+)}", self.text))


STARTED: Final = Event(1, Severity.INFORMATION, N_("The robot {version} works for {orchestrator} as {user}."))
ENDED: Final = Event(2, Severity.INFORMATION, N_("The robot has ended."))
BROKEN: Final = Event(3, Severity.ERROR, N_("The robot has ended with exit code {code}: {problem}"))
JOB_BEGUN: Final = Event(10, Severity.INFORMATION, N_("The job {job} has begun ({guid})."))
JOB_SUCCEEDED: Final = Event(11, Severity.INFORMATION, N_("The job {job} has succeeded ({guid})."))
JOB_FAILED: Final = Event(12, Severity.ERROR, N_("The job {job} has failed ({guid}): {reason}"))
JOB_STOPPED: Final = Event(13, Severity.WARNING, N_("The job {job} was stopped ({guid}): {reason}"))
JOB_ABORTED: Final = Event(14, Severity.WARNING, N_("The job {job} was aborted ({guid}): {reason}"))
OFFLINE: Final = Event(20, Severity.WARNING, N_("The Orchestrator can't be reached. {problem}"))
ONLINE: Final = Event(21, Severity.INFORMATION, N_("The Orchestrator answers again."))
NEEDS_A_PERSON: Final = Event(30, Severity.ERROR, N_("The robot needs a person: {problem}"))
MENDED: Final = Event(31, Severity.INFORMATION, N_("The robot no longer needs a person."))
WRONG_SETTINGS: Final = Event(32, Severity.WARNING, N_("Changed settings are wrong, the old ones stay: {problem}"))
PAUSED: Final = Event(40, Severity.INFORMATION, N_("A person has paused the robot."))
RESUMED: Final = Event(41, Severity.INFORMATION, N_("The robot takes jobs again."))
LEAVING: Final = Event(50, Severity.INFORMATION, N_("There is no more work: the log-off is being counted down."))

EVENTS: Final = (
    *(STARTED, ENDED, BROKEN),
    *(JOB_BEGUN, JOB_SUCCEEDED, JOB_FAILED, JOB_STOPPED, JOB_ABORTED),
    *(OFFLINE, ONLINE, NEEDS_A_PERSON, MENDED, WRONG_SETTINGS),
    *(PAUSED, RESUMED, LEAVING),
)
_OF_OUTCOME: Final = {
    JobStatus.SUCCESS: JOB_SUCCEEDED,
    JobStatus.FAILED: JOB_FAILED,
    JobStatus.STOPPED: JOB_STOPPED,
    JobStatus.ABORTED: JOB_ABORTED,
}
Told = tuple[Event, dict[str, Any]]


def events_between(before: Snapshot, after: Snapshot) -> list[Told]:
    """What has happened from one snapshot to the next, with the facts of each event."""
    told: list[Told] = []
    if after.job and (before.job is None or before.job.guid != after.job.guid):
        told.append((JOB_BEGUN, {"job": after.job.name, "guid": after.job.guid}))
    if after.last and after.last != before.last:
        told += _outcome(after.last)
    if after.connected is False and before.connected is not False and after.state is not RobotState.ERROR:
        told.append((OFFLINE, {"problem": after.problem}))
    elif after.connected and before.connected is False:
        told.append((ONLINE, {}))
    needed = RobotState.ERROR in {before.state, after.state}
    if after.state is RobotState.ERROR and (before.state, before.problem) != (after.state, after.problem):
        told.append((NEEDS_A_PERSON, {"problem": after.problem}))
    elif needed and after.state is not RobotState.ERROR:
        told.append((MENDED, {}))
    if after.settings_problem and after.settings_problem != before.settings_problem:
        told.append((WRONG_SETTINGS, {"problem": after.settings_problem}))
    if after.paused != before.paused:
        told.append((PAUSED if after.paused else RESUMED, {}))
    if after.state is RobotState.LEAVING and before.state is not RobotState.LEAVING:
        told.append((LEAVING, {}))
    return told


def _outcome(last: LastOutcome) -> list[Told]:
    event = _OF_OUTCOME.get(last.status)
    return [(event, {"job": last.name, "guid": last.guid, "reason": last.reason})] if event else []


def message_texts(translate: Any) -> dict[int, str]:
    """The text of each event as Windows' message files have it, in the language of `translate` (`_`)."""
    texts = {}
    for event in EVENTS:
        text = translate(event.text).replace("%", "%%")
        for place, name in enumerate(event.facts, 1):
            text = text.replace(f"{{{name}}}", f"%{place}")
        texts[event.number] = text
    return texts
