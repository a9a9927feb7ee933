"""What a script is told when it doesn't get what it asks for."""

from __future__ import annotations

from typing import ClassVar


class GatewayError(Exception):
    """The text is for people, in the user's language.

    Attributes:
        kind: what `robot_job` distinguishes it by.
    """

    kind: ClassVar[str]


class DeniedError(GatewayError):
    """No key, or not that of this run: the connection is closed."""

    kind = "denied"


class UsageError(GatewayError):
    """It can't be asked for: unknown, wrong, too big, too much."""

    kind = "usage"


class BusyError(GatewayError):
    """One connection too many: nothing was carried out, and another try may find a place."""

    kind = "busy"


class UnreachableError(GatewayError):
    """The Orchestrator doesn't answer now."""

    kind = "unreachable"


class RefusedError(GatewayError):
    """The Orchestrator says no, in its own words."""

    kind = "refused"


class ClosedError(GatewayError):
    """The run is over."""

    kind = "closed"


class FailedError(GatewayError):
    """The robot can't do it: the disk is full, the file can't be read."""

    kind = "failed"
