"""A job whose script is still being found and started: for whoever waits for it, one running job.

The scripts may lie on a share, and every look at a share that hangs takes as long as it hangs: nothing can call it off.
So a script is started on a thread of its own, and a stop or an abort that comes meanwhile ends the job without it.

That thread lays out what the run needs (`run_place`) while the job is still being reported, and looks at nothing of the
script before it is told to start it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, Self, TypeAlias

from app.base.i18n import _
from app.jobs.errors import CannotStartError
from app.jobs.outcome import Ending, EndingKind
from app.jobs.prepared import PreparedJob
from app.jobs.running import RunningJob, now

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.jobs.output import OutputLog
    from app.jobs.run_place import RunPlace
    from app.jobs.running import ProcessIdentity

SOON_SECONDS: Final = 0.25  # a script that is started within that is handed out as it is
_LAY_OUT_SECONDS: Final = 3.0  # for a disk that is slow
_LOOK_SECONDS: Final = 60.0
LAUNCH_SECONDS: Final = (
    1.0  # for a process that is just being made; only a share that hangs in that moment takes longer
)


class StartingJob:
    """As `running.RunningJob`, from before there is a process. Every method may be called from any thread.

    Args:
        start: readies the run, calls `waits_in`, finds and starts the script, or says in the ending of what it returns
            why it can't; raises nothing.
        log: of the job.
    """

    def __init__(self, start: Callable[[], RunningJob | PreparedJob], log: OutputLog) -> None:
        self.ended = threading.Event()
        self._start = start
        self._log = log
        self._go = threading.Event()
        self._thread: threading.Thread | None = None
        self._place: RunPlace | None = None  # what is to be left by nobody, as long as no process is being made
        self._lock = threading.RLock()  # a signal handler may interrupt the thread that holds it
        self._job: RunningJob | PreparedJob | None = None
        self._begun = threading.Event()  # the script has been started, or the job has ended without it
        self._ending: Ending | None = None
        self._stands_in = False  # whoever waits for the job has this one in hand
        self._launching = False  # its process is being made
        self._early: Ending | None = None  # what was asked meanwhile, if the process doesn't come
        self._told = threading.Event()  # it has ended, or was told to in that moment

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is left of a job that was not started."""
        if not self._go.is_set():
            self.abort()
            if self._thread is not None:
                self._thread.join(_LAY_OUT_SECONDS)

    def make_ready(self) -> None:
        """Begin to lay out what the run needs. Returns at once."""
        thread = threading.Thread(target=self._run, name="job start", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no thread to be had: then it is done by whoever starts it
            return
        self._thread = thread

    def waits_in(self, place: RunPlace) -> None:
        """Called when it is laid out; returns when the script is to be started.

        Raises:
            CannotStartError: the job has ended meanwhile; nothing of the place is left.
        """
        with self._lock:
            self._place = place
        while not self._go.wait(_LOOK_SECONDS):
            pass
        self.must_go_on()

    def start(self) -> StartedJob:
        """Start the script now; the job itself if that takes no time, else this one."""
        self._go.set()
        if self._thread is None:
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

    def launches(self) -> None:
        """Called right before the script's process is made.

        From here on a wish waits for the process, which it is passed on to: a job whose process comes into being a
        moment after its end would be reported before that process is dead.

        Raises:
            CannotStartError: the job has ended meanwhile.
        """
        with self._lock:
            self.must_go_on()
            self._launching, self._place = True, None

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
            elif self._early is None:
                message = _("The job was stopped before its script was started.")
                self._end_early(Ending(EndingKind.STOPPED_ITSELF, None, message))

    def abort(self) -> None:
        """Kill the script and everything that it started; one that is not started yet is not waited for any longer."""
        with self._lock:
            if self._job:
                self._job.abort()
            else:
                message = _("The job was aborted before its script was started.")
                self._end_early(Ending(EndingKind.KILLED_BY_ABORT, None, message))

    def wait(self, timeout: float | None) -> Ending | None:
        """The ending once the job has `ended`; None if that takes longer than `timeout` seconds."""
        if not self._told.wait(timeout):
            return None
        if not self._begun.wait(LAUNCH_SECONDS):
            with self._lock:
                if self._job is None and self._early:
                    self._end(self._early)
        return self._ending if self.ended.wait(timeout) else None

    def _end_early(self, ending: Ending) -> None:
        """End a job that has no process yet, or as soon as its process is there; under the lock."""
        if not self._launching:
            self._end(ending)
            return
        self._early = ending
        self._told.set()

    def _end(self, ending: Ending) -> None:
        """End the job without its script, once; under the lock."""
        if not self.ended.is_set():
            if self._place is not None:
                self._place.close()
            self._log.finish([f"[robot] {now()}  {ending.message}"])
            self._ending = ending
            self.ended.set()
            self._told.set()
            self._begun.set()
            self._go.set()

    def _run(self) -> None:
        job = self._start()
        with self._lock:
            if self.ended.is_set():
                job.abort()  # the share has hung for the last step, too: what came of it is killed
                return
            self._job = job
            if self._early:
                (job.abort if self._early.kind is EndingKind.KILLED_BY_ABORT else job.request_stop)()
            self._begun.set()
            if not self._stands_in:
                return
        job.ended.wait()
        self._ending = job.wait(None)
        self.ended.set()
        self._told.set()


StartedJob: TypeAlias = RunningJob | PreparedJob | StartingJob
"""What the robot has in hand: a script that runs, one whose environment is being made, or one that is being started."""
