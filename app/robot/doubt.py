"""For how long a request whose fate is unknown may still be carried out: nobody can know, so a rule stands for it.

A server that let go at once has most likely failed; one that held the request for ten seconds may take as long again,
and half of that.
"""

from __future__ import annotations

from typing import Final

SHORTEST_SECONDS: Final = 5.0
LONGEST_SECONDS: Final = 60.0


def doubt_after(took: float) -> float:
    """Seconds for which a request that was given up after so many seconds may still be carried out."""
    return min(LONGEST_SECONDS, max(SHORTEST_SECONDS, 1.5 * took))


def longest_doubt(request_timeout: float) -> float:
    """Seconds for which what another process was sending when it died a moment ago may still be carried out."""
    return request_timeout + doubt_after(request_timeout)
