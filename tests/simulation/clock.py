"""The robot's clock in a simulated night."""

from __future__ import annotations

from datetime import UTC, datetime

from app.base.clock import Clock
from tests.simulation import primitives


class VirtualClock(Clock):
    """Virtual time; the wall clock may have been set wrong."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(primitives.wall(), UTC)

    def monotonic(self) -> float:
        return primitives.monotonic()
