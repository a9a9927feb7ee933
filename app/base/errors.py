"""The errors that people see: what happened, what to do about it, and the exit code.

    RobotError                 2 unless said otherwise
    ├── SettingsError          2   wrong settings, every problem at once
    │   └── UnfilledError      2   nothing is wrong, but something is still to be filled in
    ├── UsageError             2   wrong command line
    ├── RefusedError           3   the Orchestrator refuses this robot (101, 401, 403)
    ├── OfflineLimitError      4   unreachable for longer than `offline_limit`
    └── AlreadyRunningError    5   another robot runs with the same GUID

Messages and hints are in the user's language (`app.base.i18n`) and never contain a secret.
The exit codes are part of the outside contract.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command."""

    OK = 0
    NOT_RUNNING = 1  # `robot status`, `robot open`
    USAGE = 2
    REFUSED = 3
    UNREACHABLE = 4
    ALREADY_RUNNING = 5
    INTERRUPTED = 130


class RobotError(Exception):
    """Something that ends the command, said in words for people.

    Args:
        message: what happened, and where.
        hint: what to do about it; may be empty.
    """

    exit_code: ExitCode = ExitCode.USAGE
    said = False  # whoever sits at the console has read it already

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(RobotError):
    """The command line can't be carried out as given."""


class SettingsError(RobotError):
    """The settings are missing or wrong."""


class UnfilledError(SettingsError):
    """What a robot can't do without has not been filled in yet. Nobody has made a mistake.

    Args:
        kindly: the same in a sentence or two for who has just started the robot.
        keys: which settings.
    """

    def __init__(self, message: str, hint: str, kindly: str, keys: tuple[str, ...]) -> None:
        super().__init__(message, hint)
        self.kindly = kindly
        self.keys = keys


class RefusedError(RobotError):
    """The Orchestrator does not accept this robot; a person is needed."""

    exit_code = ExitCode.REFUSED


class OfflineLimitError(RobotError):
    """The Orchestrator was unreachable for longer than `offline_limit`."""

    exit_code = ExitCode.UNREACHABLE


class AlreadyRunningError(RobotError):
    """A robot with the same GUID runs already."""

    exit_code = ExitCode.ALREADY_RUNNING
