"""Windows' own findings, from facts that a Windows session would tell."""

from __future__ import annotations

import pytest

from app.base.errors import ExitCode
from app.check.findings import Level, error, exit_code, ok, refused, unreachable, warning
from app.check.windows import check_log_off, check_session
from app.settings.model import Settings
from app.system.session import SessionFacts

GOOD = {"on_windows": True, "session_id": 2, "interactive": True, "remote": False, "disconnected": False}


def wish(when_idle: str) -> Settings:
    """Settings of which only `when_idle` matters."""
    guid = "da8bc2f0-8065-4385-b867-405e66b8e151"
    return Settings(host="http://o", robot_guid=guid, scripts="/s", data_dir="/d", when_idle=when_idle)


@pytest.mark.parametrize(
    ("changes", "level", "word"),
    [
        ({"locked": False}, Level.OK, "interactive"),
        ({"locked": None, "disconnected": None}, Level.OK, "interactive"),
        ({"locked": True}, Level.WARNING, "locked"),
        ({"disconnected": True}, Level.WARNING, "disconnected"),
        ({"interactive": False}, Level.WARNING, "no visible desktop"),
        ({"session_id": 0, "interactive": False}, Level.ERROR, "session 0"),
        ({"on_windows": False}, Level.SKIPPED, "no Windows sessions"),
    ],
)
def test_sessions(changes, level, word):
    """Session 0 keeps the robot from working; locked or disconnected may; what Windows doesn't tell is no problem."""
    finding = check_session(SessionFacts(**{**GOOD, **changes}))
    assert finding.level is level
    assert word in finding.message
    assert bool(finding.remedy) == (level in (Level.WARNING, Level.ERROR))


@pytest.mark.parametrize(
    ("when_idle", "changes", "level"),
    [
        ("logoff", {}, Level.OK),
        ("logoff", {"session_id": 0}, Level.ERROR),
        ("exit", {"session_id": 0}, Level.OK),
        ("wait", {"on_windows": False}, Level.OK),
        ("logoff", {"on_windows": False}, Level.SKIPPED),
    ],
)
def test_log_off(when_idle, changes, level):
    """It matters only where the settings ask for it."""
    assert check_log_off(wish(when_idle), SessionFacts(**{**GOOD, **changes})).level is level


def test_log_off_without_settings():
    """The default is to log off."""
    assert check_log_off(None, SessionFacts(**GOOD)).level is Level.OK


def test_exit_codes():
    """Warnings cost nothing; what is wrong here comes before a refusal, and that before an unreachable server."""
    assert exit_code([]) == ExitCode.OK
    assert exit_code([ok("a", ""), warning("b", "", "")]) == ExitCode.OK
    assert exit_code([unreachable("a", "", ""), warning("b", "", "")]) == ExitCode.UNREACHABLE
    assert exit_code([unreachable("a", "", ""), refused("b", "", "")]) == ExitCode.REFUSED
    assert exit_code([unreachable("a", "", ""), refused("b", "", ""), error("c", "", "")]) == ExitCode.USAGE
