"""Situations that one robot lives through twice: the real one in `real_times`, and one of the fleet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

DOWN: Final = "down"
DARK: Final = "dark"
SCRIPT_SECONDS: Final = 47.0
SETTINGS: Final[dict[str, Any]] = {
    "when_idle": "wait",
    "poll_seconds": 10,
    "heartbeat_seconds": 10,
    "request_timeout": 10,
    "logoff_countdown": 15,
}


@dataclass(frozen=True)
class TwoWorlds:
    """What happens, in seconds from the start.

    Attributes:
        seconds: how long it is watched.
        outages: from, to, and how.
        jobs: when one is queued.
        changes: when the settings file changes, and the watch sees it.
    """

    seconds: float
    outages: tuple[tuple[float, float, str], ...] = ()
    jobs: tuple[float, ...] = ()
    changes: tuple[float, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)

    def state_at(self, moment: float) -> str:
        """What the server is: nothing for up."""
        return next((state for start, end, state in self.outages if start <= moment < end), "")


TWO_WORLDS: Final = {
    "rest": TwoWorlds(200),
    "slow pace": TwoWorlds(400, settings={"poll_seconds": 60}),
    "refused": TwoWorlds(400, ((33, 211, DOWN),)),
    "dark": TwoWorlds(400, ((33, 211, DARK),)),
    "starts in an outage": TwoWorlds(200, ((0, 90, DARK), (90, 120, DOWN))),
    "a job": TwoWorlds(150, jobs=(25,)),
    "a job through an outage": TwoWorlds(400, ((45, 140, DARK), (140, 170, DOWN)), jobs=(25,)),
    "heard before its report": TwoWorlds(400, ((45, 140, DARK), (140, 171.1, DOWN)), jobs=(31,)),
    "new settings": TwoWorlds(200, jobs=(), changes=(33, 77)),
    "no work": TwoWorlds(60, settings={"when_idle": "logoff"}),
}
