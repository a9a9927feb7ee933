"""The life of the robot in one program run: settings → robot → settings again, errors that a person must mend.

Shutdown order, innermost first: the running job (killed and written down) → its heartbeats → delivery (one attempt at
what was never tried) → the loop's connection → the page → messages to the Orchestrator (`send_logs`) → journal → log →
the locks of data folder and GUID → settings watch → what programs are told (the last word: ended). Each owner joins its
own threads.
"""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from app.base import logs
from app.base.dataclass import replace
from app.base.errors import AlreadyRunningError, ExitCode, OfflineLimitError, RobotError, SettingsError
from app.base.i18n import set_language
from app.base.paths import DataPaths
from app.jobs.runner_when_needed import RunnerWhenNeeded
from app.journal.errors import JournalError
from app.journal.gate import Gate
from app.journal.journal import Journal
from app.monitoring.monitor import Monitor
from app.orchestrator.client import client_factory
from app.orchestrator.origin import origin_of
from app.program.data_folders import left_behind, remember, reports_in
from app.program.introduction import introduce
from app.program.own_page import OwnPage
from app.program.places import places_of
from app.program.script_channels import script_channels
from app.program.summing import Summing
from app.program.trouble import Trouble
from app.robot.controls import Controls, ExitReason
from app.robot.dependencies import Dependencies
from app.robot.heartbeats import presence
from app.robot.loop import Robot
from app.robot.pace import Polls
from app.robot.unjournaled import Unwritten
from app.settings.loading import candidate_files, data_dir_of
from app.settings.watch import LOOK_SECONDS, SettingsWatch

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from app.base.clock import Clock
    from app.base.redaction import Redactor
    from app.base.start_log import StartLog
    from app.orchestrator.client import OrchestratorClient
    from app.orchestrator.origin import Origin
    from app.robot.idle import WindowsSession
    from app.robot.state import Snapshot, StateBoard
    from app.settings.loading import LoadedSettings
    from app.settings.model import Settings

log = logging.getLogger("robot.program")
RETRY_SECONDS: Final = 60.0  # after an error that a person must mend, behind the tray


class Service:
    """Runs robots until there is no more work, or until told to end. What is asked of them comes through `controls`.

    The settings that were validated are the ones in force: a robot that ends because of a change is followed by one
    with exactly the settings that were read then, whatever the files say meanwhile. Settings with which no robot comes
    up (a folder that is in use or can't be written) give way to the old ones.

    Args:
        load: reads the settings; raises SettingsError.
        config: the file given by `--config`, for the watch.
        persistent: behind the tray: an error that a person must mend is shown and tried again, instead of ending.
        look_seconds: between looks at the settings files.
        start_log: takes what is said while there is no robot.

    Attributes:
        controls: what was asked; it outlives the robots.
        trouble: what keeps a robot from coming up, for whoever looks.
        page: the robot's own page.
        loaded: the settings in force; None before the first were read.
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
        start_log: StartLog | None = None,
    ) -> None:
        self._load = load
        self._config = config
        self._board = board
        self._session = session
        self._redactor = redactor
        self._clock = clock
        self._persistent = persistent
        self._look_seconds = look_seconds
        self._lock = threading.Lock()
        self._next: LoadedSettings | None = None  # read well, not in force yet
        self._chosen: LoadedSettings | None = None  # the last of these
        self._postponed: LoadedSettings | None = None  # with another data folder
        self._missed = False  # a wrong change that came before there were settings in force
        self._undelivered = 0
        self._monitor = Monitor(board, redactor, clock)
        self._polls = Polls()
        self._unwritten = Unwritten()
        self.controls = Controls(board)
        self.trouble = Trouble(board, config, start_log)
        self.page = OwnPage(self, board, config, redactor, clock)
        self.loaded: LoadedSettings | None = None

    def run(self) -> ExitCode:
        """Live.

        Raises:
            RobotError: what ends the program, with its exit code.
        """
        with self._monitor, ExitStack() as stack:
            stack.callback(self._board.subscribe(self._look_for_an_empty_outbox))
            stack.callback(self.page.close)
            stack.enter_context(
                SettingsWatch(candidate_files(self._config), self._settings_changed, self._look_seconds)
            )
            while not (self.controls.ending or self.controls.finishing):
                try:
                    reason = self._run_robot(self._settings_for_the_next_robot())
                except (AlreadyRunningError, OfflineLimitError):
                    raise
                except RobotError as error:
                    if self.loaded is None:
                        self._monitor.none_comes_up(self.trouble.data_dir or data_dir_of(self._config))
                    if not self._persistent:
                        raise
                    self._wait_for_a_person(error)
                else:
                    if reason is not ExitReason.SETTINGS_CHANGED:
                        return ExitCode.OK
        return ExitCode.OK

    def _settings_for_the_next_robot(self) -> LoadedSettings:
        """Those of the last good change; else, as at the start and after an error, what the files say now."""
        with self._lock:
            loaded, self._next = self._next, None
            self.controls.reloading = False  # that is what happens now
        loaded = loaded or self._load()
        self.trouble.data_dir = loaded.settings.data_dir
        return loaded

    def _run_robot(self, loaded: LoadedSettings) -> ExitReason:
        """One robot's life, with `loaded` or, if it doesn't come up with them, with the settings before."""
        with ExitStack() as stack:
            try:
                reason = self._robot_that_comes_up(loaded, stack).run()
            except JournalError as error:
                if not self.controls.ending:
                    raise
                log.error("%s", error.message)  # noqa: TRY400 - the next start reports the job
                reason = ExitReason.TOLD_TO_END
            if reason is not ExitReason.SETTINGS_CHANGED:
                self.page.close()  # before the journal that it reads
            return reason

    def _robot_that_comes_up(self, loaded: LoadedSettings, stack: ExitStack) -> Robot:
        before = self.loaded
        try:
            return self._bring_up(loaded, stack)
        except RobotError as error:
            if before is None or before.settings == loaded.settings or self.controls.ending:
                raise  # through the log, which `stack` still holds
            stack.close()
            log.error("The changed settings can't be used; the old ones stay. %s", error)  # noqa: TRY400
            self._board.publish(settings_problem=str(error))
            return self._bring_up(before, stack)

    def _bring_up(self, loaded: LoadedSettings, stack: ExitStack) -> Robot:
        """Everything that a robot with these settings needs; `stack` takes it down again, in the reverse order."""
        loaded = self._kept_to_the_old_folder(loaded)
        settings = loaded.settings
        paths = DataPaths(settings.data_dir)
        set_language(settings.language)
        self._redactor.learn(settings.guid)
        # The places first: a second start must not write into the log of the robot that runs.
        stack.enter_context(
            places_of(settings, self._started_once_more, self.page.tell_address, by_hand=self._persistent)
        )
        stack.enter_context(_robot_log(settings, paths, self._redactor, self.trouble.start_log))
        self._monitor.use(settings, loaded.policies)
        introduce(loaded)
        for folder, waiting in left_behind(settings.guid, settings.data_dir).items():
            log.warning(
                "%d reports wait in %s, an earlier data folder: set data_dir to it until they arrive", waiting, folder
            )
        logs.remove_old_logs(paths.job_logs, settings.keep_logs_days)
        logs.remove_old_evidence(paths.evidence, settings.keep_logs_days)
        stack.callback(remember, settings.guid, settings.data_dir)  # when the journal is closed
        new_client, origin = client_factory(settings), origin_of(settings.host, settings.guid)
        journal = self._open_journal(paths, origin, new_client, stack)
        stack.enter_context(Summing(journal, self._board, self._clock))
        if settings.send_logs:
            from app.robot.log_shipping import LogShipper  # late: off by default

            stack.enter_context(LogShipper(new_client, settings.guid, self._board, self._redactor))
        gateway, changes = script_channels(settings, origin, paths, journal, new_client, self._board, self._clock)
        stack.enter_context(gateway)
        robot = Robot(
            Dependencies(
                settings=settings,
                paths=paths,
                journal=journal,
                origin=origin,
                runner=RunnerWhenNeeded(settings, paths.runs, gateway),
                board=self._board,
                controls=self.controls,
                session=self._session,
                clock=self._clock,
                new_client=new_client,
                changes=changes,
                polls=self._polls,
                unwritten=self._unwritten,
            )
        )
        with self._lock:
            others = self.loaded is None or self.loaded.settings != settings
            self.loaded = loaded
            missed, self._missed = self._missed, False
            if self._next is not None:  # a change that came while this was going on
                self.controls.reload()
        self._board.publish(no_settings=False, unfilled=False)
        if others:
            self._board.publish(settings_since=self._clock.now())
        if missed:
            self._settings_changed()
        return robot

    def _started_once_more(self) -> None:
        self._board.publish(second_starts=self._board.snapshot.second_starts + 1)

    def _open_journal(
        self, paths: DataPaths, origin: Origin, new_client: Callable[[], OrchestratorClient], stack: ExitStack
    ) -> Journal:
        """The journal, as soon as nobody else holds it; meanwhile the Orchestrator hears that the robot is there."""
        gate = Gate(self._clock, lambda problem: self._board.publish(journal_problem=problem))
        stack.callback(self.controls.when_ending(gate.hurry))
        with presence(new_client, self._clock, self._polls):
            journal = Journal.open(paths.journal, gate, origin)
        stack.callback(journal.close)
        _say_what_was_saved(journal)
        return journal

    def _kept_to_the_old_folder(self, loaded: LoadedSettings) -> LoadedSettings:
        """`loaded`, but with the data folder of before as long as reports wait there (durability rule 2)."""
        self._postponed = None
        before = self.loaded
        if before is None or before.settings.data_dir == loaded.settings.data_dir:
            return loaded
        old = before.settings.data_dir
        waiting = reports_in(old)
        if not waiting:
            return loaded
        log.warning("%d reports wait in %s: the changed data_dir takes effect when they are delivered", waiting, old)
        self._postponed = loaded
        return replace(loaded, settings=replace(loaded.settings, data_dir=old))

    def _look_for_an_empty_outbox(self, snapshot: Snapshot) -> None:
        """What waited in the old data folder has been delivered: the postponed change may take effect."""
        postponed = self._postponed
        if postponed is not None and not snapshot.undelivered and self._undelivered:
            self._take_over(postponed)
        self._undelivered = snapshot.undelivered

    def _take_over(self, loaded: LoadedSettings) -> None:
        with self._lock:
            self._next = self._chosen = loaded
        self.controls.reload()

    def nobody_looks(self) -> None:
        """There is no tray after all: what a person must mend ends the robot, now and later, as it does headless."""
        self._persistent = False
        self.controls.wake.set()

    def _wait_for_a_person(self, error: RobotError) -> None:
        """Show what is wrong, and wait for a minute, a changed settings file, or the end."""
        self.trouble.tell(error, no_settings=self.loaded is None)
        self.controls.no_job_runs()
        self.controls.wait(self._clock, RETRY_SECONDS)

    def _settings_changed(self) -> None:
        """A settings file was saved: take it if it is right, say so if not. Runs on the watch's thread."""
        try:
            loaded = self._load()
        except SettingsError as error:
            with self._lock:
                self._missed = self.loaded is None
            if self._missed:
                self.controls.wake.set()  # whoever waits for a person says what is wrong now
                return
            log.error("The changed settings are wrong; the old ones stay. %s", error)  # noqa: TRY400 - no defect
            self._board.publish(settings_problem=str(error))
            return
        self._board.publish(settings_problem="")
        # Settings that are taken back are those in force, and yet others than the next robot would have.
        in_force_and_next = (self.loaded, self._chosen or self.loaded)
        if any(each is None or each.settings != loaded.settings for each in in_force_and_next):
            log.info("The settings have changed and take effect after the running job")
            self._take_over(loaded)


def _robot_log(
    settings: Settings, paths: DataPaths, redactor: Redactor, earlier: StartLog | None
) -> AbstractContextManager[None]:
    return logs.robot_log(
        paths, redactor, keep_days=settings.keep_logs_days, log_format=settings.log_format, earlier=earlier
    )


def _say_what_was_saved(journal: Journal) -> None:
    if journal.set_aside:
        rows = journal.salvaged
        log.error("The journal was damaged and is set aside as %s; %d rows of it were saved", journal.set_aside, rows)
