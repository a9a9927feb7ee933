"""The life of the robot in one program run: settings → robot → settings again, errors that a person must mend.

Shutdown order, innermost first: the running job (killed and written down) → its heartbeats → the outbox (one attempt) →
the loop's connection → journal → log → data folder and single instance → settings watch. Each owner joins its own
threads.
"""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from app.base import logs
from app.base.errors import AlreadyRunningError, ExitCode, OfflineLimitError, RobotError, SettingsError
from app.base.i18n import set_language
from app.base.paths import DataPaths
from app.journal.gate import Gate
from app.journal.journal import Journal
from app.orchestrator.client import client_factory
from app.orchestrator.origin import origin_of
from app.robot.loop import Departure, Parts, Robot
from app.robot.state import RobotState
from app.settings.advice import advice_on
from app.settings.loading import candidate_files
from app.settings.watch import LOOK_SECONDS, SettingsWatch
from app.system.data_lock import DataLock
from app.system.session import session_facts
from app.system.single_instance import SingleInstance

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.base.clock import Clock
    from app.base.redaction import Redactor
    from app.robot.loop import WindowsSession
    from app.robot.state import StateBoard
    from app.settings.loading import LoadedSettings
    from app.settings.model import Settings

log = logging.getLogger(__name__)
RETRY_SECONDS: Final = 60.0  # after an error that a person must mend, behind the tray


class Service:
    """Runs robots until there is no more work, or until told to end. Implements `RobotControls` for the one that runs.

    Args:
        load: reads the settings; raises SettingsError.
        config: the file given by `--config`, for the watch.
        persistent: behind the tray: an error that a person must mend is shown and tried again, instead of ending.
        look_seconds: between looks at the settings files.
    """

    def __init__(
        self,
        load: Callable[[], LoadedSettings],
        config: Path | None,
        board: StateBoard,
        session: WindowsSession,
        redactor: Redactor,
        clock: Clock,
        *,
        persistent: bool,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._load = load
        self._config = config
        self._board = board
        self._session = session
        self._redactor = redactor
        self._clock = clock
        self._persistent = persistent
        self._look_seconds = look_seconds
        self._lock = threading.RLock()
        self._robot: Robot | None = None
        self._end = threading.Event()
        self._look_again = threading.Event()
        self._gate = Gate(clock, lambda problem: board.publish(problem=problem))
        self.loaded: LoadedSettings | None = None

    def run(self) -> ExitCode:
        """Live.

        Raises:
            RobotError: what ends the program, with its exit code.
        """
        with SettingsWatch(candidate_files(self._config), self._settings_changed, self._look_seconds):
            while not self._end.is_set():
                try:
                    departure = self._run_robot(self._load())
                except (AlreadyRunningError, OfflineLimitError):
                    raise
                except RobotError as error:
                    if not self._persistent:
                        raise
                    self._wait_for_a_person(error)
                else:
                    if departure is not Departure.SETTINGS_CHANGED:
                        return ExitCode.OK
        return ExitCode.OK

    def _run_robot(self, loaded: LoadedSettings) -> Departure:
        settings = loaded.settings
        paths = DataPaths(settings.data_dir)
        set_language(settings.language)
        self._redactor.learn(settings.guid)
        with ExitStack() as stack:
            # The places first: a second start must not write into the log of the robot that runs.
            stack.enter_context(SingleInstance(settings.guid))
            stack.enter_context(DataLock(paths.lock))
            handler = logs.start_logging(paths, self._redactor, keep_days=settings.keep_logs_days)
            stack.callback(logs.detach, handler)
            _introduce(loaded)
            logs.remove_old_job_logs(paths.job_logs, settings.keep_logs_days)
            origin = origin_of(settings.host, settings.guid)
            journal = Journal.open(paths.journal, self._gate, origin)
            stack.callback(journal.close)
            if journal.set_aside:
                log.error(
                    "The journal was damaged and is set aside as %s; the new one took over %d jobs",
                    journal.set_aside,
                    journal.salvaged,
                )
            if settings.send_logs:
                from app.robot.log_shipping import LogShipper  # late: off by default

                stack.enter_context(LogShipper(client_factory(settings), settings.guid, self._board, self._redactor))
            robot = Robot(self._parts(settings, paths, journal))
            with self._lock:
                self._robot, self.loaded = robot, loaded
                self._board.publish(no_settings=False)
                if self._end.is_set():
                    robot.quit()
            try:
                return robot.run()
            finally:
                with self._lock:
                    self._robot = None

    def _parts(self, settings: Settings, paths: DataPaths, journal: Journal) -> Parts:
        from app.jobs.runner import JobRunner

        return Parts(
            settings=settings,
            paths=paths,
            journal=journal,
            runner=JobRunner(settings, paths.runs),
            board=self._board,
            session=self._session,
            clock=self._clock,
            new_client=client_factory(settings),
        )

    def nobody_looks(self) -> None:
        """There is no tray after all: what a person must mend ends the robot, now and later, as it does headless."""
        self._persistent = False
        self._look_again.set()

    def _wait_for_a_person(self, error: RobotError) -> None:
        """Show what is wrong, and wait for a minute, a changed settings file, or the end."""
        log.error("%s", error)
        self._board.publish(state=RobotState.ERROR, problem=str(error), job=None, no_settings=self.loaded is None)
        self._clock.wait(self._look_again, RETRY_SECONDS)
        self._look_again.clear()

    def _settings_changed(self) -> None:
        """A settings file was saved: take it if it is right, say so if not. Runs on the watch's thread."""
        with self._lock:
            robot = self._robot
        if robot is None:
            self._look_again.set()
            return
        try:
            loaded = self._load()
        except SettingsError as error:
            log.error("The changed settings are wrong; the old ones stay. %s", error)  # noqa: TRY400 - no defect
            self._board.publish(settings_problem=str(error))
            return
        self._board.publish(settings_problem="")
        if self.loaded is None or loaded.settings != self.loaded.settings:
            log.info("The settings have changed and take effect after the running job")
            robot.reload()

    # ------------------------------------------------------------------ RobotControls, for the robot that runs

    def _with_robot(self, action: Callable[[Robot], None]) -> None:
        with self._lock:
            robot = self._robot
        if robot is not None:
            action(robot)

    def stop_job(self) -> None:
        """Soft stop of the running job."""
        self._with_robot(Robot.stop_job)

    def abort_job(self) -> None:
        """Hard stop of the running job."""
        self._with_robot(Robot.abort_job)

    def pause(self) -> None:
        """Finish the running job and take no more."""
        self._board.publish(paused=True)  # also for the robot that a change of settings brings
        self._with_robot(Robot.pause)

    def resume(self) -> None:
        """Take jobs again."""
        self._board.publish(paused=False)
        self._with_robot(Robot.resume)

    def cancel_leaving(self) -> None:
        """Don't log off now."""
        self._with_robot(Robot.cancel_leaving)

    def quit(self) -> None:
        """End; a running job is aborted and reported."""
        self._gate.hurry()
        self._ended(Robot.quit)

    def finish(self) -> None:
        """End once the running job has ended and is reported."""
        self._ended(Robot.finish)

    def end_of_session(self) -> None:
        """Windows ends the session: write the running job's outcome down, then end."""
        self._gate.hurry()
        self._ended(Robot.end_of_session)

    def _ended(self, how: Callable[[Robot], None]) -> None:
        with self._lock:
            self._end.set()
        self._look_again.set()
        self._with_robot(how)


def _introduce(loaded: LoadedSettings) -> None:
    """The first lines of a run in the log: which program, which settings, what is unwise in them."""
    from app import __version__

    settings = loaded.settings
    log.info("Robot %s starts; settings from %s", __version__, ", ".join(map(str, loaded.files)) or "the environment")
    log.info(
        "Orchestrator %s, scripts in %s, data in %s, when idle: %s",
        settings.host,
        settings.scripts,
        settings.data_dir,
        settings.when_idle,
    )
    facts = session_facts()
    log.log(logging.WARNING if facts.problems() else logging.INFO, "Session: %s", facts)
    for advice in advice_on(settings):
        log.warning("%s", advice.text)
