"""What there is in a simulated night, and what the judge looks at afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.simulation.scheduler import scheduler
from tests.simulation.traps import Traps

if TYPE_CHECKING:
    from tests.simulation.machine import Machine
    from tests.simulation.orchestrator import Orchestrator
    from tests.simulation.plan import Plan
    from tests.simulation.scheduler import Life


@dataclass
class World:
    """What the judge looks at."""

    plan: Plan
    machine: Machine
    servers: list[Orchestrator]
    lives: list[Life] = field(default_factory=list)
    crashes: list[float] = field(default_factory=list)
    persons: list[tuple[float, str]] = field(default_factory=list)
    ends: list[tuple[float, Life, str]] = field(default_factory=list)  # how each life ended
    disturbed: list[tuple[float, float]] = field(default_factory=list)  # the journal's trouble
    unforeseen: list[str] = field(default_factory=list)  # tracebacks in the log
    changes: list[float] = field(default_factory=list)  # of the settings
    traps: Traps = field(default_factory=Traps)
    spoken: dict[Life, tuple[float, float]] = field(default_factory=dict)  # first and last request of each
    jumps: list[tuple[float, float]] = field(default_factory=list)  # of the wall clock: when, how many seconds
    creating: dict[str, int] = field(default_factory=dict)  # how often each task was to be made, by name
    resets: int = 0  # sessions that the coordinator has ended
    calm_from: float = 0.0
    overdue: list[tuple[float, str]] = field(default_factory=list)  # after an hour of calm, what still waits for whom
    over: float = 0.0
    trace: list[str] = field(default_factory=list)

    def says(self, life: Life, call: str, fields: dict[str, str], *, carried_out: bool) -> None:
        """A robot sends a request."""
        now = scheduler().now
        self.spoken[life] = (self.spoken[life][0] if life in self.spoken else now, now)
        if call == "create" and carried_out:
            self.creating[fields["name"]] = self.creating.get(fields["name"], 0) + 1

    def end_of(self, life: Life) -> float:
        """When this life ended, or the night."""
        return min([self.over, *(at for at, whose, _how in self.ends if whose is life)])


_worlds: list[World] = []


def begin(world: World) -> None:
    """The night that goes on from now."""
    _worlds[:] = [world]


def forget() -> None:
    """It is over and judged."""
    _worlds.clear()


def present() -> World:
    """That of the night that is going on."""
    return _worlds[0]
