"""Step 2: a job that waits is taken, and written down before anything of it happens. No job is run twice."""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING, Final

from app.base.i18n import N_, _
from app.jobs.outcome import Ending, EndingKind
from app.jobs.scripts import shown
from app.journal.errors import AlreadyKnownError, JournalError
from app.orchestrator.errors import CallError, UnknownCodeError
from app.orchestrator.vocabulary import ConsumeCode, JobOrder, JobStatus, RobotStatus
from app.robot.current_run import CurrentRun, Run
from app.robot.retry import BETWEEN_HEARTBEATS, LONGEST_SECONDS, Brake, RetryPolicy
from app.robot.working import FAILING_SECONDS

if TYPE_CHECKING:
    from app.orchestrator.client import OrchestratorClient
    from app.robot.delivery import Delivery
    from app.robot.dependencies import Dependencies
    from app.robot.retry import Tries
    from app.robot.working import Working

log = logging.getLogger("robot.loop")
_MAY_BE_BROKEN: Final = 10  # jobs in a row that can't be started, before the robot suspects a storm of them


class Taking:
    """From "a job waits" to a run that may begin; and the pauses that keep it from leading nowhere again and again.

    Args:
        client: the loop's own.
    """

    def __init__(
        self,
        parts: Dependencies,
        client: OrchestratorClient,
        current: CurrentRun,
        delivery: Delivery,
        working: Working,
        tries: Tries,
    ) -> None:
        self._paths = parts.paths
        self._journal = parts.journal
        self._origin = parts.origin
        self._controls = parts.controls
        self._clock = parts.clock
        self._client = client
        self._current = current
        self._delivery = delivery
        self._working = working
        self._tries = tries
        # Not that of the heartbeats, because those that are answered well must not hide that no job can be taken.
        self._policy = RetryPolicy(parts.settings.offline_limit, parts.clock, longest=LONGEST_SECONDS)
        self._brake = Brake(parts.clock)
        self._broken = Brake(parts.clock, free=_MAY_BE_BROKEN)
        self._unwritten = parts.unwritten

    def consume_next(self) -> JobOrder | None:
        """Step 2: take the job. Never repeated blindly: after any failure the next question is a heartbeat."""
        if left := max(self._brake.seconds_left(), self._broken.seconds_left()):
            self._tries.wait(min(left, BETWEEN_HEARTBEATS))
            return None
        try:
            reply = self._client.consume_next_job(RobotStatus.READY)
            if reply.code not in {ConsumeCode.NO_ERROR, ConsumeCode.NO_JOB_FOUND}:
                raise UnknownCodeError(
                    N_("consumeNextJob, code {code}: {text}"), code=int(reply.code), text=reply.error_text
                )
        except CallError as error:
            self._tries.failed(error, self._policy, heard=True)
            return None
        self._policy.succeeded()
        if reply.order is None:
            log.warning("The Orchestrator announced a job, but has none to hand out (code 102)")
            self._brake.pull()
        return reply.order

    def take(self, order: JobOrder | None) -> Run | None:
        """Write the job down before anything of it happens; None if it is known, because no job is run twice."""
        if order is None:
            return None
        log.info("Took job %s: %s", order.guid, shown(order.name))
        now = self._clock.now()
        run = Run(order, now, self._paths.job_log(order.name, order.guid, now), secrets.token_hex(16))
        self._working.begin(order)  # from here on, because the journal may have to wait for its file
        self._current.take(order)  # so is Stop and Abort about it
        if self._is_written_down(run):
            return run
        self._current.over()
        self._working.end()
        return None

    def _is_written_down(self, run: Run) -> bool:
        """Whether the job may run; if not, what there is to say of it has been said."""
        order = run.order
        if status := self._unwritten.given_up(self._origin, order.guid):
            self._tell_unjournaled(run, status)
            return False
        try:
            self._journal.begin_job(
                order.guid,
                order.name,
                order.process_version_guid,
                run.mark,
                run.started_at,
                run.log_file,
                self._origin,
            )
        except AlreadyKnownError:
            self._tell_again(order)
        except JournalError as error:
            log.error("Job %s is not run: %s", order.guid, error.message)  # noqa: TRY400 - no defect
            status = self._status_of_unjournaled(order)
            self._tell_unjournaled(run, status)
        else:
            return True
        return False

    def ran(self, ending: Ending) -> None:
        """A job was run, or could not be started."""
        self._brake.release()
        if ending.kind is EndingKind.NOT_STARTED:
            self._broken.pull()
        else:
            self._broken.release()

    def none_waits(self) -> None:
        """The Orchestrator says that there is no job: none is kept from being taken."""
        self._policy.succeeded()

    def _status_of_unjournaled(self, order: JobOrder) -> JobStatus:
        """What there is to say of a job that can't be written down: its outcome, if it was run here before."""
        if known := self._current.outcome_of(order.guid) or self._delivery.outcome_of(order.guid):
            return known
        return JobStatus.ABORTED if self._controls.ending or not self._current.may_start else JobStatus.FAILED

    def _tell_unjournaled(self, run: Run, status: JobStatus) -> None:
        """Before Ready, as any outcome. Nor is the job run if it is handed out again: a Failed may be on its way."""
        begun, again = self._clock.monotonic(), False
        while not self._delivery.send_unjournaled(run, status, again=again):
            again = True
            if self._controls.exit_is_asked or self._clock.monotonic() - begun >= FAILING_SECONDS:
                break
            self._delivery.wait_for_news(1.0)
        if self._delivery.unjournaled.was_written_down(run.order.guid):
            self._working.until_told(run.order)
        self._brake.pull()

    def _tell_again(self, order: JobOrder) -> None:
        """A job that was run here before is not run again; its outcome is reported once more."""
        log.warning("Job %s was run here before and is not run again; its outcome is reported once more", order.guid)
        known = self._journal.job(order.guid)
        if known is not None and known.status is None:  # journaled by an attempt that seemed to have failed
            self._journal.finish_job(
                order.guid, JobStatus.FAILED, self._clock.now(), None, _("This job could not be started."), ""
            )
        else:
            self._journal.report_again(order.guid, self._origin)
        self._brake.pull()
        self._delivery.put_down()
        self._working.until_told(order)
