"""The robot's own log: a file by day, the console when headless, every line redacted on its way out."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, TextIO

from app.base.data_folder import is_ours_below, make_data_folder
from app.base.errors import RobotError
from app.base.file_by_day import FileByDay
from app.base.i18n import _
from app.base.os_reasons import describe_os_error
from app.base.patient_handler import PATIENCE, PatientHandler
from app.base.plain_files import is_plain_folder
from app.base.plain_text import log_text
from app.base.private_files import make_private_folder
from app.base.start_log import StartLog
from app.base.streams import speak_utf8_to

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.base.paths import DataPaths
    from app.base.redaction import Redactor

log = logging.getLogger("robot.program")

LogFormat = Literal["text", "json"]
_FORMAT: Final = "%(asctime)s %(levelname)-7s %(message)s"
_SECONDS_PER_DAY: Final = 86400
_IN_LOG: Final = "in_log"
_ON_CONSOLE: Final = "on_console"
NOT_ON_CONSOLE: Final = {_ON_CONSOLE: False}
"""`extra` of a record that whoever sits at the console gets to know otherwise."""


class RedactingFormatter(logging.Formatter):
    """Formats the whole record, traceback included, and masks secrets in the finished text."""

    default_msec_format = "%s.%03d"

    def __init__(self, redactor: Redactor) -> None:
        super().__init__(_FORMAT)
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """One line without secrets; further ones (a traceback, a server's text) are indented: none can pose as one."""
        text = self._redactor(super().format(record)).replace("\r\n", "\n")
        return log_text(text).replace("\n", "\n    ")


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `time` (UTC, ISO 8601), `level`, `logger`, `message`, `error` with the traceback."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line of JSON without secrets."""
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._redactor(record.getMessage()),
        }
        if record.exc_info:
            fields["error"] = self._redactor(self.formatException(record.exc_info))
        return json.dumps(fields, ensure_ascii=False)


def _formatter(log_format: LogFormat, redactor: Redactor) -> logging.Formatter:
    return JsonFormatter(redactor) if log_format == "json" else RedactingFormatter(redactor)


def start_logging(
    paths: DataPaths, redactor: Redactor, *, keep_days: int, log_format: LogFormat = "text"
) -> logging.Handler:
    """Log into `paths.robot_log`; returns the handler, so that a change of `data_dir` can replace it.

    With each new day old logs and evidence go, not only at a start: a robot may run for months.

    Raises:
        RobotError: the folder can't be written.
    """

    def on_new_day() -> None:
        remove_old_logs(paths.job_logs, keep_days)
        remove_old_evidence(paths.evidence, keep_days)

    try:
        make_data_folder(paths.root)
        make_private_folder(paths.logs)
        handler = FileByDay(paths.robot_log, on_new_day)
    except OSError as error:
        raise RobotError(
            _("The log folder {folder} can't be written: {reason}.").format(
                folder=paths.logs, reason=describe_os_error(error).for_people()
            ),
            _("Give this user the right to write there, or set data_dir to another folder."),
        ) from None
    handler.setFormatter(_formatter(log_format, redactor))
    _attach(handler)
    logging.captureWarnings(capture=True)
    return handler


@contextmanager
def robot_log(
    paths: DataPaths,
    redactor: Redactor,
    *,
    keep_days: int,
    log_format: LogFormat = "text",
    earlier: StartLog | None = None,
) -> Iterator[None]:
    """`start_logging` while the context lasts. What ends it by an error stands in the log, whoever else hears of it.

    `earlier` gives it what was said before it was open.

    Raises:
        RobotError: the folder can't be written.
    """
    handler = start_logging(paths, redactor, keep_days=keep_days, log_format=log_format)
    if earlier is not None:
        earlier.hand_over(handler)
    try:
        yield
    except BaseException as error:
        log_end(error)
        raise
    finally:
        detach(handler)
        if earlier is not None:
            earlier.take_over()


def start_log(redactor: Redactor) -> StartLog:
    """The log of the first seconds, at work from now on."""
    handler = StartLog(RedactingFormatter(redactor))
    _attach(handler)
    return handler


def is_logged(error: BaseException) -> bool:
    """Whether `log_end` has written this error down."""
    return getattr(error, _IN_LOG, False)


def log_end(error: BaseException) -> None:
    """Write down what ends the robot, once. On the console whoever started it is told in other words."""
    if is_logged(error):
        return
    setattr(error, _IN_LOG, True)
    if isinstance(error, RobotError):
        log.error("The robot ends with exit code %d: %s", error.exit_code, error, extra=NOT_ON_CONSOLE)
    else:
        log.error("The robot ends by an error that nobody foresaw", exc_info=error)


def _attach(handler: logging.Handler) -> None:
    # What logging itself prints about a line that couldn't be written (disk full) holds the line's raw arguments.
    logging.raiseExceptions = False
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)


def log_to_console(
    redactor: Redactor, log_format: LogFormat, stream: TextIO | None = None, patience: float = PATIENCE
) -> PatientHandler | None:
    """Log to the console as well: coloured on a terminal, plain lines or JSON otherwise; None if there is none.

    Whoever reads there may stop reading: a line is waited for `patience` seconds at most.
    """
    stream = stream or sys.stderr
    if stream is None:  # a windowed program has no console
        return None
    handler: logging.Handler
    if log_format == "text" and stream.isatty():
        from app.base.console import rich_log_handler  # late: rich is for terminals only

        handler = rich_log_handler(redactor)
    else:
        if log_format == "json":
            speak_utf8_to(stream)
        handler = logging.StreamHandler(stream)
        handler.setFormatter(_formatter(log_format, redactor))
    patient = PatientHandler(handler, patience)
    if log_format == "text":  # JSON is for programs, which read nothing else
        patient.addFilter(lambda record: getattr(record, _ON_CONSOLE, True))
    _attach(patient)
    return patient


def leave_console(handler: PatientHandler) -> None:
    """Write what waits, and no more. If nobody reads there, stderr gets nothing any more: the end would wait."""
    logging.getLogger().removeHandler(handler)
    if not handler.finish():
        sys.stderr = _Nowhere()


class _Nowhere(io.StringIO):
    """A stderr that takes everything and keeps nothing."""

    def write(self, text: str) -> int:
        return len(text)


def end_if_nobody_reads(code: int) -> None:
    """End this process at once if a thread still writes to the console: Python's own end would wait for it."""
    if isinstance(sys.stderr, _Nowhere):
        os._exit(code)


def detach(handler: logging.Handler) -> None:
    """Flush and close a handler; the last step of a run."""
    logging.getLogger().removeHandler(handler)
    with suppress(OSError, ValueError):
        handler.close()


def remove_old_evidence(folder: Path, keep_days: int, now: float | None = None) -> int:
    """Delete what runs have kept, once nothing of a run's is younger than `keep_days`; returns how many runs'.

    A link or a junction in the place of a run's folder leads to what is none of ours: it stays, and all behind it. So
    does a folder that isn't named after a job.
    """
    oldest = (time.time() if now is None else now) - keep_days * _SECONDS_PER_DAY
    removed = 0
    for run in _ours_below(folder, "evidence"):
        with suppress(OSError):  # a file held open is deleted another day
            files = list(run.iterdir())
            if all(file.stat().st_mtime < oldest for file in [run, *files]):
                for file in files:
                    file.unlink()
                run.rmdir()
                removed += 1
    return removed


def remove_old_logs(job_logs: Path, keep_days: int, now: float | None = None) -> int:
    """Delete the logs older than `keep_days` (and folders that this empties); returns how many.

    The jobs', and the days of the robot's own beside them.
    Links and junctions among the folders, and those that aren't named after a day, are left alone.
    """
    oldest = (time.time() if now is None else now) - keep_days * _SECONDS_PER_DAY
    removed = sum(_remove_if_older(file, oldest) for file in job_logs.parent.glob("robot.log.????-??-??"))
    for day in _ours_below(job_logs, "jobs"):
        for file in day.glob("*.log"):
            if _remove_if_older(file, oldest):
                with suppress(OSError):
                    file.with_suffix(".times").unlink(missing_ok=True)  # of its lines
                removed += 1
        with suppress(OSError):  # not empty, or no folder
            day.rmdir()
    return removed


def _ours_below(folder: Path, name: str) -> list[Path]:
    """The robot's own folders in a folder that a data folder has under this name. One that can't be read has none."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    return [entry for entry in entries if is_ours_below(name, entry.name) and is_plain_folder(entry)]


def _remove_if_older(file: Path, oldest: float) -> bool:
    with suppress(OSError):  # a file held open is deleted another day
        if file.lstat().st_mtime < oldest:
            file.unlink()
            return True
    return False
