"""The embedded Orchestrator's state and rules; no HTTP.

    queue_job ──▶ Pending(1), on offer ──consume──▶ Pending, with a robot ──report 8──▶ In progress(8) ──▶ final
                     ▲                                    │                                   │
                     └── Ready again, nothing reported ───┘          stop_job ▶ Stopping(6), abort_job ▶ Aborting(2)

A robot whose consume answer was lost says Ready again: the job is offered once more. One that reported 8 and then says
Ready has lost its job: it is Failed, unless the robot's own report says something better later. A job whose robot isn't
heard for 30 s is Unknown (`SandboxJob.silent`) until it is heard again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from app.base.i18n import _
from app.orchestrator.vocabulary import (
    FINAL_STATUSES,
    ConsumeCode,
    HeartbeatCode,
    JobStatus,
    NewJob,
    RobotStatus,
)
from app.sandbox.dialect import Dialect
from app.sandbox.faults import Faults
from app.sandbox.job_book import JobBook, SandboxError
from app.sandbox.job_task import task_of
from app.sandbox.records import LogMessage, RecordedRequest, SandboxRobot
from app.sandbox.stores import AssetStore, FileStore
from app.sandbox.tasks import TaskStore
from app.sandbox.watched import Watched

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.sandbox.records import SandboxJob
    from app.sandbox.stored import Asset, QueueTask

__all__ = ["Heartbeat", "Sandbox", "SandboxError"]

REQUESTS_KEPT: Final = 10_000
LOG_MESSAGES_KEPT: Final = 1_000
SHORTEST_HEARTBEAT: Final = timedelta(seconds=0.9)  # one second, less what timers and networks jitter

_ANSWER_TO_STATUS: Final = {
    JobStatus.ABORTING: HeartbeatCode.JOB_ABORTING,
    JobStatus.STOPPING: HeartbeatCode.JOB_STOPPING,
}


@dataclass(frozen=True)
class Heartbeat:
    """The parameters of a heartbeat that matter to the rules."""

    robot_guid: str
    status: RobotStatus
    job_guid: str = ""
    job_name: str = ""
    machine: str = ""
    ip: str = ""
    mac: str = ""


def _now() -> datetime:
    return datetime.now(UTC)


class Sandbox(Watched):
    """The embedded Orchestrator. Every method may be called from any thread.

    Attributes:
        robots: the known robots by their GUID in small letters.
        jobs: every job, in the order queued.
        requests: the newest requests, oldest first.
        violations: what no robot may do: a status after a final one, a heartbeat for another robot's job.
        faults: the faults that are switched on.
        book: the jobs once more, with the scripts that were named.
        dialect: how the replies to scripts name their keys.
        strict: the specification's three calls are read by its letter; else also as the vendor's API page has them.
    """

    def __init__(self, clock: Callable[[], datetime] = _now) -> None:
        super().__init__()
        self.clock = clock
        self.started_at = clock()
        self.robots: dict[str, SandboxRobot] = {}
        self.book = JobBook(clock, lambda job: self.tasks.job_ended(job.guid))
        self.jobs = self.book.all
        self.requests: deque[RecordedRequest] = deque(maxlen=REQUESTS_KEPT)
        self.violations: list[str] = []
        self.faults = Faults(self.touch)
        self.tasks = TaskStore(self.changed, clock)
        self.assets = AssetStore(self.changed)
        self.files = FileStore(self.changed, clock)
        self.dialect = Dialect.SNAKE
        self.strict = True
        self._request_count = 0

    # What a person or a test does

    def add_robot(self, guid: str, name: str = "") -> None:
        """Make a robot known; every other GUID is answered 101."""
        with self.changed:
            known = self.robots.setdefault(guid.lower(), SandboxRobot(guid, len(self.robots) + 1))
            known.name = name
            self.touch()

    def queue_job(
        self,
        name: str,
        *,
        task: dict[str, Any] | None = None,
        robot_guid: str | None = None,
        guid: str | None = None,
        **more: Any,
    ) -> SandboxJob:
        """Queue a job.

        Args:
            name: the script's name (`ProcessVersion.Name`).
            task: fields of its Task, such as `{"name": "17", "parameters": {"number": 17}}`; the others are made up.
            robot_guid: the only robot that may have it; None = any.
            guid: the job's GUID; None = a new one.
            more: other fields of SandboxJob: `priority`, `stop_after`, `abort_after`.
        """
        with self.changed:
            job = self.book.add(name, guid, task=task, robot_guid=robot_guid, **more)
            task_of(self.tasks, job, self.clock())
            self.touch()
            return job

    def stop_job(self, guid: str) -> None:
        """Ask for a soft stop (code 20). A job that no robot holds is Stopped at once. Raises SandboxError."""
        self._end_job(guid, JobStatus.STOPPING)

    def abort_job(self, guid: str) -> None:
        """Ask for a hard stop (code 10). A job that no robot holds is Aborted at once. Raises SandboxError."""
        self._end_job(guid, JobStatus.ABORTING)

    def add_asset(self, name: str, text: str = "", password: str = "", type_: int = 2, **more: str) -> Asset:
        """Add an asset that scripts can read, or replace the one of that name; `more`: `description`, `guid`."""
        asset = self.assets.add(name, text, password, type_, **more)
        self.touch()
        return asset

    def add_task(self, queue: str, name: str, parameters: str = "{}") -> QueueTask:
        """Put a New task into a queue that scripts read from; `parameters` is JSON text. Raises TaskExistsError."""
        task = self.tasks.create(queue, name, parameters, self.clock())
        self.touch()
        return task

    def job(self, guid: str) -> SandboxJob | None:
        """The job of that GUID, however its letters are written."""
        with self.changed:
            return self.book.find(guid)

    def tick(self) -> None:
        """Let what time itself changes happen: called before every answer."""
        with self.changed:
            changed = self.book.tick(self.robots)
            if self.tasks.tick() or changed:
                self.touch()

    # What robots do

    def knows(self, robot_guid: str) -> bool:
        """Whether this robot was added."""
        with self.changed:
            return robot_guid.lower() in self.robots

    def heartbeat(self, beat: Heartbeat, complain: Callable[[str], None]) -> tuple[HeartbeatCode, NewJob]:
        """Steps 1, 3 and 5 of the specification."""
        with self.changed:
            robot = self.robots.get(beat.robot_guid.lower())
            if robot is None:
                complain(_("This robot is not known here."))
                return HeartbeatCode.ROBOT_NOT_FOUND, NewJob.NO_JOB
            now = self.clock()
            code = HeartbeatCode.NO_ERROR
            if beat.status is RobotStatus.WORKING:
                code = self._working(robot, beat, now, complain)
            elif beat.status is RobotStatus.READY:
                robot.working_heartbeat_at = None
                self.book.robot_is_ready(robot, complain)
            robot.status, robot.seen_at, robot.job_guid = str(int(beat.status)), now, beat.job_guid
            robot.machine, robot.ip, robot.mac = beat.machine, beat.ip, beat.mac
            self.book.tick(self.robots)  # it is heard again
            self.touch()
            return code, NewJob.JOB_FOUND if self.book.next_for(robot) else NewJob.NO_JOB

    def consume(self, robot_guid: str, complain: Callable[[str], None]) -> tuple[ConsumeCode, SandboxJob | None]:
        """Step 2 of the specification: hand the job on offer that is next to the robot."""
        with self.changed:
            robot = self.robots.get(robot_guid.lower())
            if robot is None:
                complain(_("This robot is not known here."))
                return ConsumeCode.ROBOT_NOT_FOUND, None
            robot.seen_at = self.clock()
            job = self.book.next_for(robot)
            if job is None:
                complain(_("There was no job to consume: ask with a heartbeat first."))
                return ConsumeCode.NO_JOB_FOUND, None
            job.on_offer = False
            job.consumed_by = robot.guid
            job.consumed_at = self.clock()
            job.times_consumed += 1
            task = task_of(self.tasks, job, self.clock())
            if task is not None:
                task.job_guid = job.guid
            self.touch()
            return ConsumeCode.NO_ERROR, job

    def report(self, job: SandboxJob, status: JobStatus, complain: Callable[[str], None]) -> None:
        """The second step 2 and step 4 of the specification: a robot says how its job is."""
        with self.changed:
            if job.reported[-1:] == [status]:
                # Nothing wrong if the answer to the first report was lost; then a robot has to say it again.
                job.repeats += 1
                complain(_("The job's status was {status} already.").format(status=int(status)))
            elif job.final_reports:
                self._violation(
                    _("Job {name}: status {status} was reported after the final status {final}.").format(
                        name=job.name, status=int(status), final=int(job.final_reports[0])
                    ),
                    complain,
                )
                job.history.append((self.clock(), status))
            elif status in {JobStatus.STOPPING, JobStatus.ABORTING}:
                complain(_("The Orchestrator sets the statuses 2 and 6 by itself; a robot doesn't report them."))
            else:
                if status in FINAL_STATUSES and not job.history:
                    complain(_("A final status was reported, but never 8 In progress."))
                job.history.append((self.clock(), status))
                job.on_offer = False
                if status in FINAL_STATUSES:
                    self.book.finish(job, status)
                elif job.status is JobStatus.PENDING:
                    job.status = status
            robot = self.robots.get((job.consumed_by or "").lower())
            if robot is not None:
                robot.seen_at = self.clock()
            self.touch()

    def add_log(self, job: SandboxJob, level: str, message: str) -> None:
        """A message of `/api/log/create` for a job; the oldest are dropped."""
        with self.changed:
            job.log.append(LogMessage(self.clock(), level, message))
            del job.log[:-LOG_MESSAGES_KEPT]
            self.touch()

    def record(self, request: RecordedRequest) -> None:
        """Remember a request; it gets its number and time here."""
        with self.changed:
            self._request_count += 1
            self.requests.append(replace(request, number=self._request_count, time=self.clock()))
            self.touch()

    # The rules' parts; the lock is held

    def _working(
        self, robot: SandboxRobot, beat: Heartbeat, now: datetime, complain: Callable[[str], None]
    ) -> HeartbeatCode:
        last, robot.working_heartbeat_at = robot.working_heartbeat_at, now
        same_job = robot.job_guid == beat.job_guid
        if same_job and last is not None and timedelta(0) <= now - last < SHORTEST_HEARTBEAT:
            complain(_("Two heartbeats within one second; one every 10 seconds is advised."))
        job = self.job(beat.job_guid)
        if job is None or job.consumed_by != robot.guid:
            self._violation(_("A heartbeat Working names a job that this robot doesn't have."), complain)
            return HeartbeatCode.NO_ERROR
        if beat.job_name != job.name:
            complain(_("JobName is not the name of this job, {name}.").format(name=job.name))
        if job.is_final:
            complain(_("A heartbeat Working names a job that is finished."))
        return _ANSWER_TO_STATUS.get(job.status, HeartbeatCode.NO_ERROR)

    def _end_job(self, guid: str, asked: JobStatus) -> None:
        with self.changed:
            self.book.end(guid, asked)
            self.touch()

    def _violation(self, text: str, complain: Callable[[str], None]) -> None:
        self.violations.append(text)
        complain(text)
