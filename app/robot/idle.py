"""Step 2, no job: count down and log off Windows, end, or stay.

Only reached after a good answer "no job" (durability rule 6). The Orchestrator hears the robot all the while; it says
nothing more once it leaves.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from app.base.i18n import _
from app.robot.pace import Beats
from app.robot.state import RobotState

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from app.base.clock import Clock
    from app.robot.controls import Controls
    from app.robot.delivery import Delivery
    from app.robot.pace import Polls
    from app.robot.state import StateBoard
    from app.settings.model import Settings

log = logging.getLogger("robot.loop")
COUNTDOWN_BEATS_SECONDS: Final = 10.0  # between heartbeats while it counts down
_NEWS_SECONDS: Final = 3.0  # after which the answer "no job" is none any more
_UNDELIVERED_SECONDS: Final = 600.0  # after which reports that nobody takes don't hold the log-off any more


class WindowsSession(Protocol):
    """What the algorithm needs of the session that it runs in; an edge implements it."""

    def log_off(self) -> bool:
        """Begin to log off (step 2); False if that could not be done."""

    def keep_awake(self) -> AbstractContextManager[object]:
        """Neither sleep nor screen-off while the context lasts."""


class Idle:
    """What the robot does when there is no work.

    Args:
        is_still_idle: asks the Orchestrator once more; False if there is work, or if it didn't answer at once.
        present: lets the Orchestrator hear the robot while the context lasts, if it lasts for some seconds (`first`).
        polls: the loop's.
    """

    def __init__(
        self,
        settings: Settings,
        board: StateBoard,
        session: WindowsSession,
        clock: Clock,
        controls: Controls,
        delivery: Delivery,
        is_still_idle: Callable[[], bool],
        present: Callable[..., AbstractContextManager[None]],
        polls: Polls,
    ) -> None:
        self._settings = settings
        self._board = board
        self._session = session
        self._clock = clock
        self._controls = controls
        self._delivery = delivery
        self._is_still_idle = is_still_idle
        self._present = present
        self._polls = polls

    def leave(self) -> bool:
        """Log off, end, or stay for another while. True: this robot's work is done."""
        self._controls.exit_if_asked()  # told to end while the answer came: whoever said so doesn't expect a log-off
        when_idle = self._settings.when_idle
        begun = self._clock.monotonic()
        if when_idle == "wait" or self._stays():
            self.wait_for_work()
            return False
        if not self._may_leave():
            self._wait_for_delivery(begun)
            return False
        if when_idle == "exit":
            log.info("No more work: the program ends")
            return True
        return self._count_down() and self._log_off()

    def _log_off(self) -> bool:
        self._controls.exit_if_asked()
        if self._stays() or not self._may_leave():
            return False
        log.info("No more work: logging off Windows")
        # A session that is about to end hears nothing more of it; one in which a program says no goes on for a while.
        with self._present(first=COUNTDOWN_BEATS_SECONDS):
            ends = self._session.log_off()
        if ends:
            return True
        problem = _("Windows did not log off. The robot tries again.")
        self._board.publish(state=RobotState.ERROR, problem=problem)
        self.wait_for_work()
        return False

    def wait_for_work(self) -> None:
        """Wait until the next question is due, about `poll_seconds`, or something happens."""
        now = self._clock.monotonic()
        until = now + self._polls.until_next(now, self._settings.poll_seconds)
        while (left := until - self._clock.monotonic()) > 0 and not self._controls.wait(self._clock, left):
            pass

    def wait_for_turn(self) -> None:
        """A robot with new settings asks when the one before it would have: a file may change on all machines at once.

        Raises:
            ExitAskedError: the loop is to end.
        """
        while (left := self._polls.left(self._clock.monotonic())) > 0:
            self._controls.wait(self._clock, left)
            self._controls.exit_if_asked()

    def _wait_for_delivery(self, heard: float) -> None:
        """Until nothing holds the robot up any more, or the Orchestrator, which heard it then, is to hear it again."""
        until = heard + min(COUNTDOWN_BEATS_SECONDS, self._settings.poll_seconds)
        while self._clock.monotonic() < until and not self._may_leave():
            self._delivery.wait_for_news(1.0)
            self._controls.exit_if_asked()

    def _stays(self) -> bool:
        return self._controls.stays or self._controls.takes_no_jobs

    def _may_leave(self) -> bool:
        """Whether every report is delivered, or has been refused, or has failed for so long that nobody will take it.

        Reports of another Orchestrator don't count: staying here would not deliver them. If the journal had to be
        waited for, there may be work meanwhile: not before the Orchestrator is asked again.
        """
        begun = self._clock.monotonic()
        with self._present():  # the journal may have to be waited for
            waiting = self._delivery.waiting()
        now = self._clock.monotonic()
        if now - begun >= _NEWS_SECONDS:
            return False
        failing = [attempts.failing_since for attempts in waiting if attempts.failing_since is not None]
        if len(failing) < len(waiting) or any(now - since < _UNDELIVERED_SECONDS for since in failing):
            return False
        if waiting:
            log.warning("Leaving with %d reports that could not be delivered for ten minutes", len(waiting))
        return True

    def _count_down(self) -> bool:
        """Give a person at the machine the time to cancel; True: nobody did, and there is still no work."""
        seconds = self._settings.logoff_countdown
        if not seconds:
            return True
        ends = self._clock.monotonic() + seconds
        log.info("No more work: log-off in %g s", seconds)
        leaving_at = self._clock.now() + timedelta(seconds=seconds)
        self._board.publish(state=RobotState.LEAVING, leaving_at=leaving_at)
        beats = Beats(COUNTDOWN_BEATS_SECONDS, self._clock.monotonic())
        try:
            while (left := ends - self._clock.monotonic()) > 0:
                self._controls.wait(self._clock, min(left, max(0.0, beats.left(self._clock.monotonic()))))
                self._controls.exit_if_asked()
                if self._stays():
                    return False
                if beats.left(self._clock.monotonic()) <= 0 and self._clock.monotonic() < ends:
                    beats.begins(self._clock.monotonic())
                    if not self._is_still_idle():
                        return False
        finally:
            self._board.publish(state=self._state_after(), leaving_at=None)
        return self._is_still_idle()

    def _state_after(self) -> RobotState:
        """A question in mid-countdown may have shown that the Orchestrator is away."""
        state = self._board.snapshot.state
        return RobotState.READY if state is RobotState.LEAVING else state
