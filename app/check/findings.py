"""What a probe found: one line of the table that `robot check` shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from app.base.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Level(StrEnum):
    """How well it is."""

    OK = "ok"
    WARNING = "warning"  # works, and a person should know
    ERROR = "error"  # keeps the robot from working
    SKIPPED = "skipped"  # can't be known here; the message says why


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: stable and English, for programs; `app.check.report` has the words for people.
        message: what was found, one sentence or a few words.
        remedy: what to do about it; empty where nothing is to be done.
        exit_code: of the command, if this is an error.
        facts: numbers and dates for programs, under stable English keys.
    """

    name: str
    level: Level
    message: str
    remedy: str = ""
    exit_code: ExitCode = ExitCode.USAGE
    facts: Mapping[str, Any] = field(default_factory=dict)


def ok(name: str, message: str, **facts: Any) -> Finding:
    """All well."""
    return Finding(name, Level.OK, message, facts=facts)


def skipped(name: str, message: str) -> Finding:
    """Not looked at."""
    return Finding(name, Level.SKIPPED, message)


def warning(name: str, message: str, remedy: str, **facts: Any) -> Finding:
    """Works, but."""
    return Finding(name, Level.WARNING, message, remedy, facts=facts)


def error(name: str, message: str, remedy: str, **facts: Any) -> Finding:
    """Wrong on this machine: settings, files, rights."""
    return Finding(name, Level.ERROR, message, remedy, facts=facts)


def unreachable(name: str, message: str, remedy: str, **facts: Any) -> Finding:
    """Something between this machine and the Orchestrator."""
    return Finding(name, Level.ERROR, message, remedy, ExitCode.UNREACHABLE, facts)


def refused(name: str, message: str, remedy: str) -> Finding:
    """The Orchestrator doesn't want this robot."""
    return Finding(name, Level.ERROR, message, remedy, ExitCode.REFUSED)


def exit_code(findings: Iterable[Finding]) -> ExitCode:
    """0 without errors; else 2 before 3 before 4: what is wrong here is mended first."""
    return min((each.exit_code for each in findings if each.level is Level.ERROR), default=ExitCode.OK)
