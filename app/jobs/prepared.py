"""A job whose environment has to be made before its script can start: for whoever waits for it, one running job."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from app.base.i18n import _
from app.jobs.environments.build import BuildEndedError
from app.jobs.errors import CannotStartError
from app.jobs.outcome import Ending, EndingKind
from app.jobs.running import now

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.jobs.environments.build import Build
    from app.jobs.output import OutputLog
    from app.jobs.running import ProcessIdentity, RunningJob

_log = logging.getLogger("robot.jobs")


class PreparedJob:
    """As `running.RunningJob`: first its environment is made, then its script runs. A stop or an abort ends either.

    Args:
        build: of the environment.
        launch: starts the script by the environment's interpreter, or says in its ending why it can't.
        log: of the job.
    """

    def __init__(self, build: Build, launch: Callable[[Path], RunningJob], log: OutputLog) -> None:
        self.ended = threading.Event()
        self._build = build
        self._launch = launch
        self._log = log
        self._lock = threading.RLock()  # a signal handler may interrupt the thread that holds it
        self._stop_asked = self._abort_asked = False
        self._job: RunningJob | None = None
        self._begun = threading.Event()  # the script has been started, or never will be
        self._ending: Ending | None = None
        threading.Thread(target=self._run, name="job preparation", daemon=True).start()

    @property
    def identity(self) -> ProcessIdentity | None:
        """Of the script's process; waits until there is one. None if it could not be started."""
        self._begun.wait()
        return self._job.identity if self._job else None

    def request_stop(self) -> None:
        """End the making of the environment, or ask the script to wind up."""
        with self._lock:
            self._stop_asked = True
            if self._job:
                self._job.request_stop()
                return
        self._build.end()

    def abort(self) -> None:
        """Kill the builder, or the script and everything that it started. Returns at once."""
        with self._lock:
            self._abort_asked = True
            if self._job:
                self._job.abort()
                return
        self._build.end()

    def wait(self, timeout: float | None) -> Ending | None:
        """The ending once the job has `ended`; None if that takes longer than `timeout` seconds."""
        return self._ending if self.ended.wait(timeout) else None

    def _run(self) -> None:
        ending = Ending(EndingKind.NOT_STARTED, None, "")
        try:
            ending = self._prepare() or self._end_of_script()
        except Exception as error:  # noqa: BLE001 - whatever it is, the robot waits for the job's end
            _log.exception("An environment could not be made")
            ending = self._finish(EndingKind.NOT_STARTED, str(error))
        finally:
            with self._lock:
                self._ending = ending
                self.ended.set()
                self._begun.set()

    def _prepare(self) -> Ending | None:
        """Make the environment and start the script; the ending if it came to none."""
        try:
            python = self._build.run()
        except CannotStartError as error:
            return self._finish(EndingKind.NOT_STARTED, str(error))
        except BuildEndedError:
            return self._ended_early()
        with self._lock:
            if self._stop_asked or self._abort_asked:
                return self._ended_early()
            self._job = self._launch(python)
        self._begun.set()
        return None

    def _end_of_script(self) -> Ending:
        assert self._job  # noqa: S101 - it was started
        self._job.ended.wait()
        ending = self._job.wait(None)
        assert ending  # noqa: S101 - it has ended
        return ending

    def _ended_early(self) -> Ending:
        with self._lock:
            aborted = self._abort_asked
        if aborted:
            message = _("The job was aborted while the environment of its script was being made.")
            return self._finish(EndingKind.KILLED_BY_ABORT, message)
        message = _("The job was stopped while the environment of its script was being made.")
        return self._finish(EndingKind.STOPPED_ITSELF, message)

    def _finish(self, kind: EndingKind, message: str) -> Ending:
        last = self._log.last_line()
        self._log.finish([f"[robot] {now()}  {message}"])
        return Ending(kind, None, message, last)
