"""A call that keeps failing: how long to wait before the next try, and when to give up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.base.errors import OfflineLimitError, RefusedError
from app.base.i18n import _
from app.orchestrator.errors import CallError, CredentialsRejectedError, UnreachableError
from app.robot.backoff import Backoff

if TYPE_CHECKING:
    from app.base.clock import Clock

_SHORTEST_WAIT: Final = 0.05  # seconds; the last try before the limit


class Outage:
    """One kind of call, from its first failure to its next good answer.

    Args:
        limit: seconds of failing after which it gives up (`offline_limit`); 0 = never.
    """

    def __init__(self, limit: float, clock: Clock) -> None:
        self._limit = limit
        self._clock = clock
        self._backoff = Backoff()
        self._since: float | None = None  # the clock's monotonic seconds

    def over(self) -> None:
        """It was answered well."""
        self._backoff.reset()
        self._since = None

    def next_delay(self, error: CallError) -> float:
        """Seconds to wait after this failure.

        Raises:
            RefusedError: repeating can't help.
            OfflineLimitError: it has taken too long.
        """
        if isinstance(error, CredentialsRejectedError):
            raise RefusedError(
                _("The Orchestrator refuses this robot: {reason}.").format(reason=error.for_people().rstrip(".")),
                _("Check robot_guid in the settings, and the robot on the Orchestrator's page Robots."),
            ) from None
        now = self._clock.monotonic()
        if self._since is None:
            self._since = now
        if self._limit and now - self._since >= self._limit:
            raise OfflineLimitError(
                _("The Orchestrator was unreachable for longer than {seconds} s: {reason}.").format(
                    seconds=f"{self._limit:g}", reason=error.for_people()
                ),
                _("What is not yet reported is kept, and delivered at the next start."),
            ) from None
        delay = self._backoff.next_delay(error.retry_after if isinstance(error, UnreachableError) else None)
        if self._limit:
            delay = min(delay, max(_SHORTEST_WAIT, self._since + self._limit - now))
        return delay
