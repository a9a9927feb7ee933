"""What can go wrong with the journal, in words for people."""

from __future__ import annotations

from app.base.errors import RobotError


class JournalError(RobotError):
    """The journal couldn't be read or written; nothing of the call took effect, so it may be tried again."""


class AlreadyKnownError(JournalError):
    """This job is in the journal already; a job is never run twice."""
