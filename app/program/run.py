"""The robot behind the tray icon, or headless: threads and signals. Puts the edges together."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from typing import TYPE_CHECKING, Final

from app import __version__
from app.base import logs
from app.base.clock import Clock
from app.base.errors import ExitCode, RobotError
from app.base.redaction import Redactor
from app.program.service import Service
from app.robot.state import StateBoard
from app.system.end_of_session import EndOfSession
from app.system.finish_requests import FinishRequests
from app.system.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType

    from app.robot.state import Snapshot
    from app.settings.loading import LoadedSettings
    from app.tray.tray import Tray

log = logging.getLogger("robot.program")
WIND_UP_SECONDS: Final = 4.0  # Windows allows five at the end of a session
_LOOK_SECONDS: Final = 1.0  # a wait without a limit can't be interrupted by Ctrl-C on Windows


class RobotThread:
    """The service on a thread of its own; its result or its error is kept for the main thread."""

    def __init__(self, service: Service, on_end: Callable[[], None]) -> None:
        self._service = service
        self._on_end = on_end
        self._error: BaseException | None = None
        self._result = ExitCode.OK
        self.ended = threading.Event()
        # No `OwnedThread`, which is a daemon: whatever happens to the main thread, the job is ended and written down.
        self._thread = threading.Thread(target=self._run, name="robot")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result = self._service.run()
        except BaseException as error:  # noqa: BLE001 - raised again by `result`, on the main thread
            self._error = error
        finally:
            self.ended.set()
            self._on_end()

    def result(self) -> ExitCode:
        """Join the thread; the service's exit code.

        Raises:
            RobotError: what ended the service.
        """
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._result


def start(
    load: Callable[[], LoadedSettings], config: Path | None, *, headless: bool, log_format: logs.LogFormat | None
) -> ExitCode:
    """Run the robot until it ends; `log_format` None keeps the log out of the console.

    Raises:
        RobotError: what ended the robot, with its exit code.
    """
    redactor = Redactor()
    console = logs.log_to_console(redactor, log_format) if log_format else None
    start_log = logs.start_log(redactor)
    command = " ".join(f'"{part}"' if " " in part else part for part in sys.argv)
    log.info("Process %d of Robot %s: %s", os.getpid(), __version__, command, extra=logs.NOT_ON_CONSOLE)
    board = StateBoard()
    board.publish(robot=_name(config))
    service = Service(load, config, board, Session(), redactor, Clock(), persistent=not headless, start_log=start_log)
    try:
        return _run_threads(service, board, None) if headless else _run_with_tray(service, board, config)
    except BaseException as error:
        service.trouble.settle_log()
        if isinstance(error, RobotError):  # JSON is read by programs, which get it as a record
            error.said = log_format == "json" or (log_format is not None and service.trouble.is_said(error))
        logs.log_end(error)
        raise
    finally:
        logs.detach(start_log)
        if console is not None:
            logs.leave_console(console)


def _name(config: Path | None) -> str:
    """What tells this robot from others for a person: the settings file that was named, else the computer."""
    if config is None:
        return socket.gethostname()
    file = config.absolute()
    return file.parent.name if file.stem == "robot" else file.stem


def _run_threads(service: Service, board: StateBoard, tray: Tray | None) -> ExitCode:
    """The robot on its own thread; signals, and the tray if there is one, on the main thread."""
    robot = RobotThread(service, on_end=tray.close if tray else lambda: None)
    interrupted = threading.Event()

    def end_of_session() -> None:
        service.controls.end_of_session()
        robot.ended.wait(WIND_UP_SECONDS)  # Windows ends the process as soon as this returns

    spoken = threading.Event()

    def look(snapshot: Snapshot) -> None:
        if not snapshot.starting:
            spoken.set()

    board.subscribe(look)
    with (
        _interruptions(service, board, interrupted),
        EndOfSession(end_of_session, first=spoken),
        FinishRequests(service.controls),
    ):
        robot.start()
        if tray:
            from app.tray.platform_icon import TrayUnavailableError  # late, as the tray itself

            try:
                tray.run()
            except TrayUnavailableError as error:  # no desktop, session 0, or the shell has gone
                log.warning("There is no tray here (%s); the robot goes on without it", error)
                service.nobody_looks()
        while not robot.ended.wait(_LOOK_SECONDS):
            pass
    result = robot.result()
    return ExitCode.INTERRUPTED if interrupted.is_set() else result


@contextlib.contextmanager
def _interruptions(service: Service, board: StateBoard, interrupted: threading.Event) -> Iterator[None]:
    """Ctrl-C, SIGTERM and SIGHUP as wishes to the robot. Signal handlers run on the main thread, between its waits."""

    def on_interrupt(_number: int, _frame: FrameType | None) -> None:
        if board.snapshot.job and not interrupted.is_set():
            interrupted.set()
            log.warning("A job is running; the robot ends after it. Press Ctrl-C again to abort the job now")
            service.controls.finish()
            return
        interrupted.set()
        service.controls.quit()

    def on_terminate(_number: int, _frame: FrameType | None) -> None:
        interrupted.set()
        service.controls.quit()

    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, on_interrupt),
        signal.SIGTERM: signal.signal(signal.SIGTERM, on_terminate),
    }
    if sys.platform != "win32":
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # `nohup` has it so; else the terminal has gone
            before[signal.SIGHUP] = signal.signal(signal.SIGHUP, on_terminate)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, before)  # whoever started it may have left them blocked
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _run_with_tray(service: Service, board: StateBoard, config: Path | None) -> ExitCode:
    """Behind the tray icon; where there is no tray it goes on without one."""
    from app.program.tray_actions import Actions
    from app.tray.tray import Tray  # late: a headless robot needs neither pystray nor Pillow

    actions = Actions(service, board, config)

    def notifications() -> bool:  # before there are settings, wrong ones must be told
        return service.loaded is None or service.loaded.settings.notifications

    # What ends the robot here (a second start, `offline_limit`) is in the log. A dialog would keep an unattended
    # program alive until somebody comes, and Task Scheduler from starting it again.
    tray = Tray(board, service.controls, actions, notifications=notifications, before_menu=actions.look_at_autostart)
    return _run_threads(service, board, tray)
