"""A call that keeps failing: waits that grow, a limit, and what no waiting mends."""

from __future__ import annotations

import pytest

from app.base.clock import Clock
from app.base.errors import OfflineLimitError, RefusedError
from app.orchestrator.errors import BlockedByPageError, CredentialsRejectedError, UnreachableError
from app.robot.retry import Brake, RetryPolicy


class HeldClock(Clock):
    """Stands still until it is moved."""

    seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds


def failed(policy: RetryPolicy, **details: float) -> float:
    """The wait after one more failure."""
    return policy.next_delay(UnreachableError("timed out", **details))


def test_waits_grow_until_a_good_answer() -> None:
    """Half a second at first, up to the 15 in which a robot must be heard, and from the beginning after an answer."""
    policy = RetryPolicy(0, HeldClock())
    waits = [failed(policy) for _ in range(12)]
    assert 0.5 <= waits[0] <= 1
    assert all(7 <= wait < 15 for wait in waits[7:])
    policy.succeeded()
    assert failed(policy) <= 1


def test_a_servers_own_wish_is_heeded() -> None:
    """`Retry-After` lengthens the wait and never shortens it; robots that were told the same come back one by one."""
    waits = [failed(RetryPolicy(0, HeldClock()), retry_after=40) for _ in range(1000)]
    assert min(waits) >= 40
    assert max(waits) <= 60
    assert max(sum(each <= wait < each + 1 for wait in waits) for each in range(40, 60)) < 100
    assert failed(RetryPolicy(0, HeldClock()), retry_after=0) >= 0.5


def test_the_limit_counts_from_the_first_failure() -> None:
    """The last wait ends at the limit; the next failure gives up; an answer begins the count anew."""
    clock = HeldClock()
    policy = RetryPolicy(60, clock)
    failed(policy)
    clock.seconds += 59
    assert failed(policy, retry_after=300) == pytest.approx(1)
    policy.succeeded()
    clock.seconds += 2
    failed(policy)
    clock.seconds += 60
    with pytest.raises(OfflineLimitError, match=r"longer than 60 s: timed out\."):
        failed(policy)


def test_a_refusal_is_not_repeated() -> None:
    """A person is needed; what the Orchestrator says is told."""
    with pytest.raises(RefusedError, match=r"robot: unknown GUID\.\n"):
        RetryPolicy(0, HeldClock()).next_delay(CredentialsRejectedError("{text}", text="unknown GUID."))


def test_a_page_that_forbids_is_a_refusal_only_after_five_minutes() -> None:
    """A portal's log-in page may go by itself; nothing but a good answer in between makes it anything else."""
    clock = HeldClock()
    policy = RetryPolicy(0, clock)
    page = BlockedByPageError("HTTP 403 with a page")
    policy.next_delay(page)
    clock.seconds += 299
    policy.next_delay(page)
    clock.seconds += 2
    with pytest.raises(RefusedError, match="HTTP 403"):
        policy.next_delay(page)
    policy.succeeded()
    policy.next_delay(page)


def test_jobs_that_lead_to_nothing_are_taken_more_and_more_seldom() -> None:
    """Each one doubles the pause before the next, up to a minute; one that begins ends that."""
    clock = HeldClock()
    brake = Brake(clock)
    assert brake.seconds_left() == 0
    pauses = []
    for _ in range(400):
        brake.pull()
        pauses.append(brake.seconds_left())
        clock.seconds += pauses[-1]
        assert brake.seconds_left() == 0
    assert pauses[0] <= 1
    assert all(30 <= pause <= 60 for pause in pauses[10:])
    brake.pull()
    brake.release()
    assert brake.seconds_left() == 0


def test_a_few_broken_jobs_are_no_storm() -> None:
    """So many in a row are met without a pause; the next one is not."""
    brake = Brake(HeldClock(), free=3)
    for _ in range(3):
        brake.pull()
        assert brake.seconds_left() == 0
    brake.pull()
    assert brake.seconds_left() > 0
