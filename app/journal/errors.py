"""What can go wrong with the journal, in words for people."""

from __future__ import annotations

import errno
import sqlite3
from typing import Final

from app.base.errors import RobotError
from app.base.i18n import N_, _
from app.base.os_reasons import describe_os_error


class JournalError(RobotError):
    """The journal couldn't be read or written; nothing of the call took effect, so it may be tried again."""


class AlreadyKnownError(JournalError):
    """This job is in the journal already; a job is never run twice."""


class JournalVersionError(JournalError):
    """A later version of the robot wrote this journal; it is left as it is."""


_BUSY: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
# A full disk has more faces than one; what is read badly is another matter.
_FULL: Final = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_SHMSIZE,
}
_DAMAGE: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_NO_ROOM: Final = {errno.ENOSPC, errno.EDQUOT}
_SHARING: Final = {32, 33}  # ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION
_REASONS: Final = {
    sqlite3.SQLITE_FULL: N_("the disk is full"),
    sqlite3.SQLITE_BUSY: N_("another program uses it"),
    sqlite3.SQLITE_LOCKED: N_("another program uses it"),
    sqlite3.SQLITE_PROTOCOL: N_("another program uses it"),
    sqlite3.SQLITE_READONLY: N_("it can only be read"),
    sqlite3.SQLITE_CANTOPEN: N_("it can't be opened"),
    sqlite3.SQLITE_IOERR: N_("the disk reports an error"),
    sqlite3.SQLITE_CORRUPT: N_("it is damaged"),
    sqlite3.SQLITE_NOTADB: N_("it is damaged"),
}


def primary_code(error: Exception) -> int:
    """The primary result code of `error` (https://www.sqlite.org/rescode.html), 0 if it has none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def is_damage(error: Exception) -> bool:
    """Whether `error` says that the file itself is broken."""
    return primary_code(error) in _DAMAGE


def is_busy_or_full(error: Exception) -> bool:
    """Whether `error` passes when another program or a person lets it."""
    if isinstance(error, OSError):
        return error.errno in _NO_ROOM or getattr(error, "winerror", 0) in _SHARING
    return primary_code(error) in _BUSY or getattr(error, "sqlite_errorcode", 0) in _FULL


def may_pass(error: Exception) -> bool:
    """Whether `error` may pass in mid-run: whatever the system has against it now, the file was good before."""
    return is_busy_or_full(error) or primary_code(error) in {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOMEM,
    }


def describe_journal_error(error: sqlite3.Error | OSError) -> str:
    """Why the journal can't be used, for people; SQLite's own words are English."""
    if isinstance(error, OSError):
        return describe_os_error(error).for_people()
    code = getattr(error, "sqlite_errorcode", 0)
    known = _REASONS.get(sqlite3.SQLITE_FULL if code == sqlite3.SQLITE_IOERR_SHMSIZE else primary_code(error))
    return _(known) if known else str(error)
