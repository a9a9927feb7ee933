"""What the bench has found out about the peers. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Final

from tests.bench.peers.adapter import SUCCESS

if TYPE_CHECKING:
    from collections.abc import Sequence

MEASURES: Final = {
    "turnaround": "a job that does nothing, of a queue",
    "rest": "the same, asked of a worker at rest",
    "start": "start to the first line of a waiting job",
    "memory": "memory at rest",
    "cpu": "CPU at rest",
    "cancel": "cancel of a running job",
    "kill": "after SIGKILL of the worker",
}


@dataclass(frozen=True)
class AfterKill:
    """What was seen after the worker was killed in mid-job and started again; seconds since the restart.

    Attributes:
        restart: seconds between the kill and the restart.
        left: of the job's three processes, how many lived at the restart.
        gone: when the last of them was dead; None: not while it was watched.
        outcome: how the job ended as the server knows it; "" if that was not known by the end.
        told: when that was known; None.
        again: when its script was started once more; None: it wasn't.
        state: what the server says in the end.
        watched: for how long it was looked at.
    """

    restart: float
    left: int
    gone: float | None
    outcome: str
    told: float | None
    again: float | None
    state: str
    watched: float


@dataclass
class Found:
    """About one peer; times in seconds, memory in MB.

    Attributes:
        turnaround, bare: a job of a queue, and just before each of these `python noop.py` with nothing around it.
        gaps: for each of `MEASURES` that there is no number for, why.
        survivors: of a cancelled job's three processes, how many live on 45 s later.
        beside_memory: what its server or broker holds, beside the worker.
    """

    title: str
    versions: str
    beside: str = ""
    turnaround: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    rest: list[float] = field(default_factory=list)
    start: list[float] = field(default_factory=list)
    cancel: list[float] = field(default_factory=list)
    memory: float | None = None
    uss: float | None = None
    processes: int = 0
    beside_memory: float | None = None
    cpu: float | None = None
    beside_cpu: float | None = None
    after_kill: AfterKill | None = None
    survivors: int = 0
    state_after_cancel: str = ""
    gaps: dict[str, str] = field(default_factory=dict)


def seconds(value: float) -> str:
    """`12.3 ms`, `1.2 s`."""
    return f"{value * 1000:.1f} ms" if value < 0.1 else f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def spread(values: Sequence[float]) -> str:
    """The median, and the range if there is one."""
    if len(values) == 1:
        return seconds(values[0])
    return f"{seconds(median(values))} ({seconds(min(values))} – {seconds(max(values))})"


def describe_cancel(found: Found) -> str:
    """In a few words; "" if it was not measured."""
    if found.survivors:
        return f"**{found.survivors} of 3 processes live on**; the job is “{found.state_after_cancel}”"
    return spread(found.cancel) if found.cancel else ""


def describe_after_kill(seen: AfterKill) -> str:
    """In a few words."""
    return f"{_processes(seen)}; {_job(seen)}"


def _processes(seen: AfterKill) -> str:
    if not seen.left:
        return "no process left"
    if seen.gone is None:
        return f"{seen.left} of 3 processes left, {seen.watched:.0f} s later still"
    return f"{seen.left} of 3 processes left until {seconds(max(seen.gone, 0.0))} after the restart"


def _job(seen: AfterKill) -> str:
    if seen.again is not None:
        return f"**run again** after {seconds(seen.again)}"
    if seen.told is None:
        return f"**lost**: “{seen.state}” {seen.watched:.0f} s later"
    if seen.outcome == SUCCESS:
        return f"the job goes on without the worker: {seen.outcome} after {seconds(seen.told)}"
    return f"known as {seen.outcome} {seconds(seen.told)} after the restart"
