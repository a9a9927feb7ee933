"""What was asked of the robot, by a person, by Windows or by an operator of this machine: pause, stay, finish, quit.

Owned by whoever runs robots one after the other (`app.program.service`), because a wish outlives the robot that a
change of the settings ends. The board only mirrors it. Every method returns at once and may be called from any thread,
also from a signal handler: it sets a flag, wakes the loop, and passes the wish on.
"""

from __future__ import annotations

import logging
import threading
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from app.base.i18n import _
from app.jobs.outcome import Asked

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.base.clock import Clock
    from app.robot.current_run import CurrentRun
    from app.robot.state import StateBoard

log = logging.getLogger("robot.loop")
_LEAST_SECONDS: Final = 0.01
_LOOK_SECONDS: Final = 60.0  # how long any one wait lasts before it is looked at again


class ExitReason(Enum):
    """Why `Robot.run` returned."""

    NO_MORE_WORK = auto()
    TOLD_TO_END = auto()
    SETTINGS_CHANGED = auto()


class ExitAskedError(Exception):
    """Unwinds the loop's waits when it is to end."""

    def __init__(self, reason: ExitReason) -> None:
        super().__init__(reason.name)
        self.reason = reason


class Controls:
    """The wishes, and the loop's one way to wait: on `wake`, which each of them sets.

    Attributes:
        paused: finish the running job and take no more.
        holds: the same, for as long as somebody waits for the robot's end.
        stays: somebody has cancelled the log-off, and the robot has not worked since.
        ending: end now; a running job is aborted.
        finishing: end once the running job has ended and is reported.
        reloading: let another robot, with new settings, take over between two jobs.
        wake: something was asked, or something that the loop may wait for has happened.
    """

    def __init__(self, board: StateBoard) -> None:
        self._board = board
        self._current: CurrentRun | None = None
        self._interrupt: Callable[[], None] | None = None
        self._hurries: list[Callable[[], None]] = []
        self._on_held: Callable[[], None] = lambda: None
        self.wake = threading.Event()
        self.paused = False
        self.holds = False
        self.stays = False
        self.ending = False
        self.finishing = False
        self.reloading = False

    # ------------------------------------------------------------------ for the robot that works now

    def attach(self, current: CurrentRun, interrupt: Callable[[], None]) -> None:
        """Pass wishes on to this robot from now on; `interrupt` ends the question that the loop is just asking."""
        self._interrupt = interrupt
        self._current = current
        if self.ending:
            current.quit()

    def detach(self) -> None:
        """That robot has ended."""
        self._current = self._interrupt = None
        self.reloading = False

    def when_ending(self, hurry: Callable[[], None]) -> Callable[[], None]:
        """Call `hurry` when the program is to end now; returns the way to take that back."""
        self._hurries.append(hurry)
        if self.ending:
            hurry()
        return lambda: self._hurries.remove(hurry)

    def exit_if_asked(self) -> None:
        """Leave the loop if somebody wants it to end. Only called between jobs.

        Raises:
            ExitAskedError: somebody does.
        """
        if self.ending or self.finishing:
            raise ExitAskedError(ExitReason.TOLD_TO_END)
        if self.reloading:
            raise ExitAskedError(ExitReason.SETTINGS_CHANGED)
        self.no_job_runs()

    def no_job_runs(self) -> None:
        """Nor is one taken before it has been looked whether this robot `holds`: whoever waits may know it."""
        if self.holds:
            self._on_held()

    @property
    def takes_no_jobs(self) -> bool:
        """Whether a job that waits is left where it is."""
        return self.paused or self.holds

    @property
    def exit_is_asked(self) -> bool:
        """Whether the loop is to end as soon as no job runs."""
        return self.ending or self.finishing or self.reloading

    def wait(self, clock: Clock, seconds: float) -> bool:
        """Wait until something happens, at most `seconds`, or a hundredth: less may be lost in a clock's rounding.

        Returns:
            Whether something has happened.
        """
        happened = clock.wait(self.wake, min(max(seconds, _LEAST_SECONDS), _LOOK_SECONDS))
        self.wake.clear()
        return happened

    def worked(self) -> None:
        """A job was done: the next time that there is none, the robot may ask again whether to leave."""
        self.stays = False
        self._board.publish(stays=False)

    # ------------------------------------------------------------------ what may be asked

    def stop_job(self) -> None:
        """Soft stop of the running job, as the Orchestrator's code 20."""
        self._ask(Asked.STOP)

    def abort_job(self) -> None:
        """Hard stop of the running job, as the Orchestrator's code 10."""
        self._ask(Asked.ABORT)

    def _ask(self, asked: Asked) -> None:
        current = self._current
        if current is not None:
            current.ask(asked)

    def pause(self) -> None:
        """Finish the running job and take no more."""
        self._set_paused(paused=True)

    def resume(self) -> None:
        """Take jobs again."""
        self._set_paused(paused=False)

    def _set_paused(self, *, paused: bool) -> None:
        log.info("Paused by a person" if paused else "Resumed by a person")
        self.paused = paused
        self._board.publish(paused=paused)
        self.wake.set()

    def cancel_leaving(self) -> None:
        """Don't log off now; stay and poll until the robot has worked once more."""
        log.info("The log-off was cancelled by a person")
        self.stays = True
        self._board.publish(stays=True)
        self.wake.set()

    def quit(self) -> None:
        """End the program; a running job is aborted and reported."""
        log.info("Told to end")
        self.ending = True
        self._hurry()
        current, interrupt = self._current, self._interrupt
        if current is not None:
            current.quit()
        self.wake.set()
        if interrupt is not None:
            interrupt()

    def end_of_session(self) -> None:
        """Windows ends the session: the running job's outcome is written down before anything else, then `quit`.

        Windows gives little time, so the journal comes first and the network second.
        """
        self._hurry()
        current = self._current
        if current is not None:
            current.write_aborted(_("Windows ended the session."))
        self.quit()

    def _hurry(self) -> None:
        for hurry in tuple(self._hurries):
            hurry()

    def finish(self) -> None:
        """End the program once the running job has ended and is reported (an upgrade waits for it)."""
        log.info("Told to end after the running job")
        self.finishing = True
        self.wake.set()

    def hold(self, on_held: Callable[[], None]) -> None:
        """Finish the running job and take no more until `let_go`; `on_held` is called when none runs, perhaps often."""
        self._on_held = on_held
        self.holds = True
        self.wake.set()

    def let_go(self) -> None:
        """Whoever wanted the robot to hold has given up."""
        self.holds = False
        self.wake.set()

    def reload(self) -> None:
        """End this robot between two jobs, because the settings have changed."""
        # Taken first: a robot that hears of it and ends may be followed by another one a moment later, which must go
        # on asking.
        interrupt = self._interrupt
        self.reloading = True
        self.wake.set()
        if interrupt is not None:
            interrupt()  # it may be asking a host that isn't the right one any more
