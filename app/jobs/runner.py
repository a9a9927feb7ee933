"""Starts scripts: name, interpreter, environment, process tree. What then runs is a `running.RunningJob`."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from app.base.bundle import FROZEN
from app.base.i18n import _, current_language
from app.base.os_reasons import describe_os_error
from app.base.paths import DataPaths
from app.base.plain_text import printable
from app.base.redaction import Mask
from app.jobs.child.host import APPROVED_VARIABLE, COM_CLASSES_VARIABLE, PICTURE_VARIABLE, SCRIPTS_VARIABLE
from app.jobs.environment import MARK_VARIABLE, child_environment
from app.jobs.environments.build import Build
from app.jobs.environments.store import Environments
from app.jobs.errors import CannotStartError
from app.jobs.interpreter import external_interpreter, find_interpreter, own_environment, usual_interpreter
from app.jobs.manifest import Manifest
from app.jobs.output import OutputLog
from app.jobs.picture import FILE_NAME
from app.jobs.prepared import PreparedJob
from app.jobs.processes.tree import start_tree
from app.jobs.run_folder import RunFolders, vendor_argument
from app.jobs.running import RunningJob, end_at_once, now
from app.jobs.scripts import find_script
from app.jobs.spares import Spares
from app.jobs.starting import StartingJob

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.jobs.channel import Camera, Channels, RunChannel
    from app.jobs.interpreter import Interpreter
    from app.jobs.run_folder import RunFolder
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

    def start(self, order: JobOrder, log_file: Path, mark: str) -> StartedJob:
        """Start the script of `order`.

        Args:
            order: the job.
            log_file: gets the output; its folders are made.
            mark: a random string that every process of this run carries.

        Returns:
            The running job. One that could not be started has ended already, and its ending says why.
        """
        log = self._new_log(log_file)
        starting = StartingJob(lambda: self._begun(lambda: self._start(order, log, mark, starting), order, log), log)
        return starting.begun_soon()

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
        script = find_script(self._settings.scripts, order.name)
        approval = self._approve(script)
        wanted = self._environments.wanted_by(script)
        starting.must_go_on()
        if wanted is None:
            interpreter = find_interpreter(script, self._settings.python)
            bare = self._settings.environments != "off" and own_environment(script) is None
            starting.must_go_on()
            return self._launch(order, script, interpreter, approval, log, mark, starting.launches, bare=bare)

        def launch(python: Path, before: Callable[[], object] = bool) -> RunningJob:
            return self._launch(order, script, external_interpreter(python), approval, log, mark, before)

        if python := self._environments.python_of(wanted):
            return launch(python, starting.launches)
        build = Build(self._environments, wanted, log, mark)
        return PreparedJob(build, lambda python: self._begun(lambda: launch(python), order, log), log)

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

    def _launch(
        self,
        order: JobOrder,
        script: Script,
        interpreter: Interpreter,
        approval: str,
        log: OutputLog,
        mark: str,
        before: Callable[[], object],
        *,
        bare: bool = False,
    ) -> RunningJob:
        """Start the script; `before` is called right before its process is made, and may raise."""
        self._environments.sweep_aside()
        folder = self._folders.make(order.guid)
        channel: RunChannel | None = None
        camera: Camera | None = None
        try:
            variables, arguments = self._of_the_run(order, script, approval, folder, mark)
            if self._channels is not None and (channel := _opened(self._channels, order, folder, log)) is not None:
                variables |= channel.variables
                camera = self._camera(channel)
                variables |= {PICTURE_VARIABLE: str(folder.path / FILE_NAME)} if camera else {}
            environment = self._environment()
            command = interpreter.command(script.file, arguments)
            log.line(f"[robot] {now()}  {script.file}  ({interpreter.python})")
            working = script.root if self._settings.working_folder == "scripts" else script.file.parent
            before()
            tree = self._spares.take(interpreter, command, working, environment, variables, mark)
            if tree is None:
                tree = start_tree(command, working, environment | variables, mark)
            self._last = interpreter
            try:
                timeout = self._settings.stop_timeout
                return RunningJob(tree, folder, log, mark, timeout, channel, bare=bare, camera=camera)
            except BaseException:  # without a supervisor it can't run
                end_at_once(tree)
                raise
        except BaseException:
            if channel is not None:
                channel.close()
            folder.remove()
            raise

    def _of_the_run(
        self, order: JobOrder, script: Script, approval: str, folder: RunFolder, mark: str
    ) -> tuple[dict[str, str], tuple[str, ...]]:
        """The variables and the arguments of one run; the files that they name are written."""
        guid = self._settings.guid if self._settings.share_credentials else ""
        arguments: tuple[str, ...] = ()
        if self._settings.script_argument == "vendor":
            arguments = (vendor_argument(order, folder.write_settings(guid, self._settings.host)),)
        variables = {
            "ROBOT_JOB_GUID": order.guid,
            "ROBOT_JOB_NAME": order.name,
            "ROBOT_RUN_PROCESS_VERSION": order.process_version_guid,
            "ROBOT_HOST": self._settings.host,
            "ROBOT_RUN_FOLDER": str(folder.path),
            "ROBOT_RUN_LANGUAGE": current_language(),
            MARK_VARIABLE: mark,
            SCRIPTS_VARIABLE: str(script.root),
        }
        if guid:
            variables["ROBOT_GUID"] = guid
        if FROZEN:
            variables[COM_CLASSES_VARIABLE] = str(DataPaths(self._settings.data_dir).com_classes)
        if approval:
            variables[APPROVED_VARIABLE] = approval
        if order.task is not None:
            variables["ROBOT_TASK_FILE"] = str(folder.write_task(order.task))
        return variables, arguments

    def _camera(self, channel: RunChannel) -> Camera | None:
        still, seconds = self._settings.screenshots, self._settings.recorder_seconds
        return channel.camera(still=still, seconds=seconds) if still or seconds else None


def _opened(channels: Channels, order: JobOrder, folder: RunFolder, log: OutputLog) -> RunChannel | None:
    """The run's channel; a script that wants none runs without one as well."""
    try:
        return channels.open(order, folder, log)
    except OSError as error:
        _log.error("Job %s runs without a channel to the robot: %s", order.guid, error)
        return None


def _could_not_start(error: Exception) -> str:
    reason: object = error
    if isinstance(error, OSError):
        reason = describe_os_error(error).for_people()
        if isinstance(error.filename, (str, bytes)):  # an interpreter, a requirements.txt, a folder: where to look
            reason = f"{reason} ({printable(os.fsdecode(error.filename))})"
    return _("The script could not be started: {error}").format(error=reason)
