"""The jobs of the sandbox, and what becomes of one by itself. The sandbox's lock is held during every call."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from app.base.errors import RobotError
from app.base.i18n import _
from app.orchestrator.vocabulary import JobStatus
from app.sandbox.records import SandboxJob, Script

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from app.sandbox.records import SandboxRobot

SILENCE: Final = timedelta(seconds=30)  # then nobody knows how the job of a robot is: Unknown
LONGEST_JOB: Final = timedelta(hours=24)  # the real one's `cron_job_failed_interval`
_UNFORTUNATE: Final = frozenset({JobStatus.FAILED, JobStatus.STOPPED, JobStatus.ABORTED})
_REACHED: Final = {JobStatus.STOPPING: JobStatus.STOPPED, JobStatus.ABORTING: JobStatus.ABORTED}


class SandboxError(RobotError):
    """The sandbox was asked for something that can't be, such as stopping a finished job."""


class JobBook:
    """Every job, and the scripts that were named.

    Args:
        clock: the sandbox's.
        ended_badly: called for each job that failed, was stopped or aborted.

    Attributes:
        all: every job, in the order queued.
        scripts: what the Orchestrator calls process versions, by name.
    """

    def __init__(self, clock: Callable[[], datetime], ended_badly: Callable[[SandboxJob], Any]) -> None:
        self._clock = clock
        self._ended_badly = ended_badly
        self.all: list[SandboxJob] = []
        self.scripts: dict[str, Script] = {}
        self._by_guid: dict[str, SandboxJob] = {}
        self._open: list[SandboxJob] = []  # those without a final status; some that got one may still be in it

    def script(self, name: str) -> Script:
        """The script of that name; its process version's GUID follows from the name."""
        if name not in self.scripts:
            guid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"sandbox:{name}"))
            self.scripts[name] = Script(len(self.scripts) + 1, guid, name, self._clock())
        return self.scripts[name]

    def find_script(self, key: str) -> Script | None:
        """The script whose process version has that GUID or name."""
        return next((one for one in self.scripts.values() if key.lower() in (one.guid, one.name.lower())), None)

    def add(self, name: str, guid: str | None, **fields: Any) -> SandboxJob:
        """Queue a job; `fields` are those of SandboxJob."""
        job = SandboxJob(
            guid=guid or str(uuid.uuid4()),
            name=name,
            process_version_guid=self.script(name).guid,
            queued_at=fields.pop("queued_at", None) or self._clock(),
            number=len(self.all) + 1,
            **fields,
        )
        self.all.append(job)
        self._open.append(job)
        self._by_guid[job.guid.lower()] = job
        return job

    def find(self, guid: str) -> SandboxJob | None:
        """The job of that GUID, however its letters are written."""
        return self._by_guid.get(guid.lower())

    def next_for(self, robot: SandboxRobot) -> SandboxJob | None:
        """What this robot would be handed now: by priority, then by age."""
        offered = (job for job in self._open if job.on_offer and _is_for(job, robot))
        return min(offered, key=lambda job: (-job.priority, job.number), default=None)

    def robot_is_ready(self, robot: SandboxRobot, complain: Callable[[str], None]) -> None:
        """A robot says Ready: what it was handed and never began is offered again; what it began is lost."""
        self._open = [job for job in self._open if not job.is_final]
        for job in self._open:
            if job.consumed_by != robot.guid or job.on_offer:
                continue
            if job.history:
                complain(
                    _("The robot is Ready, but its job {name} is unfinished; it counts as lost.").format(name=job.name)
                )
                self.finish(job, _REACHED.get(job.status, JobStatus.FAILED))
            elif job.status is JobStatus.PENDING:
                job.on_offer = True
            else:  # it never began, so what was asked for is reached
                self.finish(job, _REACHED[job.status])

    def end(self, guid: str, asked: JobStatus) -> None:
        """Stopping or Aborting is asked for; a job that no robot holds reaches it at once. Raises SandboxError."""
        job = self.find(guid)
        if job is None:
            raise SandboxError(_("There is no job {guid}.").format(guid=guid[:50]))
        if job.is_final:
            raise SandboxError(_("The job {name} is finished already.").format(name=job.name))
        if job.status is JobStatus.ABORTING and asked is JobStatus.STOPPING:
            raise SandboxError(_("The job {name} is being aborted already.").format(name=job.name))
        if job.on_offer:
            self.finish(job, _REACHED[asked])
        else:
            job.status = asked

    def finish(self, job: SandboxJob, status: JobStatus) -> None:
        """Give the job that final status."""
        job.status, job.on_offer, job.silent = status, False, False
        if status in _UNFORTUNATE:
            self._ended_badly(job)

    def tick(self, robots: Mapping[str, SandboxRobot]) -> bool:
        """What time itself changes: stops and aborts that were set, silence, jobs of a day. Whether any did."""
        now = self._clock()
        self._open = [job for job in self._open if not job.is_final]
        changes = [self._tick(job, now, robots.get((job.consumed_by or "").lower())) for job in self._open]
        return any(changes)

    def _tick(self, job: SandboxJob, now: datetime, robot: SandboxRobot | None) -> bool:
        before = (job.status, job.silent)
        if job.abort_after is not None and job.abort_after <= now and job.status is not JobStatus.ABORTING:
            self.end(job.guid, JobStatus.ABORTING)
        elif job.stop_after is not None and job.stop_after <= now and job.status not in _REACHED:
            self.end(job.guid, JobStatus.STOPPING)
        if job.consumed_at is not None and now - job.consumed_at >= LONGEST_JOB and not job.is_final:
            self.finish(job, JobStatus.FAILED)
        heard = robot.seen_at if robot else None
        job.silent = not job.is_final and not job.on_offer and heard is not None and now - heard >= SILENCE
        return before != (job.status, job.silent)


def _is_for(job: SandboxJob, robot: SandboxRobot) -> bool:
    return job.robot_guid is None or job.robot_guid.lower() == robot.guid.lower()
