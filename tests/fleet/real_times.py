"""The real `Service` in virtual time, alone with a played server: what it says when, as JSON. A process of its own.

`python -m tests.fleet.real_times SITUATION SHARE`: every draw between two bounds is that share of the way.
"""

from __future__ import annotations

import json
import os
import random
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.simulation import primitives

if TYPE_CHECKING:
    from collections.abc import Callable

LATENCY = 0.005  # seconds from a request to its being carried out, and to its answer
LATENCY_OF_REPORTS = 0.05


def main() -> None:
    """Live through it and print."""
    situation, share = sys.argv[1], float(sys.argv[2])
    primitives.install()
    from tests.simulation import edges, scheduler

    scheduler.Scheduler.steps = lambda _self, _pauses: sys.maxsize  # type: ignore[assignment, method-assign]  # nobody interrupts
    scheduler.SeededRandom.uniform = lambda _self, low, high: low + (high - low) * share  # type: ignore[method-assign, assignment]
    edges.put_in_place()
    try:
        print(json.dumps(_live(situation)), flush=True)
    except BaseException:  # noqa: BLE001 - whatever it was
        traceback.print_exc()
        os._exit(1)  # threads that wait for a baton would be waited for
    os._exit(0)


def _live(situation: str) -> list[tuple[float, str]]:
    from tests.fleet.two_worlds import DOWN, SCRIPT_SECONDS, SETTINGS, TWO_WORLDS
    from tests.simulation import network as wire
    from tests.simulation import scheduler, weather, world
    from tests.simulation.machine import Machine, Script
    from tests.simulation.orchestrator import Job, Orchestrator
    from tests.simulation.plan import Plan
    from tests.simulation.story import HOSTS, Story

    two = TWO_WORLDS[situation]
    now = scheduler.begin(1)
    now.rng.random = lambda: 1.0  # type: ignore[method-assign]
    now.rng.choice = lambda seq: seq[0]  # type: ignore[method-assign]  # a disk that is quick
    net = wire.begin()
    guid = "da8bc2f0-8065-4385-b867-405e66b8e151"
    servers = [Orchestrator(host, guid, random.Random(1), offers_again=False) for host in HOSTS]
    net.servers = servers
    machine = Machine()
    machine.scripts["job"] = Script(SCRIPT_SECONDS, 0, "stops", 0.0)
    night = world.World(Plan(1, SETTINGS | two.settings, False, []), machine, servers)
    world.begin(night)
    said: list[tuple[float, str]] = []

    def fate(call: str, _method: str, _timeout: float, _job: str) -> weather.Fate:
        said.append((round(now.now, 3), call))
        state = two.state_at(now.now)
        if state == DOWN:
            return weather.Fate((), 0.0, connected=False)
        took = LATENCY_OF_REPORTS if call == "update" else LATENCY
        return weather.Fate() if state else weather.Fate((took,), took)

    net.fate = fate  # type: ignore[method-assign, assignment]
    story = Story(night, random.Random(1))

    def tell() -> None:
        steps: list[tuple[float, Callable[[], Any]]] = [
            (at, lambda: servers[0].add(Job("a" + guid[1:], "job"))) for at in two.jobs
        ] + [(at, lambda: _changed(story)) for at in two.changes]
        story._start()
        for at, step in sorted(steps, key=lambda each: each[0]):
            now.sleep(at - now.now)
            step()
        now.sleep(two.seconds - now.now)

    now.run(tell)
    if servers[0].open_while_ready:  # durability rule 4: the final status first
        raise AssertionError(f"Ready while a job is open: {servers[0].open_while_ready}")
    return said


def _changed(story: Any) -> None:
    story._changes += 2  # other settings, with the same heartbeats
    story._world.plan.settings["logoff_countdown"] = 20 + story._changes
    story._settings_change()


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    main()
