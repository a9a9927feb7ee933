"""The robot of the fleet says what the real one says, when the real one says it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fleet.engine import World
from tests.fleet.real_times import LATENCY, LATENCY_OF_REPORTS
from tests.fleet.robot import FleetRobot, Pace
from tests.fleet.server import CONSUME, READY, SERVICE, UPDATE, WORKING, Request, Server
from tests.fleet.two_worlds import SCRIPT_SECONDS, SETTINGS, TWO_WORLDS, TwoWorlds

ROOT = Path(__file__).resolve().parents[2]
NAMES = {READY: "heartbeat", WORKING: "heartbeat", CONSUME: "consume", UPDATE: "update"}


class Middling:
    """In the place of a random generator: always the same part of the way."""

    def __init__(self, share: float) -> None:
        self._share = share

    def uniform(self, low: float, high: float) -> float:
        return low + (high - low) * self._share


class NotingServer(Server):
    """Notes what is said when."""

    def __init__(self, world: World, two: TwoWorlds) -> None:
        super().__init__(world, service=dict.fromkeys(SERVICE, LATENCY) | {UPDATE: LATENCY_OF_REPORTS}, fixed=True)
        self.said: list[tuple[float, str]] = []
        for start, end, state in two.outages:
            world.at(start, self.becomes, state)
            if not two.state_at(end):
                world.at(end, self.becomes, "up")

    def arrives(self, request: Request) -> None:
        self.said.append((round(self.world.now, 3), NAMES[request.call]))
        super().arrives(request)


def of_the_fleet(two: TwoWorlds, share: float) -> list[tuple[float, str]]:
    """What the fleet's robot says."""
    world = World(1, Middling(share))
    server = NotingServer(world, two)
    robot = FleetRobot(world, server, 1, Pace(**(SETTINGS | two.settings)))
    world.spawn(robot.life())
    for at in two.jobs:
        world.at(at, server.jobs.__setitem__, 1, SCRIPT_SECONDS)
    for at in two.changes:
        world.at(at, robot.reload, Pace(**(SETTINGS | two.settings)))
    world.run(two.seconds)
    return server.said


def of_the_real_one(situation: str, share: float) -> list[tuple[float, str]]:
    """What the real one says."""
    command = [sys.executable, "-m", "tests.fleet.real_times", situation, str(share)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return [(at, call) for at, call in json.loads(done.stdout.splitlines()[-1])]


@pytest.mark.parametrize("situation", TWO_WORLDS)
@pytest.mark.parametrize("share", [0.1, 0.7])
def test_the_same_at_the_same_time(situation: str, share: float) -> None:
    """Whatever happens to them and whatever is drawn, both worlds agree; the real one also writes a journal."""
    two = TWO_WORLDS[situation]
    ours, real = of_the_fleet(two, share), of_the_real_one(situation, share)
    assert len(real) >= 3
    for call in set(NAMES.values()):
        times, really = ([at for at, each in said if each == call] for said in (ours, real))
        assert times == pytest.approx(really, abs=0.25), call
