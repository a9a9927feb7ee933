"""What may still be carried out: how long that lasts, and what a robot that ends does about it."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from app.orchestrator.vocabulary import JobStatus
from tests.robot.delivery_bench import T0, lost
from tests.robot.robot_under_test import PATIENCE

if TYPE_CHECKING:
    from tests.robot.delivery_bench import Bench


def test_a_clock_that_is_set_back_between_two_doubtful_attempts_shortens_no_doubt(bench: Bench) -> None:
    """The later doubt ends earlier by the wall clock, and is the longer one all the same."""
    bench.server.answers["a"] = [lost(), lost()]
    bench.begin("a")
    bench.step()
    bench.step()
    bench.clock.now = lambda: T0 + timedelta(seconds=bench.clock.seconds - 7200)  # type: ignore[method-assign]
    bench.step(4)
    bench.finish("a")
    bench.step()
    bench.step(2)  # the first doubt is over, the second isn't
    assert bench.server.carried_out == [("a", JobStatus.SUCCESS)]
    bench.step(4)
    assert bench.server.carried_out == [("a", JobStatus.SUCCESS)] * 2


def test_closing_leaves_what_may_be_confirmed_to_the_robot_that_follows(bench: Bench) -> None:
    """Settings have changed, and the doubt is over by then: nothing is begun any more, and nothing waited for."""
    bench.server.answers["a"] = [lost()]
    bench.begin("a")
    bench.step()
    bench.finish("a")
    bench.step(2)
    looked, wait = threading.Event(), bench.clock.wait

    def looking(event: threading.Event, seconds: float) -> bool:
        if not event.is_set():
            looked.set()
        return wait(event, seconds)

    bench.clock.wait = looking  # type: ignore[method-assign]
    bench.delivery.start()
    assert looked.wait(PATIENCE)
    bench.clock.seconds += 10
    closing = threading.Thread(target=bench.delivery.close, args=(1, 0), daemon=True)
    closing.start()
    closing.join(PATIENCE)
    assert not closing.is_alive(), "it never ends"
    assert [row.confirming for row in bench.journal.outbox()] == [True]


def test_closing_confirms_what_is_in_doubt(bench: Bench) -> None:
    """The robot is told to end while an 8 may still be carried out: after the end nobody would say the last word."""
    bench.server.answers["a"] = [lost()]
    bench.begin("a")
    bench.step()
    bench.finish("a")
    bench.step(2)
    bench.clock.seconds += 2.9  # and the rest of the doubt is waited for
    bench.clock.monotonic = lambda: time.monotonic() - begun + bench.clock.seconds  # type: ignore[method-assign]
    bench.clock.now = lambda: T0 + timedelta(seconds=bench.clock.monotonic())  # type: ignore[method-assign]
    begun = time.monotonic()
    bench.delivery.start()
    bench.delivery.close(1, 10)
    assert bench.server.carried_out == [("a", JobStatus.SUCCESS)] * 2
    assert bench.journal.outbox() == []


def test_closing_does_not_wait_for_a_long_doubt(bench: Bench) -> None:
    """The next start confirms it."""
    bench.server.answers["a"] = [lost()]
    bench.server.takes = 20
    bench.begin("a")
    bench.step()
    bench.server.takes = 0
    bench.finish("a")
    bench.step(2)
    bench.delivery.start()
    bench.delivery.close(1, 10)
    assert bench.server.carried_out == [("a", JobStatus.SUCCESS)]
    assert [row.confirming for row in bench.journal.outbox()] == [True]
