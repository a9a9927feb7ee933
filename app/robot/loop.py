"""The algorithm of the specification (`docs/contract.md`), under its own step numbers.

             consumed a job            exit / stop / abort
   Ready ───────────────────▶ Working ───────────────────▶ (report) ──▶ Ready
     │  ▲                        │ stop (20) or a person: Stop
     │  │ reachable again        ▼
     │  └──── Offline         Stopping ── abort (10) or a person: Force stop ──▶ tree killed ──▶ (report)
     │ no job, answer was good, nothing left to deliver
     ▼
   Leaving (countdown, may be cancelled) ──▶ log off / exit

`Robot.run` is the loop's thread. What is asked of it comes through `Controls`; reports leave through `Delivery`, which
has threads of its own. Nothing here knows of the tray, of Windows, or of HTTP.

Shutdown order: the running job (killed and written down) → its heartbeats → delivery (one attempt) → the loop's own
connection.
"""

from __future__ import annotations

import logging
from contextlib import nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from app.base.i18n import N_, _
from app.jobs.outcome import Ending, EndingKind
from app.jobs.processes.leftovers import kill_leftovers
from app.orchestrator.errors import CallError, UnknownCodeError, UnreadableReplyError
from app.orchestrator.vocabulary import HeartbeatCode, JobStatus, RobotStatus
from app.robot.controls import ExitAskedError, ExitReason
from app.robot.current_run import CurrentRun, Run
from app.robot.delivery import Delivery
from app.robot.doubt import longest_doubt
from app.robot.idle import Idle
from app.robot.retry import RetryPolicy, Tries
from app.robot.state import LastOutcome, RobotState
from app.robot.taking import Taking
from app.robot.working import FAILING_SECONDS, Working

if TYPE_CHECKING:
    from app.jobs.starting import StartedJob, StartingJob
    from app.orchestrator.messages import HeartbeatReply
    from app.robot.dependencies import Dependencies

log = logging.getLogger("robot.loop")

_LOOK_SECONDS: Final = 60.0  # how long any one wait for a script lasts before it is looked at again

# For beginning to send, at the end, what this life has not tried: of earlier ones, as the job just run had its turn.
_CLOSING_SECONDS: Final = 3.0
_CONFIRM_SECONDS: Final = 10.0  # for what the end of the program may wait, if a doubt is over by then


def _ending_of(running: StartedJob) -> Ending:
    """Wait until nothing of the run is left."""
    while (ending := running.wait(_LOOK_SECONDS)) is None:
        pass
    return ending


class Robot:
    """One robot; `run` once, on one thread."""

    def __init__(self, parts: Dependencies) -> None:
        self._settings = parts.settings
        self._journal = parts.journal
        self._runner = parts.runner
        self._board = parts.board
        self._controls = parts.controls
        self._session = parts.session
        self._clock = parts.clock
        self._client = parts.new_client()
        self._swept = False
        self._outage = RetryPolicy(parts.settings.offline_limit, parts.clock)
        self._tries = Tries(parts.board, parts.controls, parts.clock, self._client, parts.polls)
        self._current = CurrentRun(parts.journal, parts.board, parts.clock)
        self._delivery = Delivery(
            parts.journal,
            parts.origin,
            parts.new_client,
            parts.clock,
            parts.changes,
            parts.unwritten,
            on_change=lambda waiting, strangers: self._board.publish(undelivered=waiting, strangers=strangers),
            is_hurried=lambda: self._controls.exit_is_asked,
        )
        self._working = Working(parts, self._current, self._delivery, self._outage)
        self._taking = Taking(parts, self._client, self._current, self._delivery, self._working, self._tries)
        self._idle = Idle(
            parts.settings,
            parts.board,
            parts.session,
            parts.clock,
            parts.controls,
            self._delivery,
            self._is_still_idle,
            self._working.present,
            parts.polls,
        )

    # ------------------------------------------------------------------ the algorithm

    def run(self) -> ExitReason:
        """Work until there is no more work, or until told to end.

        Raises:
            RefusedError: the Orchestrator refuses this robot (101, 401, 403).
            OfflineLimitError: unreachable for longer than `offline_limit`.
            JournalError: an outcome can't be written down, and the robot was told to end.
        """
        self._controls.attach(self._current, self._client.cancel)
        taken_back = self._controls.when_ending(self._delivery.end_waits)
        try:
            with self._working.present():  # it may have to wait for the journal, and for the Orchestrator
                self._settle_the_past()
            self._idle.wait_for_turn()
            while True:
                self._controls.exit_if_asked()
                reply = self._say_ready()  # steps 1 and 5
                if self._controls.takes_no_jobs:
                    self._runner.expect_none()
                    self._idle.wait_for_work()
                elif reply.has_new_job:
                    self._runner.expect_job()
                    run = self._taking.take(self._taking.consume_next())  # step 2
                    if run:
                        self._current.begin(run)
                        ending = self._run(run)  # second step 2, step 3
                        self._report(run, ending)  # step 4
                elif self._leaves():  # step 2, no job
                    return ExitReason.NO_MORE_WORK
        except ExitAskedError as asked:
            return asked.reason
        finally:
            self._working.end()
            self._runner.close()
            # Another robot of this program goes on, and is heard meanwhile; after the program nobody does.
            goes_on = self._controls.reloading and not self._controls.ending
            if not goes_on:
                self._journal.gate.hurry()
            with self._working.present() if goes_on else nullcontext():
                self._delivery.close(_CLOSING_SECONDS, 0.0 if goes_on else _CONFIRM_SECONDS)
            taken_back()
            self._controls.detach()
            self._client.close()

    def _settle_the_past(self) -> None:
        """Durability rule 5: what a dead robot left behind is killed, written down as failed, and on its way."""
        doubt = timedelta(seconds=longest_doubt(self._settings.request_timeout))
        self._journal.doubt_in_progress(self._clock.now() + doubt)
        for record in self._journal.interrupted():
            killed = kill_leftovers(record.pid, record.created_at, record.mark)
            log.warning("Job %s (%s) was interrupted; %d processes killed", record.guid, record.name, killed)
            self._journal.finish_job(
                record.guid, JobStatus.FAILED, self._clock.now(), None, _("The robot ended while this job ran."), ""
            )
        self._delivery.start()
        begun = self._clock.monotonic()
        while any(not (attempts.tried or attempts.confirming) for attempts in self._delivery.waiting()):
            if self._clock.monotonic() - begun >= FAILING_SECONDS:
                break
            self._delivery.wait_for_news(1.0)
            self._controls.exit_if_asked()

    def _say_ready(self) -> HeartbeatReply:
        """Steps 1 and 5: heartbeat Ready, until a good answer comes.

        Paused, or held back, it says Disconnected: the robot is there but takes nothing, and Ready would be untrue.
        """
        while True:
            try:
                reply = self._ask_ready()
            except CallError as error:
                self._working.lost = True
                self._delivery.heard(answered=False)
                self._tries.failed(error, self._outage)
            else:
                break
        self._outage.succeeded()
        self._delivery.heard(answered=True)
        if self._working.lost:
            self._working.lost = False
            self._delivery.reachable_again()
        self._show(RobotState.READY, connected=True, problem="")
        if not reply.has_new_job:
            self._taking.none_waits()
        return reply

    def _ask_ready(self) -> HeartbeatReply:
        """One such heartbeat.

        Raises:
            CallError: no answer, or none that says whether a job waits.
        """
        status = RobotStatus.DISCONNECTED if self._controls.takes_no_jobs else RobotStatus.READY
        self._tries.say_ready_now()
        try:
            reply = self._client.heartbeat(status)
        finally:
            self._sweep()
        self._tries.heard()
        self._board.heard_at = self._clock.now()
        if reply.code in {HeartbeatCode.JOB_ABORTING, HeartbeatCode.JOB_STOPPING}:
            log.warning("The Orchestrator asks to end a job (code %d), but none runs: ignored", reply.code)
        elif reply.code != HeartbeatCode.NO_ERROR:
            raise UnknownCodeError(N_("code {code}: {text}"), code=int(reply.code), text=reply.error_text)
        if reply.has_new_job is None:
            raise UnreadableReplyError(N_("missing in the reply: {key}"), key="hasnewjob")
        log.debug("Heartbeat %s: new job %s", status.name, reply.has_new_job)
        return reply

    def _sweep(self) -> None:
        """What a dead robot left behind goes after the first heartbeat, which doesn't wait for the runner."""
        if not self._swept:
            self._swept = True
            self._runner.sweep()

    def _run(self, run: Run) -> Ending:
        """Say that the job is in progress; what its script will find is laid out beside that. Then run it."""
        self._delivery.hand_on()
        with self._runner.ready(run.order, run.log_file, run.mark) as job:
            self._see_it_reported(run)  # second step 2
            return self._run_script(run, job)  # step 3

    def _see_it_reported(self, run: Run) -> None:
        """Second step 2: status 8. One attempt: a job handed out runs even if this has to wait in the outbox."""
        begun = self._clock.monotonic()
        while (attempts := self._delivery.attempts(run.order.guid)) and not attempts.tried:
            hopeless = self._clock.monotonic() - begun >= FAILING_SECONDS
            if hopeless or self._controls.ending or not self._current.may_start:
                return
            self._delivery.wait_for_news(1.0)
        if attempts:
            self._board.publish(connected=False)

    def _run_script(self, run: Run, job: StartingJob) -> Ending:
        """Step 3: run the script, with heartbeats Working, until its whole process tree has ended."""
        if not self._current.may_start:
            message = _("The job was aborted before its script was started.")
            return Ending(EndingKind.KILLED_BY_ABORT, None, message)
        with self._session.keep_awake():
            running = job.start()
            try:
                self._current.started(running)
                if running.identity:
                    self._expect_another_job()  # it starts while this one runs
                    self._journal.process_started(run.order.guid, running.identity.pid, running.identity.created_at)
                ending = _ending_of(running)
            except BaseException:
                # Whatever went wrong here, the script must not go on unwatched.
                running.abort()
                _ending_of(running)
                raise
        self._taking.ran(ending)
        self._expect_another_job()  # what waited for more than a minute has gone
        return ending

    def _expect_another_job(self) -> None:
        if not (self._controls.exit_is_asked or self._controls.takes_no_jobs):
            self._runner.expect_job()

    def _report(self, run: Run, ending: Ending) -> None:
        """Step 4: the outcome is written down, then sent; the loop waits for its arrival, still saying Working."""
        order = run.order
        status = self._current.write_outcome(order, ending)
        self._current.over()
        self._delivery.hand_on()  # the rest is done while it is on its way
        log.info("Job %s ended as %s: %s", order.guid, status.name, ending.message)
        last = LastOutcome(
            guid=order.guid,
            name=order.name,
            status=status,
            ended_at=self._clock.now(),
            reason=ending.message,
            last_line=ending.last_line,
            log_file=run.log_file,
            result=shown.result if (shown := self._board.snapshot.job) else "",
        )
        self._show(RobotState.READY, job=None, last=last)
        self._controls.worked()
        self._working.until_told(order)
        self._working.end()

    def _leaves(self) -> bool:
        """Step 2, no job: log off, end, or stay for another while."""
        if self._settings.when_idle != "wait":
            self._runner.expect_none()
        return self._idle.leave()

    def _is_still_idle(self) -> bool:
        """Ask once more: somebody may have queued a job during the countdown.

        Only an answer at once counts. After an outage, which may have lasted for hours, the countdown begins anew.
        """
        try:
            reply = self._ask_ready()
        except CallError as error:
            self._tries.failed(error, self._outage)
            return False
        return not (reply.has_new_job or self._controls.takes_no_jobs or self._controls.stays)

    def _show(self, state: RobotState, **changes: object) -> None:
        self._board.publish(state=state, leaving_at=None, **changes)
