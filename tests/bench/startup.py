"""From the start of the program to its first heartbeat, against the naive loop's."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

from tests.bench.row import Row, milliseconds
from tests.bench.stage import stage, start_naive_loop, succeed

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from tests.contract.orchestrator import Orchestrator

TARGET = 1.1  # times the naive loop


def measure(*, quick: bool) -> list[Row]:
    """Starts in turn; the median counts. The first start of each warms the caches and isn't counted."""
    rounds = 4 if quick else 15
    naive, ours = [], []
    with stage() as (orchestrator, home):
        for number in range(rounds + 1):
            naive_seconds = _first_heartbeat(orchestrator, lambda: start_naive_loop(orchestrator, home))
            our_seconds = _first_heartbeat(orchestrator, home.start_robot)
            if number:
                naive.append(naive_seconds)
                ours.append(our_seconds)
    ratio = median(mine / other for mine, other in zip(ours, naive, strict=True))
    return [
        Row(
            f"start to first heartbeat (median of {rounds})",
            f"naive loop {milliseconds(median(naive))}",
            milliseconds(median(ours)),
            ratio,
            TARGET,
            "x",
        )
    ]


def _first_heartbeat(
    orchestrator: Orchestrator, start: Callable[[], subprocess.Popen[str] | subprocess.Popen[bytes]]
) -> float:
    orchestrator.requests.clear()
    begun = time.monotonic()
    succeed(start())
    return orchestrator.requests[0].at - begun
