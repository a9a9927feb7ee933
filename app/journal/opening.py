"""Getting hold of a journal file that can be trusted, whatever lies on the disk.

A file that another program keeps locked is waited for: there is never a second journal beside it. (An earlier version
made one, `journal-beside.sqlite3`; its rows are taken over, once.) A file of a later version is left as it is. A
damaged one is replaced by a fresh one with everything that can still be read of it, and keeps its content under
another name.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from app.base.dataclass import dataclass
from app.base.i18n import _
from app.base.private_files import make_private_folder
from app.journal import schema
from app.journal.errors import (
    JournalError,
    JournalVersionError,
    describe_journal_error,
    is_busy_or_full,
    is_damage,
    primary_code,
)
from app.journal.statements import origin_id

if TYPE_CHECKING:
    from pathlib import Path

    from app.journal.gate import Gate
    from app.orchestrator.origin import Origin

log = logging.getLogger("robot.journal")

BUSY_SECONDS: Final = 0.25  # within one try; the gate waits between tries
_JOB_COLUMNS: Final = (
    "guid, name, process_version_guid, mark, started_at, log_file, pid, created_at, ended_at, status, exit_code,"
    " reason, last_line"
)


@dataclass(frozen=True)
class Opened:
    """An open, up-to-date file.

    Attributes:
        set_aside: the damaged file whose place it took, or None.
        salvaged: how many of its jobs were taken over.
    """

    db: sqlite3.Connection
    set_aside: Path | None = None
    salvaged: int = 0


class _UnusableError(Exception):
    """The file is there, and can't be the journal."""


def suspect_file(path: Path) -> Path:
    """A mark beside the journal: damage was met while it was in use, so the next open looks at all of it."""
    return path.with_name(f"{path.name}-suspect")


def note_damage(path: Path, error: JournalError) -> bool:
    """Leave that mark if `error` comes of damage; whether it does."""
    damaged = isinstance(error.__cause__, sqlite3.Error) and is_damage(error.__cause__)
    if damaged:
        with contextlib.suppress(OSError):
            suspect_file(path).touch()
    return damaged


def open_file(path: Path, gate: Gate, origin: Origin | None) -> Opened:
    """An open, up-to-date journal; waits at the gate while the file is busy or the disk full.

    Raises:
        JournalVersionError: a later version of the robot wrote it.
        JournalError: nothing can be written there.
    """
    try:
        return gate.through(lambda: open_now(path, origin), path, passes=is_busy_or_full)
    except JournalVersionError:
        raise
    except JournalError as error:
        cause = error.__cause__
        if not isinstance(cause, (sqlite3.Error, OSError)):
            raise
        raise JournalError(
            _("The journal {path} can't be written: {error}").format(path=path, error=describe_journal_error(cause)),
            _("Make sure that the folder exists, may be written by this user, and has free space."),
        ) from cause


def open_now(path: Path, origin: Origin | None) -> Opened:
    """The same, without a wait.

    Raises:
        JournalVersionError: as above.
        sqlite3.Error, OSError: it can't be used now.
    """
    make_private_folder(path.parent)
    opened = _open_or_replace(path)
    try:
        _settle_origins(opened.db, path, origin)
    except BaseException:
        opened.db.close()
        raise
    return opened


def open_to_read(path: Path) -> sqlite3.Connection:
    """An existing journal, which may be in use by a running robot, for reading only.

    One of an earlier version is read as well: the migrated copy of it that this makes is gone with the connection.

    Raises:
        JournalVersionError: a later version of the robot wrote it.
        JournalError: there is none, or it can't be read.
    """
    _refuse_newer(path, _version_on_disk(path))
    db = None
    try:
        db = _existing(path, "ro")
        if schema.version_of(db) == schema.VERSION:
            return db
        copy = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        db.backup(copy)
        schema.migrate(copy)
    except sqlite3.Error as error:
        if db:
            db.close()
        raise JournalError(
            _("The journal {path} can't be read: {error}").format(path=path, error=describe_journal_error(error)),
            _("Start the robot once: it mends or replaces its journal."),
        ) from error
    db.close()
    return copy


def open_to_change(path: Path) -> sqlite3.Connection:
    """An existing journal of the present version, which may be in use by a running robot.

    Raises:
        JournalVersionError: a later version of the robot wrote it.
        JournalError: there is none, or it can't be used.
    """
    _refuse_newer(path, _version_on_disk(path))
    hint = _("Start the robot once: it mends or replaces its journal.")
    db = None
    try:
        db = _existing(path, "rw")
        if schema.version_of(db) == schema.VERSION:
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA secure_delete = ON")
            return db
    except sqlite3.Error as error:
        if db:
            db.close()
        raise JournalError(
            _("The journal {path} can't be read: {error}").format(path=path, error=describe_journal_error(error)), hint
        ) from error
    db.close()
    raise JournalError(_("The journal {path} is of an earlier version of the robot.").format(path=path), hint)


def _existing(path: Path, mode: str) -> sqlite3.Connection:
    # An empty authority also for a UNC path, which Path.as_uri() would turn into `file://server/…`.
    posix = path.absolute().as_posix()
    return _connection(f"file://{quote(posix if posix.startswith('/') else f'/{posix}')}?mode={mode}", uri=True)


def _connection(target: str, *, uri: bool = False) -> sqlite3.Connection:
    return sqlite3.connect(target, uri=uri, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def _refuse_newer(path: Path, version: int) -> None:
    if version > schema.VERSION:
        raise JournalVersionError(
            _("The journal {path} was written by a later version of the robot.").format(path=path),
            _("Install that version again, or set data_dir to another folder. The file is left as it is."),
        )


def _open_or_replace(path: Path) -> Opened:
    _refuse_newer(path, _version_on_disk(path))
    _finish_replacement(path)
    try:
        return Opened(_connect(path))
    except sqlite3.Error as error:
        if not is_damage(error) and primary_code(error) != sqlite3.SQLITE_ERROR:  # no tables of ours
            raise
        why = str(error)
    except _UnusableError as error:
        why = str(error)
    set_aside, salvaged = _replace(path)
    log.error("The journal %s is unusable (%s); it is now %s", path, why, set_aside)
    return Opened(_connect(path), set_aside, salvaged)


def _version_on_disk(path: Path) -> int:
    """The schema version of a file that nothing must be written to; 0 if it can't be told without that.

    Never through Python's own `open`: on POSIX its end would drop the locks that SQLite has on the file for this
    process, and another program's end would take the log away from under the robot.
    https://www.sqlite.org/howtocorrupt.html, 2.2
    """
    if not os.path.isfile(path):  # noqa: PTH113 - Path's own raises where the folder can't be looked into
        return 0
    # Read-only, SQLite leaves a log where it is; where there is none, `immutable` keeps it from making one.
    mode = "ro" if _was_left_open(path) else "ro&immutable=1"
    with contextlib.suppress(sqlite3.Error), contextlib.closing(_existing(path, mode)) as db:
        return schema.version_of(db)
    return 0


def _connect(path: Path) -> sqlite3.Connection:
    if path.is_dir():
        raise _UnusableError("a folder")
    suspect = suspect_file(path).exists() or _was_left_open(path)
    if not path.exists():
        path.touch(mode=0o600)  # the journal is this user's; SQLite gives its -wal and -shm the same rights
    if sys.platform == "win32":
        with path.open("r+b"):  # a program that shares it with nobody is named so: SQLite only says "can't be opened"
            pass
    db = _connection(str(path))
    try:
        _refuse_newer(path, schema.version_of(db))
        _prepare(db, suspect=suspect)
    except BaseException:
        db.close()
        raise
    suspect_file(path).unlink(missing_ok=True)
    return db


def _prepare(db: sqlite3.Connection, *, suspect: bool) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA secure_delete = ON")  # what scripts sent is gone when it is delivered
    if suspect and (found := db.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise _UnusableError(found)
    schema.migrate(db)
    # All tables are looked at, and something is written: what fails at all, fails here and not in mid-run.
    db.execute("BEGIN IMMEDIATE")
    db.execute(f"PRAGMA user_version = {schema.VERSION}")
    for table in ("jobs", "outbox", "origins", "script_changes", "run_notes", "change_doubts"):
        db.execute(f"SELECT max(rowid) FROM {table}").fetchone()  # noqa: S608 - constants
    db.execute("COMMIT")


def _was_left_open(path: Path) -> bool:
    """Whether the last user of the file didn't close it: the last clean close removes the write-ahead log."""
    with contextlib.suppress(OSError):
        return path.with_name(f"{path.name}-wal").stat().st_size > 0
    return False


def _fresh_file(path: Path) -> Path:
    return path.with_name(f"{path.stem}.new{path.suffix}")


def _finish_replacement(path: Path) -> None:
    """A replacement that was cut short after its last doubtful step: the finished new file takes its place."""
    if not path.exists() and _fresh_file(path).exists():
        _fresh_file(path).rename(path)


def _replace(path: Path) -> tuple[Path, int]:
    """Put a fresh file in the place of `path`; returns the old one's new name, and how many jobs were taken over.

    The fresh one is finished first: if that fails (no space, no rights), the old file stays where it is.
    """
    from app.journal.salvage import salvage  # late: damage is rare

    fresh = _fresh_file(path)
    for tail in ("", "-wal", "-shm"):
        fresh.with_name(fresh.name + tail).unlink(missing_ok=True)
    with contextlib.closing(_connect(fresh)) as db:
        salvaged = salvage(path, db)
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    aside = path.with_name(f"{path.stem}.damaged-{stamp}{path.suffix}")
    path.rename(aside)
    for tail in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + tail).rename(aside.with_name(aside.name + tail))
    suspect_file(path).unlink(missing_ok=True)
    fresh.rename(path)
    return aside, salvaged


def _settle_origins(db: sqlite3.Connection, path: Path, origin: Origin | None) -> None:
    """Say whose the jobs of earlier versions are, those of a file beside included."""
    if origin:
        db.execute("BEGIN IMMEDIATE")
        schema.name_first_origin(db, origin)
        db.execute("COMMIT")
    beside = path.with_name(f"{path.stem}-beside{path.suffix}")
    if beside.exists():
        _take_over(db, beside, origin)


def _take_over(db: sqlite3.Connection, beside: Path, origin: Origin | None) -> None:
    """Move the rows of the file with which an earlier version stood in while the journal was locked.

    Repeating it after a crash changes nothing: a job that is known is passed over together with its reports.
    """
    _open_or_replace(beside).db.close()
    db.execute("ATTACH ? AS beside", (str(beside),))
    try:
        db.execute("BEGIN IMMEDIATE")
        db.execute("CREATE TEMP TABLE new_jobs AS SELECT guid FROM beside.jobs EXCEPT SELECT guid FROM main.jobs")
        db.execute(
            f"INSERT INTO main.jobs({_JOB_COLUMNS}, origin) SELECT {_JOB_COLUMNS}, ? FROM beside.jobs"  # noqa: S608
            " WHERE guid IN new_jobs ORDER BY id",
            (origin_id(db, origin) if origin else 1,),
        )
        db.execute(
            "INSERT INTO main.outbox(job_guid, status, created_at, attempts, last_error, dead)"
            " SELECT job_guid, status, created_at, attempts, last_error, dead FROM beside.outbox"
            " WHERE job_guid IN new_jobs ORDER BY id"
        )
        db.execute("DROP TABLE new_jobs")
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")
        db.execute("DETACH beside")
    for tail in ("", "-wal", "-shm"):
        beside.with_name(beside.name + tail).unlink(missing_ok=True)
    log.info("Took over the jobs that %s held while the journal was locked", beside)
