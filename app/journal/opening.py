"""Getting hold of a journal file that can be trusted, whatever lies on the disk.

A file that is damaged, unreadable or of a newer version is renamed, and a fresh one takes its place. A file that
another program keeps locked is left alone (renaming a SQLite file in use ruins it, and Windows forbids it): until it
is free the journal is a file beside it, whose rows are taken over at the first start that finds the main file free.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from app.base.i18n import N_, _
from app.base.os_reasons import describe_os_error
from app.journal import schema
from app.journal.errors import JournalError

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

BUSY_SECONDS: Final = 2.0
_BUSY: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGE: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_REASONS: Final = {
    sqlite3.SQLITE_FULL: N_("the disk is full"),
    sqlite3.SQLITE_BUSY: N_("another program uses it"),
    sqlite3.SQLITE_LOCKED: N_("another program uses it"),
    sqlite3.SQLITE_READONLY: N_("it can only be read"),
    sqlite3.SQLITE_CANTOPEN: N_("it can't be opened"),
    sqlite3.SQLITE_IOERR: N_("the disk reports an error"),
    sqlite3.SQLITE_CORRUPT: N_("it is damaged"),
    sqlite3.SQLITE_NOTADB: N_("it is damaged"),
}
_JOB_COLUMNS: Final = (
    "guid, name, process_version_guid, mark, started_at, log_file, pid, created_at, ended_at, status, exit_code,"
    " reason, last_line"
)


class _UnusableError(Exception):
    """The file is there, and can't be the journal."""


def primary_code(error: sqlite3.Error) -> int:
    """The primary result code of `error` (https://www.sqlite.org/rescode.html), 0 if it has none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def is_damage(error: sqlite3.Error) -> bool:
    """Whether `error` says that the file itself is broken."""
    return primary_code(error) in _DAMAGE


def reason(error: sqlite3.Error | OSError) -> str:
    """Why the journal can't be used, for people; SQLite's own words are English."""
    if isinstance(error, OSError):
        return describe_os_error(error).for_people()
    known = _REASONS.get(primary_code(error))
    return _(known) if known else str(error)


def suspect_file(path: Path) -> Path:
    """A mark beside the journal: damage was met while it was in use, so the next open looks at all of it."""
    return path.with_name(f"{path.name}-suspect")


def open_file(path: Path) -> tuple[sqlite3.Connection, Path | None]:
    """An open, up-to-date journal, and the file that had to be set aside for it (None as a rule).

    Raises:
        JournalError: nothing can be written there.
    """
    beside = path.with_name(f"{path.stem}-beside{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            db, set_aside = _open_or_replace(path)
        except sqlite3.OperationalError as error:
            if primary_code(error) not in _BUSY:
                raise
            log.warning("The journal %s is locked by another program; using %s until it is free", path, beside)
            return _open_or_replace(beside)[0], path
        if beside.exists():
            try:
                _take_over(db, beside)
            except BaseException:
                db.close()
                raise
    except (sqlite3.Error, OSError) as error:
        raise JournalError(
            _("The journal {path} can't be written: {error}").format(path=path, error=reason(error)),
            _("Make sure that the folder exists, may be written by this user, and has free space."),
        ) from error
    return db, set_aside


def open_to_read(path: Path) -> sqlite3.Connection:
    """An existing journal, which may be in use by a running robot, for reading only.

    Raises:
        JournalError: there is none, or it can't be read.
    """
    hint = _("Start the robot once: it mends or replaces its journal.")
    try:
        # An empty authority also for a UNC path, which Path.as_uri() would turn into `file://server/…`.
        posix = path.absolute().as_posix()
        db = _connection(f"file://{quote(posix if posix.startswith('/') else f'/{posix}')}?mode=ro", uri=True)
        version = schema.version_of(db)
    except sqlite3.Error as error:
        raise JournalError(
            _("The journal {path} can't be read: {error}").format(path=path, error=reason(error)), hint
        ) from error
    if version != schema.VERSION:
        db.close()
        raise JournalError(_("The journal {path} is of another version of the robot.").format(path=path), hint)
    return db


def _connection(target: str, *, uri: bool = False) -> sqlite3.Connection:
    return sqlite3.connect(target, uri=uri, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def _open_or_replace(path: Path) -> tuple[sqlite3.Connection, Path | None]:
    try:
        return _connect(path), None
    except sqlite3.Error as error:
        if primary_code(error) in _BUSY | {sqlite3.SQLITE_FULL} or not path.exists():
            raise
        why = str(error)
    except _UnusableError as error:
        why = str(error)
    set_aside = _replace(path)
    log.error("The journal %s is unusable (%s); it is now %s", path, why, set_aside)
    return _connect(path), set_aside


def _connect(path: Path) -> sqlite3.Connection:
    suspect = suspect_file(path).exists() or _was_left_open(path)
    if not path.exists():
        path.touch(mode=0o600)  # the journal is this user's; SQLite gives its -wal and -shm the same rights
    db = _connection(str(path))
    try:
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
    if (version := schema.version_of(db)) > schema.VERSION:
        raise _UnusableError(f"version {version}, this program knows {schema.VERSION}")
    if suspect and (found := db.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise _UnusableError(found)
    schema.migrate(db)
    # Both tables are looked at, and something is written: what fails at all, fails here and not in mid-run.
    db.execute("BEGIN IMMEDIATE")
    db.execute(f"PRAGMA user_version = {schema.VERSION}")
    db.execute("SELECT max(id) FROM jobs").fetchone()
    db.execute("SELECT max(id) FROM outbox").fetchone()
    db.execute("COMMIT")


def _was_left_open(path: Path) -> bool:
    """Whether the last user of the file didn't close it: the last clean close removes the write-ahead log."""
    with contextlib.suppress(OSError):
        return path.with_name(f"{path.name}-wal").stat().st_size > 0
    return False


def _replace(path: Path) -> Path:
    """Put a fresh file in the place of `path`; returns the old one's new name.

    The fresh one is finished first: if that fails (no space, no rights), the old file stays where it is.
    """
    fresh = path.with_name(f"{path.stem}.new{path.suffix}")
    fresh.unlink(missing_ok=True)
    _connect(fresh).close()
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    aside = path.with_name(f"{path.stem}.damaged-{stamp}{path.suffix}")
    path.rename(aside)
    for tail in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + tail).rename(aside.with_name(aside.name + tail))
    suspect_file(path).unlink(missing_ok=True)
    fresh.rename(path)
    return aside


def _take_over(db: sqlite3.Connection, beside: Path) -> None:
    """Move the rows of the file that stood in while the journal was locked.

    Repeating it after a crash changes nothing: a job that is known is passed over together with its reports.
    """
    _open_or_replace(beside)[0].close()
    db.execute("ATTACH ? AS beside", (str(beside),))
    db.execute("BEGIN IMMEDIATE")
    db.execute("CREATE TEMP TABLE new_jobs AS SELECT guid FROM beside.jobs EXCEPT SELECT guid FROM main.jobs")
    db.execute(
        f"INSERT INTO main.jobs({_JOB_COLUMNS}) SELECT {_JOB_COLUMNS} FROM beside.jobs"  # noqa: S608 - constants
        " WHERE guid IN new_jobs ORDER BY id"
    )
    db.execute(
        "INSERT INTO main.outbox(job_guid, status, created_at, attempts, last_error, refused)"
        " SELECT job_guid, status, created_at, attempts, last_error, refused FROM beside.outbox"
        " WHERE job_guid IN new_jobs ORDER BY id"
    )
    db.execute("DROP TABLE new_jobs")
    db.execute("COMMIT")
    db.execute("DETACH beside")
    for tail in ("", "-wal", "-shm"):
        beside.with_name(beside.name + tail).unlink(missing_ok=True)
    log.info("Took over the jobs that %s held while the journal was locked", beside)
