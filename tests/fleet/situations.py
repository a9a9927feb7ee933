"""What happens to a fleet: rest, outages, mornings, roll-outs, bursts of jobs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.fleet.engine import World
from tests.fleet.measure import verdict
from tests.fleet.robot import FleetRobot, Pace
from tests.fleet.server import BACKLOG, Server

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fleet.measure import Verdict

WATCH_SECONDS = 2.0  # `SettingsWatch` looks every two seconds, each robot at its own moments
LONG_BACKLOG = 16_384  # ten thousand robots' answers to the last are ten seconds late
JOB_SECONDS = (30.0, 90.0)


@dataclass
class Fleet:
    """Robots and their Orchestrator.

    Attributes:
        start: when what the situation is about was over, in seconds.
    """

    size: int
    seed: int
    pace: Pace = field(default_factory=Pace)
    service: dict[str, float] | None = None
    backlog: int = BACKLOG
    start: float = 0.0

    def __post_init__(self) -> None:
        self.world = World(self.seed)
        self.server = Server(self.world, service=self.service, backlog=self.backlog)
        self.robots = [FleetRobot(self.world, self.server, number, self.pace) for number in range(self.size)]

    def switch_on(self, at: float, within: float) -> None:
        """All of them, evenly within so many seconds."""
        for robot in self.robots:
            self.world.spawn(robot.life(), at + self.world.rng.uniform(0.0, within))

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.world.run(self.world.now + seconds)

    def over(self) -> None:
        """It is judged from here on."""
        self.start = self.world.now
        self.server.watched_from = self.start
        self.server.longest_silence.clear()

    def out(self, state: str, seconds: float) -> None:
        """The server is away for so long; then it is judged."""
        self.server.becomes(state)
        self.run(seconds)
        self.over()
        self.server.becomes("up")

    def verdict(self, name: str) -> Verdict:
        """Of what has happened since `over`."""
        silence = max(self.server.longest_silence.values(), default=0.0)
        return verdict(name, self.server.seconds, self.start, self.world.now, silence)


def rest(fleet: Fleet) -> None:
    """Half an hour of waiting, after a start within ten minutes."""
    _at_rest(fleet)
    fleet.over()
    fleet.run(1800)


def an_hour_refused(fleet: Fleet) -> None:
    """The server is down for an hour: no connection."""
    _at_rest(fleet)
    fleet.out("down", 3600)
    fleet.run(900)


def an_hour_dark(fleet: Fleet) -> None:
    """The server can't be reached for an hour: nothing answers, each try takes its time limit."""
    _at_rest(fleet)
    fleet.out("dark", 3600)
    fleet.run(900)


def hung(fleet: Fleet) -> None:
    """The database is locked for half a minute: all workers and the queue are full of requests."""
    _at_rest(fleet)
    fleet.out("hangs", 30)
    fleet.run(900)


def long_queue(fleet: Fleet) -> None:
    """The same for a minute, with a queue so long that whoever stands at its end is answered too late."""
    fleet.server.backlog = LONG_BACKLOG
    _at_rest(fleet)
    fleet.out("hangs", 60)
    fleet.run(900)


def morning(fleet: Fleet) -> None:
    """At eight everybody logs on within three minutes."""
    fleet.over()
    fleet.switch_on(0, 180)
    fleet.run(900)


def one_second(fleet: Fleet) -> None:
    """All machines are switched on in the same second."""
    fleet.over()
    fleet.switch_on(0, 1)
    fleet.run(1200)


def _switched_on_while(fleet: Fleet, state: str) -> None:
    """All in the same second, while the server is in this state for two minutes."""
    fleet.server.becomes(state)
    fleet.switch_on(0, 1)
    fleet.run(120)
    fleet.over()
    fleet.server.becomes("up")
    fleet.run(1200)


def power_cut(fleet: Fleet) -> None:
    """The same, two minutes before the server is up: nothing answers until then."""
    _switched_on_while(fleet, "dark")


def told_to_wait(fleet: Fleet) -> None:
    """All are switched on in one second; for two minutes each is told to come back after half a minute."""
    _switched_on_while(fleet, "peace")


def roll_out(fleet: Fleet) -> None:
    """The settings file is changed on all of them at once."""
    _at_rest(fleet)
    fleet.over()
    changed = replace(fleet.pace, heartbeat_seconds=12.0)
    for robot in fleet.robots:
        fleet.world.at(fleet.world.now + fleet.world.rng.uniform(0.0, WATCH_SECONDS), robot.reload, changed)
    fleet.run(1200)


def burst(fleet: Fleet) -> None:
    """A job for each of them is queued at once; the scripts take half a minute to one and a half."""
    _at_rest(fleet)
    fleet.over()
    fleet.server.jobs = {robot.number: fleet.world.rng.uniform(*JOB_SECONDS) for robot in fleet.robots}
    fleet.run(900)


def no_work(fleet: Fleet) -> None:
    """All are switched on in the same second, find no work, count down and log off."""
    fleet.pace = replace(fleet.pace, when_idle="logoff")
    fleet.robots = [FleetRobot(fleet.world, fleet.server, number, fleet.pace) for number in range(fleet.size)]
    fleet.over()
    fleet.switch_on(0, 1)
    fleet.run(180)


def _at_rest(fleet: Fleet) -> None:
    fleet.switch_on(0, 600)
    fleet.run(900)


SITUATIONS: dict[str, Callable[[Fleet], None]] = {
    "rest": rest,
    "refused": an_hour_refused,
    "dark": an_hour_dark,
    "hung": hung,
    "queue": long_queue,
    "morning": morning,
    "second": one_second,
    "power": power_cut,
    "peace": told_to_wait,
    "rollout": roll_out,
    "burst": burst,
    "nowork": no_work,
}


def spend(name: str, size: int, seed: int, **details: object) -> Fleet:
    """Let it happen to a fleet of that size."""
    fleet = Fleet(size, seed, **details)  # type: ignore[arg-type]
    SITUATIONS[name](fleet)
    return fleet
