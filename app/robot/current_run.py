"""The job that runs now, as the loop, its heartbeats, a person and Windows share it: any of them may want its end.

The strongest wish counts, whoever had it first; the first outcome that is written down counts, whoever wrote it.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from app.base.dataclass import dataclass
from app.jobs.outcome import Asked, Ending, final_status
from app.journal.errors import JournalError
from app.orchestrator.vocabulary import JobStatus
from app.robot.state import RobotState, ShownJob
from app.robot.task_fields import task_field

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from app.base.clock import Clock
    from app.jobs.starting import StartedJob
    from app.journal.journal import Journal
    from app.orchestrator.vocabulary import JobOrder
    from app.robot.state import StateBoard

log = logging.getLogger("robot.loop")
_REMEMBERED: Final = 100  # outcomes, for an Orchestrator that hands a job out again while the journal can't be read
_LOOK_SECONDS: Final = 3.0  # for a journal that was busy for a minute already, and may be read all the same


@dataclass(frozen=True)
class Run:
    """One job on its way through steps 2 to 4."""

    order: JobOrder
    started_at: datetime
    log_file: Path
    mark: str


class CurrentRun:
    """At most one run at a time. Every method returns at once and may be called from any thread."""

    def __init__(self, journal: Journal, board: StateBoard, clock: Clock) -> None:
        self._journal = journal
        self._board = board
        self._clock = clock
        self._lock = threading.RLock()
        self._quitting = False
        self._order: JobOrder | None = None
        self._running: StartedJob | None = None
        self._asked = Asked.NOTHING
        self._outcomes: OrderedDict[str, JobStatus] = OrderedDict()  # the newest, by the job's GUID in lower case

    def take(self, order: JobOrder) -> None:
        """From now on wishes are about this job, also while the journal has to wait for its file."""
        with self._lock:
            self._order, self._asked = order, Asked.QUIT if self._quitting else Asked.NOTHING

    def begin(self, run: Run) -> None:
        """The job that was taken is written down, and shown as Working."""
        with self._lock:
            # Under the lock, so that a Stop in the same moment is shown after it and not overwritten.
            job = ShownJob(
                run.order.guid,
                run.order.name,
                run.started_at,
                run.log_file,
                run.order.process_version_guid,
                task_name=task_field(run.order, "name"),
                task_number=task_field(run.order, "id"),
            )
            asked = self._asked in {Asked.STOP, Asked.ABORT}
            self._board.publish(state=RobotState.STOPPING if asked else RobotState.WORKING, job=job)

    @property
    def may_start(self) -> bool:
        """Whether nobody has asked to abort it, or to end the robot, before its script was started."""
        with self._lock:
            return self._asked not in {Asked.ABORT, Asked.QUIT}

    def started(self, running: StartedJob) -> None:
        """The script runs; what was asked meanwhile reaches it now."""
        with self._lock:
            self._running = running
            self._pass_on(self._asked)

    def over(self) -> None:
        """The run has ended and its outcome is written down; or there will be none."""
        with self._lock:
            self._running, self._order = None, None

    def ask(self, asked: Asked) -> None:
        """Stop or abort the run; the stronger wish wins, and one that comes too late is ignored."""
        with self._lock:
            if self._order is None or (self._running and self._running.ended.is_set()):
                log.info("Asked to %s, but no job runs: ignored", asked.value)
                return
            if is_stronger := asked.strength > self._asked.strength:
                self._asked = asked
            self._pass_on(asked)  # first: nobody waits for the rest
            if is_stronger:
                log.info("Job %s: %s asked", self._order.guid, asked.value)
            if self._board.snapshot.job is not None:  # else `begin` will show it, or there is nothing to be seen
                self._board.publish(state=RobotState.STOPPING)

    def quit(self) -> None:
        """Abort the run, and start no other."""
        with self._lock:
            self._quitting = True
            if self._order is not None:
                self.ask(Asked.QUIT)

    def outcome_of(self, job_guid: str) -> JobStatus | None:
        """How a job ended that was run here before, as far as that can be known while the journal can't be written."""
        with contextlib.suppress(JournalError):  # a journal that another program writes to can still be read
            known = self._journal.job(job_guid, _LOOK_SECONDS)
            return known.status if known is not None else None
        with self._lock:
            return self._outcomes.get(job_guid.lower())

    def write_outcome(self, order: JobOrder, ending: Ending) -> JobStatus:
        """Write the outcome down, unless the end of the Windows session wrote it already; the one that counts.

        Not under the lock: the journal may have to wait for its file, and a Stop or a signal must not wait with it.

        Raises:
            JournalError: it could not be written, and the robot was told to end.
        """
        with self._lock:
            status = final_status(self._asked, ending)
        self._journal.finish_job(
            order.guid, status, self._clock.now(), ending.exit_code, ending.message, ending.last_line
        )
        known = self._journal.job(order.guid)
        if known is not None and known.status is not None:
            status = known.status
        with self._lock:
            self._outcomes[order.guid.lower()] = status
            if len(self._outcomes) > _REMEMBERED:
                self._outcomes.popitem(last=False)
        return status

    def write_aborted(self, reason: str) -> None:
        """Write down that the script, which still runs, will have been aborted."""
        with self._lock:
            order, running = self._order, self._running
        if order is None or running is None or running.ended.is_set():
            return
        try:
            self._journal.finish_job(order.guid, JobStatus.ABORTED, self._clock.now(), None, reason, "")
        except JournalError as error:  # then the next start reports the job
            log.error("%s", error.message)  # noqa: TRY400 - no defect

    def _pass_on(self, asked: Asked) -> None:
        """Hand a wish to the running script; one that comes before it is started is passed on at its start."""
        if self._running is None or asked is Asked.NOTHING:
            return
        if asked is Asked.STOP:
            self._running.request_stop()
        else:
            self._running.abort()
