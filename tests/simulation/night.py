"""One night: the real Service with its robots, in a simulated world, from its plan to its end."""

from __future__ import annotations

import gc
import random
import uuid
from typing import TYPE_CHECKING, Final

from tests.simulation import network as wire
from tests.simulation import scheduler
from tests.simulation.edges import LOG, SimWatch
from tests.simulation.machine import Machine
from tests.simulation.orchestrator import Orchestrator
from tests.simulation.primitives import SimThread
from tests.simulation.story import HOSTS, Story
from tests.simulation.world import World, begin, forget

if TYPE_CHECKING:
    from tests.simulation.plan import Plan

_NIGHTS_OF_WASTE: Final = 16  # are thrown away together: each look is at all that lives
_lived = [0]


def spend(plan: Plan, *, keep_trace: bool = False) -> World:
    """Let the night of `plan` happen.

    Raises:
        StuckError: nobody could go on; this process can spend no other night.
    """
    now = scheduler.begin(plan.seed)
    net = wire.begin()
    rng = random.Random(f"world {plan.seed}")
    guid, other = (str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(2))
    whose = zip(HOSTS, (guid, guid, other), strict=True)
    servers = net.servers = [
        Orchestrator(host, guid, rng, offers_again=plan.offers_again, rules=plan.rules) for host, guid in whose
    ]
    world = World(plan, Machine(), servers)
    begin(world)
    LOG.world, LOG.keeps = world, keep_trace
    if keep_trace:
        net.trace = world.trace.append
    try:
        now.run(Story(world, rng).tell)
    finally:
        LOG.world = None
    world.unforeseen += [f"the thread {name} died of {error!r}" for name, error in now.died]
    return world


def clear_away() -> None:
    """Nothing of a night may have its turn in the next one."""
    forget()
    wire.begin()
    SimWatch.of.clear()
    scheduler.begin(0).current = SimThread(name="nobody")
    _lived[0] += 1
    if not _lived[0] % _NIGHTS_OF_WASTE:
        gc.collect()
