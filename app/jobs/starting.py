"""A job whose script is still being found and started: for whoever waits for it, one running job.

The scripts may lie on a share, and every look at a share that hangs takes as long as it hangs: nothing can call it off.
So a script is started on a thread of its own, and a stop or an abort that comes meanwhile ends the job without it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, TypeAlias

from app.base.i18n import _
from app.jobs.errors import CannotStartError
from app.jobs.outcome import Ending, EndingKind
from app.jobs.prepared import PreparedJob
from app.jobs.running import RunningJob, now

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.jobs.output import OutputLog
    from app.jobs.running import ProcessIdentity

SOON_SECONDS: Final = 0.25  # a script that is started within that is handed out as it is


class StartingJob:
    """As `running.RunningJob`, from before there is a process. Every method may be called from any thread.

    Args:
        start: finds and starts the script, or says in the ending of what it returns why it can't; raises nothing.
        log: of the job.
    """

    def __init__(self, start: Callable[[], RunningJob | PreparedJob], log: OutputLog) -> None:
        self.ended = threading.Event()
        self._start = start
        self._log = log
        self._lock = threading.RLock()  # a signal handler may interrupt the thread that holds it
        self._job: RunningJob | PreparedJob | None = None
        self._begun = threading.Event()  # the script has been started, or the job has ended without it
        self._ending: Ending | None = None
        self._stands_in = False  # whoever waits for the job has this one in hand

    def begun_soon(self) -> StartedJob:
        """Begin to start the script; the job itself if that took no time, else this one."""
        try:
            threading.Thread(target=self._run, name="job start", daemon=True).start()
        except RuntimeError:  # no thread to be had
            return self._start()
        self._begun.wait(SOON_SECONDS)
        with self._lock:
            self._stands_in = self._job is None
            return self._job or self

    def must_go_on(self) -> None:
        """Called on the way to the script's start.

        Raises:
            CannotStartError: the job has ended meanwhile.
        """
        if self.ended.is_set():
            raise CannotStartError("ended")  # nobody reads it: the job's log is closed

    @property
    def identity(self) -> ProcessIdentity | None:
        """Of the script's process; waits until there is one. None if it was not started."""
        self._begun.wait()
        return self._job.identity if self._job else None

    def request_stop(self) -> None:
        """Ask the script to wind up; one that is not started yet is not waited for any longer."""
        with self._lock:
            if self._job:
                self._job.request_stop()
            else:
                message = _("The job was stopped before its script was started.")
                self._end(Ending(EndingKind.STOPPED_ITSELF, None, message))

    def abort(self) -> None:
        """Kill the script and everything that it started; one that is not started yet is not waited for any longer."""
        with self._lock:
            if self._job:
                self._job.abort()
            else:
                message = _("The job was aborted before its script was started.")
                self._end(Ending(EndingKind.KILLED_BY_ABORT, None, message))

    def wait(self, timeout: float | None) -> Ending | None:
        """The ending once the job has `ended`; None if that takes longer than `timeout` seconds."""
        return self._ending if self.ended.wait(timeout) else None

    def _end(self, ending: Ending) -> None:
        """End the job without its script, once; under the lock."""
        if not self.ended.is_set():
            self._log.finish([f"[robot] {now()}  {ending.message}"])
            self._ending = ending
            self.ended.set()
            self._begun.set()

    def _run(self) -> None:
        job = self._start()
        with self._lock:
            if self.ended.is_set():
                job.abort()  # the share has hung for the last step, too: what came of it is killed
                return
            self._job = job
            self._begun.set()
            if not self._stands_in:
                return
        job.ended.wait()
        self._ending = job.wait(None)
        self.ended.set()


StartedJob: TypeAlias = RunningJob | PreparedJob | StartingJob
"""What the robot has in hand: a script that runs, one whose environment is being made, or one that is being started."""
