"""Starts scripts: name, interpreter, environment, process tree. What then runs is a `running.RunningJob`."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from app.base.bundle import FROZEN
from app.base.i18n import _
from app.base.os_reasons import describe_os_error
from app.base.paths import DataPaths
from app.base.plain_text import printable
from app.base.redaction import Mask
from app.jobs.child.host import APPROVED_VARIABLE, SCRIPTS_VARIABLE
from app.jobs.environment import MARK_VARIABLE, child_environment
from app.jobs.environments.build import Build
from app.jobs.environments.store import Environments
from app.jobs.errors import CannotStartError
from app.jobs.interpreter import external_interpreter, find_interpreter, own_environment, usual_interpreter
from app.jobs.manifest import Manifest
from app.jobs.output import OutputLog
from app.jobs.prepared import PreparedJob
from app.jobs.processes.tree import start_tree
from app.jobs.run_folder import RunFolders
from app.jobs.run_place import RunPlace
from app.jobs.running import RunningJob, end_at_once, now
from app.jobs.scripts import find_script
from app.jobs.spares import Spares
from app.jobs.starting import StartingJob

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.jobs.channel import Channels
    from app.jobs.interpreter import Interpreter
    from app.jobs.scripts import Script
    from app.jobs.starting import StartedJob
    from app.orchestrator.vocabulary import JobOrder
    from app.settings.model import Settings

LOG_LIMIT: Final = 10 * 1024 * 1024  # bytes

_log = logging.getLogger("robot.jobs")
_Job = TypeVar("_Job", bound="RunningJob | PreparedJob")


class JobRunner:
    """Starts scripts; one for the life of the settings.

    Args:
        settings: where the scripts are and what runs them, what they may know, and how they are stopped.
        runs_dir: where private folders of runs are made.
        channels: through which scripts reach the robot; None: they don't.
    """

    def __init__(self, settings: Settings, runs_dir: Path, channels: Channels | None = None) -> None:
        self._settings = settings
        self._mask = Mask(settings.guid)
        self._channels = channels
        self._folders = RunFolders(runs_dir)
        self._environments = Environments(settings, DataPaths(settings.data_dir).environments)
        self._spares = Spares(runs_dir)
        self._last: Interpreter | None = None  # what ran the last script

    def sweep(self) -> None:
        """Remove what a dead robot left behind, and environments that nobody uses; call it before the first job."""
        self._spares.sweep()
        self._folders.sweep()
        self._environments.sweep_aside()

    def ready(self, order: JobOrder, log_file: Path, mark: str) -> StartingJob:
        """Lay out what the script of `order` will find; nothing is looked at of the script before `StartingJob.start`.

        Args:
            order: the job.
            log_file: gets the output; its folders are made.
            mark: a random string that every process of this run carries.

        Returns:
            The job; a context, after which nothing is left of it if it wasn't started. One that can't be started has
            ended by itself then, and its ending says why.
        """
        log = self._new_log(log_file)
        starting = StartingJob(lambda: self._begun(lambda: self._start(order, log, mark, starting), order, log), log)
        starting.make_ready()
        return starting

    def start(self, order: JobOrder, log_file: Path, mark: str) -> StartedJob:
        """Start the script of `order`; see `ready`."""
        return self.ready(order, log_file, mark).start()

    def expect_job(self) -> None:
        """A job may come soon: its interpreter, most likely that of the last one, is started ahead. Returns at once."""
        self._spares.expect(lambda: (self._last or usual_interpreter(self._settings.python), self._environment()))

    def expect_none(self) -> None:
        """No job comes soon. What was started ahead has gone when this returns."""
        self._spares.dismiss()

    def close(self) -> None:
        """Start no interpreter ahead any more; what was has gone when this returns."""
        self._spares.close()

    def _environment(self) -> dict[str, str]:
        """What the variables of every run have in common."""
        return child_environment(os.environ, {}, Path(sys.executable).parent if FROZEN else None)

    def _new_log(self, log_file: Path) -> OutputLog:
        return OutputLog(log_file, LOG_LIMIT, self._mask.for_a_run())

    def _start(self, order: JobOrder, log: OutputLog, mark: str, starting: StartingJob) -> RunningJob | PreparedJob:
        place = self._place(order, log)
        try:
            starting.waits_in(place)
            return self._started(order, log, mark, starting, place)
        except BaseException:
            place.close()
            raise

    def _started(
        self, order: JobOrder, log: OutputLog, mark: str, starting: StartingJob, place: RunPlace
    ) -> RunningJob | PreparedJob:
        script = find_script(self._settings.scripts, order.name)
        approval = self._approve(script)
        wanted = self._environments.wanted_by(script)
        starting.must_go_on()
        if wanted is None:
            interpreter = find_interpreter(script, self._settings.python)
            bare = self._settings.environments != "off" and own_environment(script) is None
            starting.must_go_on()
            return self._launch(script, interpreter, approval, place, log, mark, starting.launches, bare=bare)

        def launch(python: Path, place: RunPlace, before: Callable[[], object] = bool) -> RunningJob:
            return self._launch(script, external_interpreter(python), approval, place, log, mark, before)

        if python := self._environments.python_of(wanted):
            return launch(python, place, starting.launches)
        place.close()  # what an environment is made of runs others' programs, for minutes
        build = Build(self._environments, wanted, log, mark)
        return PreparedJob(
            build, lambda python: self._begun(lambda: launch(python, self._place(order, log)), order, log), log
        )

    def _begun(self, begin: Callable[[], _Job], order: JobOrder, log: OutputLog) -> _Job | RunningJob:
        """What `begin` begins, or a job that has ended because it can't."""
        try:
            return begin()
        except CannotStartError as error:
            return RunningJob.not_started(log, str(error))
        except (OSError, ValueError) as error:  # ValueError: a zero byte in a path or a variable
            return RunningJob.not_started(log, _could_not_start(error))
        except Exception as error:  # noqa: BLE001 - no memory, no thread to be had: the next job may have better luck
            _log.exception("Job %s could not be started", order.guid)
            return RunningJob.not_started(log, _could_not_start(error))

    def _approve(self, script: Script) -> str:
        """For the host, which reads the script a moment later: the sum that it must have, and what to say if not."""
        if self._settings.script_manifest is None:
            return ""
        manifest = Manifest.read(self._settings.script_manifest)
        return f"{manifest.approve(script)} {manifest.changed(script)}"

    def _place(self, order: JobOrder, log: OutputLog) -> RunPlace:
        return RunPlace(self._folders, self._settings, order, self._channels, log)

    def _launch(
        self,
        script: Script,
        interpreter: Interpreter,
        approval: str,
        place: RunPlace,
        log: OutputLog,
        mark: str,
        before: Callable[[], object],
        *,
        bare: bool = False,
    ) -> RunningJob:
        """Start the script; `before` is called right before its process is made, and may raise."""
        try:
            self._environments.sweep_aside()
            variables = {**place.variables, MARK_VARIABLE: mark, SCRIPTS_VARIABLE: str(script.root)}
            if approval:
                variables[APPROVED_VARIABLE] = approval
            environment = self._environment()
            command = interpreter.command(script.file, place.arguments)
            working = script.root if self._settings.working_folder == "scripts" else script.file.parent
            before()
            try:
                tree = self._spares.take(interpreter, command, working, environment, variables, mark)
                if tree is None:
                    tree = start_tree(command, working, environment | variables, mark)
            finally:  # beside the script, of whose output nothing is copied yet
                log.line(f"[robot] {now()}  {script.file}  ({interpreter.python})")
            self._last = interpreter
            try:
                return RunningJob(tree, place, log, mark, self._settings.stop_timeout, bare=bare)
            except BaseException:  # without a supervisor it can't run
                end_at_once(tree)
                raise
        except BaseException:
            place.close()
            raise


def _could_not_start(error: Exception) -> str:
    reason: object = error
    if isinstance(error, OSError):
        reason = describe_os_error(error).for_people()
        if isinstance(error.filename, (str, bytes)):  # an interpreter, a requirements.txt, a folder: where to look
            reason = f"{reason} ({printable(os.fsdecode(error.filename))})"
    return _("The script could not be started: {error}").format(error=reason)
