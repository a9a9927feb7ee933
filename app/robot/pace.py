"""When the robot speaks: decisions only, nothing is sent or waited for here.

The loop, the heartbeats beside a job and the tries after a failure ask these, and so does the simulation of a fleet
(`tests/fleet`), for ten thousand robots. Moments are the clock's monotonic seconds.
"""

from __future__ import annotations

import random
from typing import Final

FIRST_SECONDS: Final = 1.0
# The vendor's coordinator ends the session of a robot that isn't heard; its own robot is heard every 15 seconds.
HEARD_SECONDS: Final = 14.0


class Polls:
    """The questions of a robot that waits for work: the loop's heartbeats Ready."""

    def __init__(self, rng: random.Random | None = None) -> None:
        self._rng = rng or random.Random()  # noqa: S311 - no secret
        self._begun = 0.0

    def begins(self, now: float) -> None:
        """One is being sent."""
        self._begun = now

    def until_next(self, seconds: float) -> float:
        """There is no work: in how many seconds to ask again, with `poll_seconds` between two questions."""
        return seconds * self._rng.uniform(0.9, 1.1)

    def until_next_try(self, now: float, delay: float) -> float:
        """The newest one has failed, and the policy wants to wait `delay`: but the next try is a heartbeat."""
        return min(delay, max(FIRST_SECONDS, self._begun + HEARD_SECONDS - now))


class Beats:
    """Heartbeats at a pace of their own, the first after `seconds`, beginning `silent` seconds ago.

    Those that were missed are not made up for, so two never begin closer together than `seconds`.
    """

    def __init__(self, seconds: float, now: float, *, silent: float = 0.0) -> None:
        self._seconds = seconds
        self._begun = now - silent

    def left(self, now: float) -> float:
        """Seconds until the next one; none or less: it is due."""
        return self._begun + self._seconds - now

    def begins(self, now: float) -> None:
        """One is being sent: the next counts from its own beginning, a late one is not followed early."""
        self._begun = now

    def ended(self, now: float) -> None:
        """It was answered, or has failed."""
        while self._begun + self._seconds <= now:
            self._begun += self._seconds

    def hurry(self, seconds: float) -> None:
        """From now on at least every `seconds`."""
        self._seconds = min(self._seconds, seconds)
