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
LONGEST_TURN_SECONDS: Final = 10.0  # for which a robot with new settings stays silent


_POLL_JITTER: Final = 0.1  # of poll_seconds, more or less
_LONGEST_FIRST: Final = 1.4  # of poll_seconds, the first time: on average not much less than later, as far as possible
_AFTER_LATE: Final = 0.4  # of poll_seconds, after an answer that has missed its robot's next turn
_BEAT_JITTER: Final = 0.1  # of the interval, more: less would be more often than the vendor advises
_FIRST_BEAT_JITTER: Final = 0.3


class Polls:
    """The questions of a robot that waits for work, its heartbeats Ready. It outlives robots, as `Controls` does.

    Robots that were started, or let down, in one moment must not go on in step. So the first wait after a start, or
    after an outage, ends anywhere in the interval; from then on each robot keeps its place there, a tenth more or less.
    Waits count from the question, not from its answer: what one slow moment of the server has answered in a heap is
    not asked in a heap again.
    """

    def __init__(self, rng: random.Random | None = None) -> None:
        self._rng = rng or random.Random()  # noqa: S311 - no secret
        self._begun = 0.0
        self._placed = False
        self._due: float | None = None
        self._heard: float | None = None

    def begins(self, now: float) -> None:
        """One is being sent."""
        self._begun = now
        self._due = None

    def heard(self, now: float) -> None:
        """A heartbeat of this program, of whichever kind, was answered."""
        self._heard = now

    def silence(self, now: float) -> float:
        """Seconds since then; 0 before the first."""
        return 0.0 if self._heard is None else now - self._heard

    def until_next(self, now: float, seconds: float) -> float:
        """There is no work: in how many seconds to ask again, with `poll_seconds` between two questions."""
        due = self._begun + self._rng.uniform(*self._bounds(seconds))
        self._placed = True
        if due < now + _POLL_JITTER * seconds:  # it took almost all of the interval to be answered
            due = now + self._rng.uniform(_POLL_JITTER, _AFTER_LATE) * seconds
        self._due = due
        return due - now

    def _bounds(self, seconds: float) -> tuple[float, float]:
        if self._placed:
            return (1 - _POLL_JITTER) * seconds, (1 + _POLL_JITTER) * seconds
        longest = min(_LONGEST_FIRST * seconds, max((1 + _POLL_JITTER) * seconds, HEARD_SECONDS))
        return longest - seconds, longest

    def until_next_try(self, now: float, delay: float, least: float = 0.0) -> float:
        """The newest one has failed, and the policy wants to wait `delay`: but the next try is a heartbeat.

        The server's own wish, `least`, is heeded as far as the robot can still be heard in time.
        """
        self._placed = False
        return heard_in_time(self._begun, now, delay, self._rng, least)

    def left(self, now: float) -> float:
        """How much of the wait that `until_next` began is left, at most ten seconds: for the robot that follows."""
        return 0.0 if self._due is None else min(LONGEST_TURN_SECONDS, self._due - now)


class Beats:
    """Heartbeats at a pace of their own, the first after `seconds`, beginning `silent` seconds ago.

    Two never begin closer together than `seconds`; a little more, drawn anew each time, keeps a thousand robots that
    were handed their jobs in one moment from staying in step. Beats that were missed are not made up for.
    """

    def __init__(self, seconds: float, now: float, *, silent: float = 0.0, rng: random.Random | None = None) -> None:
        self._rng = rng or random.Random()  # noqa: S311 - no secret
        self._seconds = seconds
        self._begun = now - silent
        self._interval = self._drawn(_BEAT_JITTER if silent else _FIRST_BEAT_JITTER)

    def _drawn(self, jitter: float) -> float:
        return max(self._seconds, min(HEARD_SECONDS, self._seconds * self._rng.uniform(1.0, 1.0 + jitter)))

    def left(self, now: float) -> float:
        """Seconds until the next one; none or less: it is due."""
        return self._begun + self._interval - now

    def begins(self, now: float) -> None:
        """One is being sent: the next counts from its own beginning, a late one is not followed early."""
        self._begun = now
        self._interval = self._drawn(_BEAT_JITTER)

    def ended(self, now: float) -> None:
        """It was answered, or has failed: after a long time the next one is due, but not of all robots at once."""
        took = now - self._begun
        if took >= self._interval:
            self._interval = took + heard_in_time(self._begun, now, self._seconds, self._rng)

    def hurry(self, seconds: float) -> None:
        """From now on at least every `seconds`."""
        if seconds < self._seconds:
            self._seconds = seconds
            self._interval = min(self._interval, self._drawn(_BEAT_JITTER))


def heard_in_time(begun: float, now: float, delay: float, rng: random.Random, least: float = 0.0) -> float:
    """`delay`, or what is left until a robot that began its newest heartbeat at `begun` must be heard again.

    Half to all of that: a request that hung until its time limit leaves the same few seconds to every robot. Not less
    than `least`, if that is less than what is left.
    """
    longest = max(FIRST_SECONDS, begun + HEARD_SECONDS - now)
    if delay <= longest:
        return delay
    shortest = max(0.5 * longest, least if least < longest else 0.0)
    return max(FIRST_SECONDS, rng.uniform(shortest, longest))
