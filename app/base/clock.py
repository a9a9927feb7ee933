"""Time, as something that tests can hold in their hands."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading


class Clock:
    """The machine's clocks. Waits use the monotonic one, so that a changed wall clock neither hurries nor delays."""

    def now(self) -> datetime:
        """The wall clock in UTC, for people and the journal."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        return time.monotonic()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until `event` is set, at most `seconds`; True if it is set."""
        return event.wait(max(0.0, seconds))
