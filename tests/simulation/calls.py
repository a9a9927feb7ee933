"""The verdict on what scripts ask of the Orchestrator besides changes: messages, new tasks, the next task."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulation.machine import Process
    from tests.simulation.orchestrator import Job, Orchestrator
    from tests.simulation.world import World


def calls(world: World) -> Iterator[str]:
    """What was said of a message and not kept, what was made twice, what was asked too early."""
    for server in world.servers:
        said = [text for _when, message in server.messages for text in message.split("\n")]
        yield from (f"message {text} of nobody here" for text in said if not _is_of(text, server))
        for job in server.jobs.values():
            for run in [run for run in world.machine.processes if run.guid == job.guid and run.script.others][:1]:
                yield from _messages(world, job, run, said)
                yield from _created(world, server, job, run)
                yield from _nexts(server, job, run)


def _is_of(text: str, server: Orchestrator) -> bool:
    return any(guid.startswith(text[:8]) for guid in server.jobs)


def _messages(world: World, job: Job, run: Process, said: list[str]) -> Iterator[str]:
    """Messages needn't outlive a power cut; else what was taken arrives, in order."""
    if not any(step.kind == "power cut" for step in world.plan.steps):
        yield from (f"{job.name}: the message {text} never arrived" for text in run.said if text not in said)
    firsts = [text for text in dict.fromkeys(said) if text in run.asked_to_say]
    if firsts != [text for text in run.asked_to_say if text in firsts]:
        yield f"{job.name}: messages out of order: {firsts}"


def _created(world: World, server: Orchestrator, job: Job, run: Process) -> Iterator[str]:
    """Nobody repeats what may have been carried out; and nobody is told of what wasn't."""
    for name, told in run.created:
        if world.creating.get(name, 0) > 1:
            yield f"{job.name}: {name} was asked for {world.creating[name]} times"
        if told and name not in server.created:
            yield f"{job.name}: {name} was never made, though the script was told so"


def _nexts(server: Orchestrator, job: Job, run: Process) -> Iterator[str]:
    """The Orchestrator knows what became of a run's tasks before it is asked for the next one."""
    for when, name in server.nexts:
        known = [(task, status) for at, _guid, task, status in server.tasks if at <= when]
        if missing := [change for change in run.nexts.get(name, ()) if change not in known]:
            yield f"{job.name}: asked for the next task at {when:.2f} before {missing}"
