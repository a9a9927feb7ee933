"""One running script: its supervision, and how it ended.

A running job has two threads. The pump copies the output into the log. The supervisor waits for the script; then, in
this order: it kills what the script left running (so that the output comes to its end), waits for the pump, closes the
run's channel, finishes the log, removes the private folder, and sets `ended`. Whoever sees `ended` sees nothing left of
the job.

This module decides nothing about statuses (`outcome`) and knows no system call (`tree`).
"""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import TYPE_CHECKING, Final, TypeVar

from app.base.dataclass import dataclass
from app.base.i18n import _, ngettext, plain_number
from app.jobs.interpreter import too_old
from app.jobs.missing_module import hint_on
from app.jobs.outcome import Ending, EndingKind, exited_message, stopped_itself
from app.jobs.picture import FILE_NAME, LastPicture

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.jobs.output import OutputLog
    from app.jobs.processes.tree import ProcessTree
    from app.jobs.run_folder import RunFolder
    from app.jobs.run_place import RunPlace

_HEARD_WITHIN: Final = 1.0  # seconds from a stop to the host's word that it was heard
_OUTPUT_PATIENCE: Final = 5.0  # seconds for the output's end once no process of the job is left

_log = logging.getLogger("robot.jobs")
_T = TypeVar("_T")


@dataclass(frozen=True)
class ProcessIdentity:
    """Names a process for ever, also after its number has been given to another."""

    pid: int
    created_at: float  # seconds, by the system's own reckoning; compare it only with `leftovers`
    mark: str


class RunningJob:
    """One started script. Every method may be called from any thread.

    Args:
        place: what was laid out for it; its own from now on.
        bare: the script has no environment of its own, so that what it lacks may be what one would hold.

    Attributes:
        identity: of its process; None if it could not be started.
        ended: set when nothing of the job is left: no process, no private file, the log complete.
    """

    def __init__(
        self,
        tree: ProcessTree | None,
        place: RunPlace | None,
        log: OutputLog,
        mark: str,
        stop_timeout: float,
        *,
        bare: bool = False,
    ) -> None:
        self.ended = threading.Event()
        self.identity = ProcessIdentity(tree.pid, tree.created_at, mark) if tree else None
        self._ending: Ending | None = None
        self._lock = threading.RLock()  # a signal handler may interrupt the thread that holds it
        self._stop_asked = self._abort_asked = False
        self._stop_timeout = stop_timeout
        self._bare = bare
        self._picture: LastPicture | None = None
        self._timers: list[threading.Timer] = []
        self._tree, self._log = tree, log
        self._folder = place.folder if place else None
        self._channel = place.channel if place else None
        if tree and place:
            self._pump = threading.Thread(target=log.drain, args=(tree.output,), name="job output", daemon=True)
            self._pump.start()
            if place.camera:
                self._picture = LastPicture(place.folder.path / FILE_NAME, place.camera)
            supervisor = threading.Thread(
                target=self._supervise, args=(tree, place.folder), name="job supervisor", daemon=True
            )
            try:
                supervisor.start()
            except RuntimeError:
                if self._picture:
                    self._picture.close()
                raise

    @classmethod
    def not_started(cls, log: OutputLog, message: str) -> RunningJob:
        """A job whose script could not be started."""
        job = cls(None, None, log, "", 0)
        log.finish([f"[robot] {now()}  {message}"])
        job._ending = Ending(EndingKind.NOT_STARTED, None, message)
        job.ended.set()
        return job

    def request_stop(self) -> None:
        """Ask the script to wind up; `stop_timeout` seconds later it is killed."""
        with self._lock:
            if self._tree is None or self._folder is None or self._stop_asked or self.ended.is_set():
                return
            self._stop_asked = True
            self._tree.send(b"stop " + os.fsencode(self._folder.ending_file) + b"\n")
            if self._channel is not None:
                self._channel.stop_asked()
            self._after(_HEARD_WITHIN, self._stop_unheard)
            if 0 < self._stop_timeout < threading.TIMEOUT_MAX:  # which is seven weeks on Windows, 292 years on Linux
                self._after(self._stop_timeout, self._stop_timed_out)

    def abort(self) -> None:
        """Kill the script and everything that it started. Returns at once; `ended` says when all is dead."""
        with self._lock:
            if self._tree is None or self._abort_asked or self.ended.is_set():
                return
            self._abort_asked = True
            if self._picture is None or not self._kill_seen(self._tree, self._picture):
                _whatever_happens(self._tree.kill, None)  # what it missed, the supervisor finds

    def wait(self, timeout: float | None) -> Ending | None:
        """The ending once the job has `ended`; None if that takes longer than `timeout` seconds."""
        return self._ending if self.ended.wait(timeout) else None

    def _after(self, seconds: float, what: Callable[[], None]) -> None:
        timer = threading.Timer(seconds, what)
        timer.daemon = True
        try:
            timer.start()
        except RuntimeError:  # no thread to be had; whoever asks for an end can ask for a harder one
            _log.exception("Nothing will happen after %g s", seconds)
        else:
            self._timers.append(timer)

    def _stop_unheard(self) -> None:
        """A program that took the script's place (`os.execv`) has no host that hears of the stop."""
        with self._lock:
            if self._tree and self._folder and not self._abort_asked and not self._folder.ending():
                self._tree.interrupt_stranger()

    def _kill_seen(self, tree: ProcessTree, picture: LastPicture) -> bool:
        """Kill once there is a picture, on another thread; False: there is no such thread to be had."""

        def kill() -> None:
            picture.take()
            _whatever_happens(tree.kill, None)

        try:
            threading.Thread(target=kill, name="job kill", daemon=True).start()
        except RuntimeError:
            return False
        return True

    def _stop_timed_out(self) -> None:
        if self._picture is not None and not self._abort_asked:
            self._picture.take()
        with self._lock:
            if self._tree and not self._abort_asked and not self.ended.is_set():
                _whatever_happens(self._tree.kill, None)

    def _supervise(self, tree: ProcessTree, folder: RunFolder) -> None:
        """Wait for the script's end and leave nothing of it; see the module's docstring for the order.

        Whatever fails on the way: the job ends, and its ending says what is known of it.
        """
        ending = Ending(EndingKind.EXITED, None, _lost())
        try:
            ending = self._see_it_end(tree, folder)
        except BaseException:  # noqa: BLE001 - whatever it is, the robot waits for the job's end
            _log.exception("The supervision of job process %s failed", tree.pid)
        finally:
            with self._lock:
                self._ending = ending
                self.ended.set()

    def _see_it_end(self, tree: ProcessTree, folder: RunFolder) -> Ending:
        code = _whatever_happens(tree.wait, None)
        if code is None:
            _whatever_happens(tree.kill, None)
        said = _whatever_happens(folder.ending, "")
        with self._lock:
            kind = self._kind(code, tree.killed, said)
            timers = list(self._timers)
        for timer in timers:
            timer.cancel()
            timer.join()
        said_of_it: list[str] = []
        if self._picture is not None:
            if kind is EndingKind.EXITED and code:  # a crash, of which its host has said nothing
                self._picture.take()
            said_of_it = self._picture.close()
        left = _whatever_happens(tree.finish, 0)
        _whatever_happens(tree.close, None)
        self._pump.join(_OUTPUT_PATIENCE)
        if self._pump.is_alive():
            _log.warning("Something outside job %s holds its output open", tree.pid)
        if self._channel is not None:
            _whatever_happens(self._channel.close, None)
        last_line = _whatever_happens(self._log.last_line, "")
        message = (too_old(last_line) if kind is EndingKind.EXITED else "") or self._message(kind, code)
        if self._bare and kind is EndingKind.EXITED and code:
            message += hint_on(last_line)
        footer = [f"[robot] {now()}  {text}" for text in (*said_of_it, message)]
        if left and kind in (EndingKind.EXITED, EndingKind.STOPPED_ITSELF):
            footer.insert(0, "[robot] " + _left_running(left))
        _whatever_happens(lambda: self._log.finish(footer), None)
        _whatever_happens(folder.remove, None)
        return Ending(kind, code, message, last_line)

    def _kind(self, code: int | None, killed: bool, said: str) -> EndingKind:
        if killed or (code is None and self._abort_asked):
            return EndingKind.KILLED_BY_ABORT if self._abort_asked else EndingKind.KILLED_BY_STOP_TIMEOUT
        if self._stop_asked and stopped_itself(code, said):
            return EndingKind.STOPPED_ITSELF
        return EndingKind.EXITED

    def _message(self, kind: EndingKind, code: int | None) -> str:
        if kind is EndingKind.KILLED_BY_ABORT:
            return _("The script was ended by force.")
        if kind is EndingKind.KILLED_BY_STOP_TIMEOUT:
            return _("The script did not stop within {seconds} s and was ended by force.").format(
                seconds=plain_number(self._stop_timeout)
            )
        if kind is EndingKind.STOPPED_ITSELF:
            return _("The script stopped when it was asked to.")
        return _lost() if code is None else exited_message(code)


def _whatever_happens(action: Callable[[], _T], otherwise: _T) -> _T:
    """What `action` returns, or `otherwise` if it fails: a step of the supervision that must not hold up the next."""
    try:
        return action()
    except Exception:  # noqa: BLE001 - that is the point
        _log.exception("The supervision of a job goes on after an error")
        return otherwise


def end_at_once(tree: ProcessTree) -> None:
    """Kill what nobody would supervise."""
    for step in (tree.kill, tree.wait, tree.finish, tree.close):
        _whatever_happens(step, None)


def _lost() -> str:
    return _("The robot lost sight of the script and ended it; how it ended is not known.")


def _left_running(count: int) -> str:
    return ngettext(
        "The script left {count} process running; it was ended.",
        "The script left {count} processes running; they were ended.",
        count,
    ).format(count=count)


def now() -> str:
    """As the robot's own lines in a job's log say it."""
    return time.strftime("%Y-%m-%d %H:%M:%S%z")
