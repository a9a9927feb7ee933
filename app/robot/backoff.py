"""How long to wait before trying the Orchestrator again."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Final

FIRST_SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 60.0
LONGEST_RETRY_AFTER: Final = (
    300.0  # a server that asks for more is asked again sooner: a misconfigured hour would cost a night
)


@dataclass
class Backoff:
    """Doubling waits with jitter, so that fifty robots don't return at one moment after an outage."""

    attempt: int = 0
    rng: random.Random = field(default_factory=random.Random)

    def reset(self) -> None:
        """The Orchestrator answered well."""
        self.attempt = 0

    def next_delay(self, retry_after: float | None = None) -> float:
        """Seconds to wait now: half to all of 1, 2, 4 … 60, but never less than the server's own `Retry-After`."""
        ceiling: float = min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** min(self.attempt, 10))
        self.attempt += 1
        delay = ceiling * self.rng.uniform(0.5, 1.0)
        if retry_after is None:
            return delay
        return max(delay, min(retry_after, LONGEST_RETRY_AFTER))
