"""A call that keeps failing: waits that grow, a limit, and what no waiting mends."""

from __future__ import annotations

import pytest

from app.base.clock import Clock
from app.base.errors import OfflineLimitError, RefusedError
from app.orchestrator.errors import CredentialsRejectedError, UnreachableError
from app.robot.retry import Outage


class HeldClock(Clock):
    """Stands still until it is moved."""

    seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds


def failed(outage: Outage, **details: float) -> float:
    """The wait after one more failure."""
    return outage.next_delay(UnreachableError("timed out", **details))


def test_waits_grow_until_a_good_answer() -> None:
    """Half a second at first, half a minute at least in the end, and from the beginning again after an answer."""
    outage = Outage(0, HeldClock())
    waits = [failed(outage) for _ in range(12)]
    assert 0.5 <= waits[0] <= 1
    assert all(30 <= wait <= 60 for wait in waits[7:])
    outage.over()
    assert failed(outage) <= 1


def test_a_servers_own_wish_is_heeded() -> None:
    """`Retry-After` lengthens the wait and never shortens it."""
    assert failed(Outage(0, HeldClock()), retry_after=40) == 40
    assert failed(Outage(0, HeldClock()), retry_after=0) >= 0.5


def test_the_limit_counts_from_the_first_failure() -> None:
    """The last wait ends at the limit; the next failure gives up; an answer begins the count anew."""
    clock = HeldClock()
    outage = Outage(60, clock)
    failed(outage)
    clock.seconds += 59
    assert failed(outage, retry_after=300) == pytest.approx(1)
    outage.over()
    clock.seconds += 2
    failed(outage)
    clock.seconds += 60
    with pytest.raises(OfflineLimitError, match=r"longer than 60 s: timed out\."):
        failed(outage)


def test_a_refusal_is_not_repeated() -> None:
    """A person is needed; what the Orchestrator says is told."""
    with pytest.raises(RefusedError, match=r"robot: unknown GUID\.\n"):
        Outage(0, HeldClock()).next_delay(CredentialsRejectedError("{text}", text="unknown GUID."))
