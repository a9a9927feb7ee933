"""Words and numbers for a snapshot that tray and page have in common. Pure; `now` is an aware datetime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.base.i18n import _, ngettext
from app.robot.state import RobotState

if TYPE_CHECKING:
    from datetime import datetime

    from app.robot.state import Snapshot


def elapsed(started_at: datetime, now: datetime) -> str:
    """The time since `started_at`: `0:05`, `12:34`, `1:02:03`. A clock that was set back reads as 0:00."""
    seconds = max(0, int((now - started_at).total_seconds()))
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def seconds_left(leaving_at: datetime | None, now: datetime) -> int:
    """Whole seconds until the log-off, never below 0."""
    return max(0, round((leaving_at - now).total_seconds())) if leaving_at else 0


def countdown(leaving_at: datetime | None, now: datetime) -> str:
    """How long until the log-off."""
    left = seconds_left(leaving_at, now)
    return ngettext("Log-off in {n} second", "Log-off in {n} seconds", left).format(n=left)


def connection_word(snapshot: Snapshot) -> str:
    """Whether the Orchestrator answers."""
    match snapshot.connected:
        case None if snapshot.state is RobotState.ERROR and not snapshot.journal_problem:
            return _("Not connected")
        case None:
            return _("Connecting…")
        case True:
            return _("Connected")
        case False:
            return _("Connection error")
