"""The robot while it has a job in hand: it says Working, obeys, and stays with the job until its outcome is told."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from app.jobs.outcome import Asked
from app.orchestrator.vocabulary import HeartbeatCode
from app.robot.heartbeats import SOON_SECONDS, WorkingHeartbeats, presence
from app.robot.state import RobotState

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from app.orchestrator.errors import CallError
    from app.orchestrator.messages import HeartbeatReply
    from app.orchestrator.vocabulary import JobOrder
    from app.robot.current_run import CurrentRun
    from app.robot.delivery import Delivery
    from app.robot.dependencies import Dependencies
    from app.robot.retry import RetryPolicy

log = logging.getLogger("robot.loop")
FAILING_SECONDS: Final = 10.0  # durability rule 4: after which the loop goes on without a report


class Working:
    """From the moment when a job is handed out to the moment when the Orchestrator knows its outcome."""

    def __init__(self, parts: Dependencies, current: CurrentRun, delivery: Delivery, outage: RetryPolicy) -> None:
        self._seconds = parts.settings.heartbeat_seconds
        self._new_client = parts.new_client
        self._polls = parts.polls
        self._clock = parts.clock
        self._board = parts.board
        self._controls = parts.controls
        self._current = current
        self._delivery = delivery
        self._outage = outage
        self._heartbeats: WorkingHeartbeats | None = None
        self.lost = False  # whether the last heartbeat was not answered; a report that fails says nothing of that

    def begin(self, order: JobOrder) -> None:
        """Say Working with this job from now on, until `end`."""
        self._heartbeats = WorkingHeartbeats(
            self._new_client(),
            order,
            self._seconds,
            self._clock,
            on_reply=self._obey,
            on_failure=self._offline,
            on_heard=self._polls.heard,
        )
        self._heartbeats.start()

    def present(self, *, first: float = SOON_SECONDS) -> AbstractContextManager[None]:
        """Let the Orchestrator hear that the robot is there, while it does nothing but deliver, or wait for a file."""
        return presence(self._new_client, self._clock, self._polls, first=first)

    def end(self) -> None:
        """Say it no more; does nothing if there was no job in hand."""
        if self._heartbeats:
            self._heartbeats.stop()
            self._heartbeats = None

    def until_told(self, order: JobOrder) -> None:
        """Wait until the Orchestrator has taken what there is to say of a job, or until that is hopeless for now.

        A server believes a robot that says Ready, and ends the job in its own way: so the final status comes first.

        Raises:
            RefusedError: the heartbeats are refused as well.
            OfflineLimitError: it has taken too long.
        """
        while (attempts := self._delivery.attempts(order.guid)) and not attempts.refused:
            given_up = self._controls.exit_is_asked or self._fails_alone(attempts.failing_since)
            if attempts.tried and given_up and not self._delivery.holds_back(order.guid):
                break
            if self._heartbeats and attempts.failing_since is not None:
                self._heartbeats.hurry()
            if attempts.error is not None and attempts.failing_since is not None:
                self._board.publish(state=RobotState.OFFLINE, connected=False, problem=attempts.error.for_people())
                beat = self._heartbeats.failure if self._heartbeats else None
                if beat is not None:
                    self._outage.give_up_if_hopeless(beat)
            self._delivery.wait_for_news(1.0)
        if attempts:
            log.warning("Job %s is reported later; the robot goes on", order.guid)

    def _fails_alone(self, failing_since: float | None) -> bool:
        """Durability rule 4: this report has failed for ten seconds while heartbeats are answered."""
        beats = self._heartbeats
        if failing_since is None or beats is None or beats.failure is not None:
            return False
        if beats.answered_at is None or beats.answering_since is None or beats.answered_at < failing_since:
            return False
        # After an outage it counts from the first answer: what failed meanwhile has its chance before Ready.
        return self._clock.monotonic() - max(failing_since, beats.answering_since) >= FAILING_SECONDS

    def _obey(self, reply: HeartbeatReply) -> None:
        """Step 3: what the Orchestrator asks of the running job. Runs on the heartbeats' thread."""
        if self.lost:
            self.lost = False
            self._delivery.reachable_again()
        self._board.heard_at = self._clock.now()
        self._delivery.heard(answered=True)
        self._board.publish(connected=True)
        if reply.code == HeartbeatCode.JOB_ABORTING:
            self._current.ask(Asked.ABORT)
        elif reply.code == HeartbeatCode.JOB_STOPPING:
            self._current.ask(Asked.STOP)
        elif reply.code != HeartbeatCode.NO_ERROR:
            log.error("Unknown heartbeat code %s: %s", reply.code, reply.error_text)
        self._delivery.end_waits()

    def _offline(self, error: CallError) -> None:
        """A heartbeat failed while a job runs: shown, never the job's problem. Runs on the heartbeats' thread."""
        log.warning("Heartbeat failed: %s", error)
        self.lost = True
        self._delivery.heard(answered=False)
        self._board.publish(connected=False)
