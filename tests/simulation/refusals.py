"""The verdict on log-offs: one that Windows refuses ends nothing, and is tried again (docs/design.md, the states)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.simulation.promptness import LEAVES, TAKEN, calm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulation.world import World

_ENDINGS: Final = ("quit", "finish", "end of session")


def refusals(world: World) -> Iterator[str]:
    """Nobody is gone whose session is still there; who was refused asks once more."""
    if world.plan.settings["when_idle"] != "logoff":
        return
    machine = world.machine
    for at, life, how in world.ends:
        told = any(life.born <= when <= at and does in _ENDINGS for when, does in world.persons)
        if how == "ended with OK" and not told and not any(whose is life for _when, whose in machine.log_offs):
            yield f"ended at {at:.2f} without a log-off"
    for _begun, ended, life in machine.refusals:
        until = ended + TAKEN + LEAVES + world.plan.settings["logoff_countdown"]
        jobs = [job for server in world.servers for job in server.jobs.values()]
        busy = any(job.queued < until and not (job.carried and job.carried[-1][0] < ended) for job in jobs)
        quiet = calm(world, ended - TAKEN, until) and calm(world, ended - TAKEN, until, "heartbeat")
        asked = any(ended - 2 * TAKEN <= at <= until for at in (*world.changes, *(at for at, _does in world.persons)))
        if busy or not quiet or asked or world.plan.offers_again or world.end_of(life) < until:
            continue
        tried = [begun for begun, _ended, whose in machine.refusals if whose is life and begun > ended]
        tried += [at for at, whose in machine.log_offs if whose is life and at > ended]
        if not tried or min(tried) > until:
            yield f"refused at {ended:.2f}, and never asked to log off again"
