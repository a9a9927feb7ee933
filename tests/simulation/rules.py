"""What an Orchestrator and its coordinator do of their own accord, as the vendor's documentation has it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

PUTS_BACK: Final = "puts it back"


@dataclass(frozen=True)
class Rules:
    """Of one night's Orchestrators.

    Attributes:
        believes_ready: what becomes of a job whose robot says Ready: "" (nothing), "ends it", or `PUTS_BACK`.
        disconnected_too: likewise when it says Disconnected.
        ends_after: seconds after which a job without an outcome is failed (`cron_job_failed_interval`).
        refuses_late: what is said of a job that the server has ended by itself, is refused.
        aborts: a robot that says Working with such a job is asked to abort it.
        hung: seconds of silence after which the coordinator ends the session, if a job waits; 0: it doesn't.
        tells: before that Windows tells the programs that the session ends.
    """

    believes_ready: str = ""
    disconnected_too: bool = False
    ends_after: float = math.inf
    refuses_late: bool = False
    aborts: bool = False
    hung: float = 0.0
    tells: bool = False


NONE: Final = Rules()
