"""Real robots on threads against a real server, beside as many in virtual time that began in the same moments."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.fleet.engine import World
from tests.fleet.real_server import RealServer
from tests.fleet.robot import FleetRobot, Pace
from tests.fleet.server import Server

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).resolve().parents[2]
PROCESSES: Final = 4
CLOSE: Final = 0.2  # of the simulation's number
PATIENCE: Final = 300.0  # seconds until all have been heard
# Name, what the server is, and for how long: seconds.
PHASES: Final = (
    ("rest", "up", 90),
    ("a minute of 503", "down", 60),
    ("the half minute after", "up", 30),
    ("the minute after that", "up", 60),
    ("a minute without answer", "dark", 60),
    ("the half minute after", "up", 30),
    ("the minute after that", "up", 60),
)


def compared(size: int, seed: int) -> tuple[str, bool]:
    """The table of `docs/fleet.md`, and whether every rate agrees."""
    real, starts = _real(size)
    played = _simulated(starts, seed)
    lines = [
        f"| {size} robots | requests a second: simulated | real | | fullest second: simulated | real |",
        "|---|---|---|---|---|---|",
    ]
    agree, begin = True, 0.0
    for name, _state, seconds in PHASES:
        ours, theirs = (_rates(moments, begin, begin + seconds) for moments in (played, real))
        off = theirs[0] / ours[0] - 1
        agree = agree and abs(off) <= CLOSE
        lines.append(f"| {name} | {ours[0]:.1f} | {theirs[0]:.1f} | {100 * off:+.0f} % | {ours[1]} | {theirs[1]} |")
        begin += seconds
    return "\n".join(lines), agree


def _rates(moments: Sequence[float], begin: float, end: float) -> tuple[float, int]:
    inside = [int(moment - begin) for moment in moments if begin <= moment < end]
    return len(inside) / (end - begin), max((inside.count(second) for second in set(inside)), default=0)


def _real(size: int) -> tuple[list[float], list[float]]:
    """When the server was asked, and when it first heard each robot, in seconds since the first phase began."""
    guids = [str(uuid.uuid4()) for _ in range(size)]
    with tempfile.TemporaryDirectory(prefix="robot-fleet-") as folder, RealServer() as server:
        url = f"http://127.0.0.1:{server.port}"
        command = [sys.executable, "-m", "tests.fleet.real_robots", url, folder]
        processes = [
            subprocess.Popen([*command, *guids[first::PROCESSES]], cwd=ROOT, stdin=subprocess.PIPE)
            for first in range(PROCESSES)
        ]
        try:
            until = time.monotonic() + PATIENCE
            while len({guid for _at, guid in server.came}) < size:
                if time.monotonic() > until:
                    raise RuntimeError("not all robots were heard")
                time.sleep(0.1)
            time.sleep(5)
            begun = time.monotonic()
            for name, state, seconds in PHASES:
                print(f"{name} …", file=sys.stderr, flush=True)
                server.state = state
                time.sleep(seconds)
        finally:
            for process in processes:
                process.kill()
                process.wait()
    first: dict[str, float] = {}
    for at, guid in server.came:
        first.setdefault(guid, at - begun)
    return [at - begun for at, _guid in server.came], list(first.values())


def _simulated(starts: Sequence[float], seed: int) -> list[float]:
    before = -min(starts)
    world = World(seed)
    server = _Noting(world)
    for number, start in enumerate(starts):
        world.spawn(FleetRobot(world, server, number, Pace()).life(), start + before)
    world.run(before)
    for _name, state, seconds in PHASES:
        server.becomes(state)
        world.run(world.now + seconds)
    return [moment - before for moment in server.moments]


class _Noting(Server):
    """Notes when it was asked."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.moments: list[float] = []

    def arrives(self, request) -> None:  # type: ignore[no-untyped-def]
        self.moments.append(self.world.now)
        super().arrives(request)
