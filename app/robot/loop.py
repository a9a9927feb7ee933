"""The algorithm of the specification (`docs/contract.md`), under its own step numbers.

             consumed a job            exit / stop / abort
   Ready ───────────────────▶ Working ───────────────────▶ (report) ──▶ Ready
     │  ▲                        │ stop (20) or a person: Stop
     │  │ reachable again        ▼
     │  └──── Offline         Stopping ── abort (10) or a person: Force stop ──▶ tree killed ──▶ (report)
     │ no job, answer was good, nothing left to deliver
     ▼
   Leaving (countdown, may be cancelled) ──▶ log off / exit

`Robot.run` is the loop's thread. Everything a person may ask of it (`RobotControls`) comes from other threads: it sets
a flag, wakes the loop, and returns. Nothing here knows of the tray, of Windows, or of HTTP.
"""

from __future__ import annotations

import contextlib
import logging
import random
import secrets
import threading
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from app.base.i18n import N_, _
from app.jobs.outcome import Asked, Ending, EndingKind
from app.jobs.processes.leftovers import kill_leftovers
from app.jobs.scripts import shown
from app.journal.errors import AlreadyKnownError, JournalError
from app.orchestrator.errors import (
    CallError,
    CancelledError,
    UnknownCodeError,
    UnreadableReplyError,
)
from app.orchestrator.origin import origin_of
from app.orchestrator.vocabulary import ConsumeCode, HeartbeatCode, JobOrder, JobStatus, RobotStatus
from app.robot.backoff import Backoff
from app.robot.current_run import CurrentRun, Run
from app.robot.delivery import Delivery
from app.robot.heartbeats import WorkingHeartbeats
from app.robot.retry import Outage
from app.robot.state import LastOutcome, RobotState, StateBoard

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from app.base.clock import Clock
    from app.base.paths import DataPaths
    from app.jobs.runner import JobRunner, RunningJob
    from app.journal.journal import Journal
    from app.orchestrator.client import OrchestratorClient
    from app.orchestrator.messages import HeartbeatReply
    from app.settings.model import Settings

log = logging.getLogger(__name__)
Answered = TypeVar("Answered")

_LOOK_SECONDS: Final = 60.0  # how long any one wait on an event lasts before it is looked at again


class Departure(Enum):
    """Why `Robot.run` returned."""

    NO_MORE_WORK = auto()
    TOLD_TO_END = auto()
    SETTINGS_CHANGED = auto()


class WindowsSession(Protocol):
    """What the algorithm needs of the session that it runs in; an edge implements it."""

    def log_off(self) -> bool:
        """Begin to log off (step 2); False if that could not be done."""

    def keep_awake(self) -> AbstractContextManager[object]:
        """Neither sleep nor screen-off while the context lasts."""


@dataclass(frozen=True)
class Parts:
    """Everything that a robot is put together from."""

    settings: Settings
    paths: DataPaths
    journal: Journal
    runner: JobRunner
    board: StateBoard
    session: WindowsSession
    clock: Clock
    new_client: Callable[[], OrchestratorClient]


class _DepartingError(Exception):
    """Unwinds the loop's waits when it is to end."""

    def __init__(self, departure: Departure) -> None:
        super().__init__(departure.name)
        self.departure = departure


def _ending_of(running: RunningJob) -> Ending:
    """Wait until nothing of the run is left."""
    while (ending := running.wait(_LOOK_SECONDS)) is None:
        pass
    return ending


class Robot:
    """One robot; `run` once. The other public methods are `RobotControls` and return at once."""

    def __init__(self, parts: Parts) -> None:
        self._settings = parts.settings
        self._paths = parts.paths
        self._journal = parts.journal
        self._runner = parts.runner
        self._board = parts.board
        self._session = parts.session
        self._clock = parts.clock
        self._new_client = parts.new_client
        self._client = parts.new_client()
        self._origin = origin_of(parts.settings.host, parts.settings.guid)
        self._delivery = Delivery(parts.journal, self._origin)
        # Two, because heartbeats that are answered well must not hide that no job can be taken.
        self._outage = Outage(parts.settings.offline_limit, parts.clock)
        self._taking = Outage(parts.settings.offline_limit, parts.clock)
        self._empty_handed = Backoff()

        self._current = CurrentRun(parts.journal, parts.board, parts.clock)
        self._wake = threading.Event()
        self._end = False
        self._finish = False
        self._reload = False

    # ------------------------------------------------------------------ the algorithm

    def run(self) -> Departure:
        """Work until there is no more work, or until told to end.

        Raises:
            RefusedError: the Orchestrator refuses this robot (101, 401, 403).
            OfflineLimitError: unreachable for longer than `offline_limit`.
            JournalError: an outcome can't be written down, so nothing may go on.
        """
        try:
            self._settle_the_past()
            while True:
                self._depart_if_asked()
                reply = self._say_ready()  # steps 1 and 5
                if self._paused:
                    self._wait(self._poll_delay())
                elif reply.has_new_job:
                    run = self._take(self._consume_next_job())  # step 2
                    if run:
                        self._report_in_progress()  # second step 2
                        ending = self._run_script(run)  # step 3
                        self._report(run, ending)  # step 4
                elif self._leave():  # step 2, no job
                    return Departure.NO_MORE_WORK
        except _DepartingError as departing:
            return departing.departure
        finally:
            self._client.close()

    def _settle_the_past(self) -> None:
        """Durability rule 2: what a dead robot left behind is killed, reported as failed, and everything delivered."""
        for record in self._journal.interrupted():
            killed = kill_leftovers(record.pid, record.created_at, record.mark)
            log.warning("Job %s (%s) was interrupted; %d processes killed", record.guid, record.name, killed)
            self._journal.finish_job(
                record.guid, JobStatus.FAILED, self._clock.now(), None, _("The robot ended while this job ran."), ""
            )
        self._runner.sweep()
        if self._journal.outbox(self._origin):
            self._until_answered(self._deliver)

    def _say_ready(self) -> HeartbeatReply:
        """Steps 1 and 5: heartbeat Ready, until a good answer comes.

        Paused, it says Disconnected: the robot is there but takes nothing, and Ready would be untrue.
        """
        reply = self._until_answered(self._ask_ready)
        if not reply.has_new_job:
            self._taking.over()
        return reply

    def _ask_ready(self) -> HeartbeatReply:
        """One such heartbeat.

        Raises:
            CallError: no answer, or none that says whether a job waits.
        """
        status = RobotStatus.DISCONNECTED if self._paused else RobotStatus.READY
        reply = self._client.heartbeat(status)
        if reply.code in {HeartbeatCode.JOB_ABORTING, HeartbeatCode.JOB_STOPPING}:
            log.warning("The Orchestrator asks to end a job (code %d), but none runs: ignored", reply.code)
        elif reply.code != HeartbeatCode.NO_ERROR:
            raise UnknownCodeError(N_("code {code}: {text}"), code=int(reply.code), text=reply.error_text)
        if reply.has_new_job is None:
            raise UnreadableReplyError(N_("missing in the reply: {key}"), key="hasnewjob")
        log.debug("Heartbeat %s: new job %s", status.name, reply.has_new_job)
        return reply

    def _consume_next_job(self) -> JobOrder | None:
        """Step 2: take the job. Never repeated blindly: after any failure the next question is a heartbeat."""
        try:
            reply = self._client.consume_next_job(RobotStatus.READY)
            if reply.code not in {ConsumeCode.NO_ERROR, ConsumeCode.NO_JOB_FOUND}:
                raise UnknownCodeError(
                    N_("consumeNextJob, code {code}: {text}"), code=int(reply.code), text=reply.error_text
                )
        except CallError as error:
            self._failed(error, self._taking)
            return None
        self._taking.over()
        if reply.order is None:
            log.warning("The Orchestrator announced a job, but has none to hand out (code 102)")
            self._wait(self._empty_handed.next_delay())
        return reply.order

    def _take(self, order: JobOrder | None) -> Run | None:
        """Write the job down before anything of it happens; None if it is known, because no job is run twice."""
        if order is None:
            return None
        log.info("Took job %s: %s", order.guid, shown(order.name))
        if self._journal.job(order.guid) is None:
            now = self._clock.now()
            run = Run(order, now, self._paths.job_log(order.name, order.guid, now), secrets.token_hex(16))
            self._until_written(
                lambda: self._journal.begin_job(
                    order.guid,
                    order.name,
                    order.process_version_guid,
                    run.mark,
                    run.started_at,
                    run.log_file,
                    self._origin,
                )
            )
            self._empty_handed.reset()
            return run
        log.warning("Job %s was run here before and is not run again; its outcome is reported once more", order.guid)
        self._journal.report_again(order.guid, self._origin)
        self._until_answered(self._deliver)
        self._wait(self._empty_handed.next_delay())
        return None

    def _report_in_progress(self) -> None:
        """Second step 2: status 8. One attempt: a job handed out runs even if this has to wait in the outbox."""
        try:
            self._delivery.deliver(self._client)
        except CallError as error:
            log.warning("In progress could not be reported yet: %s", error)
            self._board.publish(connected=False)

    def _run_script(self, run: Run) -> Ending:
        """Step 3: run the script, with heartbeats Working, until its whole process tree has ended."""
        if not self._current.begin(run):
            message = _("The robot was told to end before the script was started.")
            return Ending(EndingKind.KILLED_BY_ABORT, None, message)
        self._heartbeat_client = self._new_client()
        heartbeats = WorkingHeartbeats(
            self._heartbeat_client,
            run.order,
            self._settings.heartbeat_seconds,
            self._clock,
            on_reply=self._obey,
            on_failure=self._working_offline,
        )
        with self._session.keep_awake():
            running = self._runner.start(run.order, run.log_file, run.mark)
            try:
                self._current.started(running)
                self._note_process(run, running)
                with heartbeats:
                    return _ending_of(running)
            except BaseException:
                # Whatever went wrong here (a journal that can't be written), the script must not go on unwatched.
                running.abort()
                _ending_of(running)
                raise

    def _report(self, run: Run, ending: Ending) -> None:
        """Step 4: the outcome is written down, then sent; nothing else happens until it has arrived."""
        order = run.order
        status = self._until_written(lambda: self._current.write_outcome(order, ending))
        self._current.over()
        log.info("Job %s ended as %s: %s", order.guid, status.name, ending.message)
        last = LastOutcome(
            guid=order.guid,
            name=order.name,
            status=status,
            ended_at=self._clock.now(),
            reason=ending.message,
            last_line=ending.last_line,
            log_file=run.log_file,
        )
        self._board.publish(state=RobotState.READY, job=None, last=last, stays=False)
        if self._end:
            # Told to end: one attempt, which quitting doesn't cut short; the next start delivers what it can't.
            with contextlib.suppress(CallError):
                self._delivery.deliver(self._client, cancellable=False)
            self._depart_if_asked()
        self._until_answered(self._deliver)

    def _leave(self) -> bool:
        """Step 2, no job: log off, end, or stay. True: this robot's work is done.

        Only reached after a good answer "no job", with no process left and an empty outbox (durability rule 4).
        """
        self._depart_if_asked()  # told to end while the answer came: whoever said so doesn't expect a log-off
        when_idle = self._settings.when_idle
        if when_idle == "wait" or self._stays or self._paused:
            self._wait(self._poll_delay())
            return False
        if when_idle == "exit":
            log.info("No more work: the program ends")
            return True
        if not self._count_down():
            return False
        if self._settings.logoff_countdown and not self._is_still_idle():
            return False
        self._depart_if_asked()
        log.info("No more work: logging off Windows")
        if self._session.log_off():
            return True
        self._show(RobotState.ERROR, problem=_("Windows could not be logged off. The robot tries again."))
        self._wait(self._poll_delay())
        return False

    def _is_still_idle(self) -> bool:
        """Ask once more: somebody may have queued a job during the countdown.

        Only an answer at once counts. After an outage, which may have lasted for hours, the countdown begins anew.
        """
        try:
            reply = self._ask_ready()
        except CallError as error:
            self._failed(error, self._outage)
            return False
        return not (reply.has_new_job or self._paused or self._stays)

    def _count_down(self) -> bool:
        """Give a person at the machine the time to cancel; True: nobody did."""
        seconds = self._settings.logoff_countdown
        if not seconds:
            return True
        ends = self._clock.monotonic() + seconds
        log.info("No more work: log-off in %g s", seconds)
        self._show(RobotState.LEAVING, leaving_at=self._clock.now() + timedelta(seconds=seconds))
        try:
            while (left := ends - self._clock.monotonic()) > 0:
                self._wait(left)
                if self._stays or self._paused:
                    return False
        finally:
            self._show(RobotState.READY, leaving_at=None)
        return True

    # ------------------------------------------------------------------ answers and failures

    def _obey(self, reply: HeartbeatReply) -> None:
        """Step 3: what the Orchestrator asks of the running job. Runs on the heartbeats' thread."""
        self._board.publish(connected=True)
        if reply.code == HeartbeatCode.JOB_ABORTING:
            self._current.ask(Asked.ABORT)
        elif reply.code == HeartbeatCode.JOB_STOPPING:
            self._current.ask(Asked.STOP)
        elif reply.code != HeartbeatCode.NO_ERROR:
            log.error("Unknown heartbeat code %s: %s", reply.code, reply.error_text)
        if self._journal.outbox(self._origin):
            self._delivery.deliver(self._heartbeat_client)

    def _working_offline(self, error: CallError) -> None:
        """A heartbeat failed while a job runs: shown, never the job's problem. Runs on the heartbeats' thread."""
        log.warning("Heartbeat failed: %s", error)
        self._board.publish(connected=False)

    def _deliver(self) -> None:
        self._delivery.deliver(self._client)

    def _until_answered(self, call: Callable[[], Answered]) -> Answered:
        """Repeat `call` until it succeeds, with growing waits; the state shows why.

        Raises:
            RefusedError: repeating can't help.
            OfflineLimitError: it has taken too long.
        """
        while True:
            try:
                result = call()
            except CallError as error:
                self._failed(error, self._outage)
            else:
                self._outage.over()
                self._show(RobotState.READY, connected=True, problem="", undelivered=0)
                return result

    def _failed(self, error: CallError, outage: Outage) -> None:
        """Show a failed call and wait before the next one."""
        if isinstance(error, CancelledError):
            self._depart_if_asked()
        delay = outage.next_delay(error)
        known = not isinstance(error, UnknownCodeError)
        self._show(
            RobotState.OFFLINE if known else RobotState.ERROR,
            connected=not known,
            problem=error.for_people(),
            undelivered=len(self._journal.outbox(self._origin)),
        )
        log.warning("%s; next try in %.1f s", error, delay)
        self._wait(delay)

    def _until_written(self, write: Callable[[], Answered]) -> Answered:
        """Repeat `write` until the journal takes it: a disk that was full for an hour must not cost an outcome.

        Raises:
            JournalError: it can't be written, and the robot is to end.
        """
        backoff = Backoff()
        while True:
            try:
                result = write()
            except AlreadyKnownError:
                raise
            except JournalError as error:
                if self._end or self._finish:
                    raise
                delay = backoff.next_delay()
                log.error("%s Next try in %.1f s", error.message, delay)  # noqa: TRY400 - no defect
                self._show(RobotState.ERROR, problem=str(error))
                self._clock.wait(self._wake, delay)
                self._wake.clear()
            else:
                if backoff.attempt:
                    self._show(RobotState.READY, problem="")
                return result

    def _note_process(self, run: Run, running: RunningJob) -> None:
        """Write down which process it is. Its mark is in the journal already, so nothing depends on this."""
        if running.identity:
            self._journal.process_started(run.order.guid, running.identity.pid, running.identity.created_at)

    # What a person has said is kept by the board alone: it holds on, whatever settings the next robot has.

    @property
    def _paused(self) -> bool:
        return self._board.snapshot.paused

    @property
    def _stays(self) -> bool:
        return self._board.snapshot.stays

    def _poll_delay(self) -> float:
        """`poll_seconds`, a tenth more or less, so that fifty robots don't ask at one moment."""
        return self._settings.poll_seconds * random.uniform(0.9, 1.1)  # noqa: S311 - no secret

    def _wait(self, seconds: float) -> None:
        """Wait between jobs, unless something is asked of the loop meanwhile."""
        self._clock.wait(self._wake, seconds)
        self._wake.clear()
        self._depart_if_asked()

    def _depart_if_asked(self) -> None:
        """Leave the loop if somebody wants it to end. Only called between jobs."""
        if self._end or self._finish:
            raise _DepartingError(Departure.TOLD_TO_END)
        if self._reload:
            raise _DepartingError(Departure.SETTINGS_CHANGED)

    def _show(self, state: RobotState, **changes: object) -> None:
        self._board.publish(state=state, **changes)

    # ------------------------------------------------------------------ what a person may ask (any thread)

    def stop_job(self) -> None:
        """Soft stop of the running job, as the Orchestrator's code 20."""
        self._current.ask(Asked.STOP)

    def abort_job(self) -> None:
        """Hard stop of the running job, as the Orchestrator's code 10."""
        self._current.ask(Asked.ABORT)

    def pause(self) -> None:
        """Finish the running job and take no more."""
        self._set_paused(paused=True)

    def resume(self) -> None:
        """Take jobs again."""
        self._set_paused(paused=False)

    def _set_paused(self, *, paused: bool) -> None:
        log.info("Paused by a person" if paused else "Resumed by a person")
        self._board.publish(paused=paused)
        self._wake.set()

    def cancel_leaving(self) -> None:
        """Don't log off now; stay and poll until the robot has worked once more."""
        log.info("The log-off was cancelled by a person")
        self._board.publish(stays=True)
        self._wake.set()

    def quit(self) -> None:
        """End the program; a running job is aborted and reported."""
        log.info("Told to end")
        self._end = True
        self._current.quit()
        self._wake.set()
        self._client.cancel()

    def end_of_session(self) -> None:
        """Windows ends the session: the running job's outcome is written down before anything else, then `quit`.

        Windows gives little time, so the journal comes first and the network second.
        """
        try:
            self._current.write_aborted(_("Windows ended the session."))
        except JournalError as error:  # then the next start reports the job
            log.error("%s", error.message)  # noqa: TRY400 - no defect
        self.quit()

    def finish(self) -> None:
        """End the program once the running job has ended and is reported (an upgrade waits for it)."""
        log.info("Told to end after the running job")
        self._finish = True
        self._wake.set()

    def reload(self) -> None:
        """Return from `run` between two jobs, because the settings have changed."""
        self._reload = True
        self._wake.set()
