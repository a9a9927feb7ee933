"""Windows: the session, the log-off, the start at log-on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.base.errors import RobotError
from app.base.i18n import _
from app.check.findings import Finding, error, ok, skipped, warning
from app.system import autostart, event_source

if TYPE_CHECKING:
    from app.settings.model import Settings
    from app.system.session import SessionFacts


def check_session(facts: SessionFacts) -> Finding:
    """Whether scripts can see a desktop."""
    if not facts.on_windows:
        return skipped("session", _("There are no Windows sessions on this system."))
    problems = facts.problems()
    known = {
        "session_id": facts.session_id,
        "interactive": facts.interactive,
        "remote": facts.remote,
        "disconnected": facts.disconnected,
        "locked": facts.locked,
    }
    if not problems:
        return ok("session", _("interactive, unlocked"), **known)
    if facts.is_session_0:
        return error(
            "session",
            problems[0],
            _("Use the start at log-on that the robot sets up itself: robot autostart enable --task"),
            **known,
        )
    return warning("session", " ".join(problems), _("Scripts that need no windows work all the same."), **known)


def check_log_off(settings: Settings | None, facts: SessionFacts) -> Finding:
    """Whether the robot can log off when there is no more work, if the settings want that."""
    if settings is not None and settings.when_idle != "logoff":
        text = _("not asked for: when_idle = '{value}'").format(value=settings.when_idle)
        return ok("log_off", text, when_idle=settings.when_idle)
    if not facts.on_windows:
        return skipped("log_off", _("There is no Windows session to log off; the program ends instead."))
    if facts.is_session_0:
        return error(
            "log_off",
            _("Session 0 can't be logged off."),
            _("Start the robot in the session of a user, or set when_idle = 'exit'."),
        )
    return ok("log_off", _("possible"))


def check_event_log(settings: Settings | None) -> list[Finding]:
    """Whether the events have their texts, if the settings want events."""
    if settings is None or not settings.event_log:
        return []
    if sys.platform != "win32":
        return [skipped("event_log", _("There is no Windows Event Log on this system."))]
    file = event_source.registered_file()
    if file and Path(file).is_file():
        return [ok("event_log", _("source Robot, texts in {file}").format(file=file))]
    return [
        warning(
            "event_log",
            _("The source Robot is not registered: events are written without their texts."),
            _("Run as an administrator: robot-cli event-source register"),
        )
    ]


def check_autostart() -> Finding:
    """What starts the robot at log-on."""
    if sys.platform != "win32":
        return skipped("autostart", _("Autostart is set up on Windows only."))
    try:
        status = autostart.status()
    except RobotError as problem:
        return warning("autostart", problem.message, problem.hint)
    entries = [{"kind": each.kind, "place": each.place, "enabled": each.enabled} for each in status.entries]
    if status.enabled:
        return ok("autostart", status.text(), entries=entries)
    return warning("autostart", status.text(), _("Switch it on: robot autostart enable --task"), entries=entries)
