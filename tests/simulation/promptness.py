"""What must happen soon when nothing stands in its way: the server's side and the machine's tell whether it did."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from tests.simulation import weather
from tests.simulation.network import network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulation.machine import Process
    from tests.simulation.orchestrator import Job, Orchestrator
    from tests.simulation.scheduler import Life
    from tests.simulation.world import World

TOLD: Final = 6.0  # seconds from a script's end, without changes of it, to its status
TOLD_LAST: Final = 20.0  # its changes one by one, then its status
TAKEN: Final = 60.0  # a report that fails has its ten seconds, its time-out, the doubts of its script's changes
GIVEN_UP: Final = 70.0  # a job that can't be written down for a minute; it may be looked up for some seconds
RECOVERS: Final = 75.0  # seconds after bad weather: the longest wait between tries
LEAVES: Final = 45.0  # and the countdown
_SHORT: Final = 2  # a time-out that a slow request of a good day may meet


def promptness(world: World) -> Iterator[str]:
    """What was late."""
    for server in world.servers:
        for job in server.jobs.values():
            run = next((each for each in world.machine.processes if each.guid == job.guid), None)
            if run is not None and len(job.arrived) == 1:
                yield from _begun(world, job, run)
                yield from _told(world, job, run)
                yield from _changes_first(world, server, job, run)
                yield from _once(world, server, job)
            elif len(job.arrived) == 1:
                yield from _not_run(world, job)
            yield from _taken(world, job)
        yield from _left(world, server)


def calm(world: World, start: float, end: float, call: str = "", *, job: str = "", disk: bool = True) -> bool:
    """Whether neither weather nor journal disturbed anything between these moments; weather of other jobs: no matter.

    Args:
        world: after the night.
        start: seconds of the night.
        end: likewise.
        call: which call it is about, which then isn't slow either; else any.
        job: whose GUID; else anybody's.
        disk: whether the journal matters.
    """
    for interval in network().intervals:
        touches = interval.start < end and interval.end > start and (not call or interval.call in ("", call))
        if touches and job and interval.only not in ("", job):
            continue
        if touches and (interval.kind not in weather.HARMLESS or call):
            return False
    return not disk or not disturbed(world, start, end)


def disturbed(world: World, start: float, end: float) -> bool:
    """Whether something was wrong with the journal between these moments."""
    return any(begin < end and until > start for begin, until in world.disturbed)


def trouble_over(world: World, moment: float) -> float:
    """When the journal is well again, if something is wrong with it at this moment; else that moment."""
    for begin, until in sorted(world.disturbed):
        if begin <= moment < until:
            moment = until + 1.0  # what comes that soon after it, is one with it
    return moment


def _goes_on(world: World, life: Life, start: float, end: float) -> bool:
    """Whether this life lasted, and nobody asked anything of it."""
    if not life.born <= start or world.end_of(life) < end:
        return False
    asked = [*world.changes, *(at for at, does in world.persons if does != "resume")]
    return not any(start - 60 <= at <= end for at in asked)


def _begun(world: World, job: Job, run: Process) -> Iterator[str]:
    """Second step 2: "In progress" is the first thing said of a job that runs."""
    assert run.ended is not None
    until = min(run.ended, job.arrived[0] + 6.0)
    undisturbed = _goes_on(world, run.life, job.arrived[0], until) and calm(world, job.arrived[0] - 5.0, until)
    if undisturbed and job.carried and job.carried[0][1] in (3, 4, 5, 7):
        yield f"{job.name} was never reported as in progress: {job.carried}"


def _told(world: World, job: Job, run: Process) -> Iterator[str]:
    """Point 4: what becomes of other jobs' reports is no matter to this one's."""
    assert run.ended is not None
    slowest = run.script.changes * world.plan.settings["request_timeout"]  # one by one, each of them slow
    end = run.ended + (TOLD_LAST + slowest if run.script.changes else TOLD)
    if end < world.over and _goes_on(world, run.life, run.ended, end) and _fair(world, run, end, job):
        told = [when for when, status in job.said if status in (3, 4, 5, 7)]
        if not told or min(told) > end:
            yield f"{job.name} ended at {run.ended:.2f} and was told late: {job.carried}"


def _not_run(world: World, job: Job) -> Iterator[str]:
    """Point 7: what becomes of a job that can't be written down for a minute is told whatever the journal does."""
    arrived, end = job.arrived[0], job.arrived[0] + GIVEN_UP
    if not any(_goes_on(world, life, arrived, end) for life in world.lives):
        return
    if any(job.queued < at < end for at, _life in world.machine.log_offs):
        return
    if not any(begin < arrived and until >= arrived + 60.0 for begin, until in world.disturbed):
        return  # it may have been written down in between, and is a job as any other
    calls = ("update", "heartbeat", "consume")
    undisturbed = all(calm(world, arrived - 1.0, end, call, job=job.guid, disk=False) for call in calls)
    if undisturbed and not any(when <= end for when, _status in job.said):
        yield f"{job.name}, which couldn't be journaled, was handed out at {arrived:.2f} and not told: {job.carried}"


def _fair(world: World, run: Process, end: float, job: Job) -> bool:
    calls = ("", "heartbeat", "task", "message") if run.script.changes else ("", "heartbeat", "update")
    return all(calm(world, run.started - 30.0, end, call, job=job.guid) for call in calls)


def _changes_first(world: World, server: Orchestrator, job: Job, run: Process) -> Iterator[str]:
    """The final status waits for what the script has changed: a server fails the tasks of a failed job."""
    told = [when for when, status in job.carried if status in (3, 4, 5, 7)]
    if not told or not _goes_on(world, run.life, run.started, min(told)):
        return
    if not calm(world, run.started - 30.0, min(told)):
        return
    late = [f"{task} {status}" for when, guid, task, status in server.tasks if guid == job.guid and when > min(told)]
    known = {f"{task} {status}" for when, guid, task, status in server.tasks if guid == job.guid and when <= min(told)}
    if lost := [change for change in late if change not in known]:
        yield f"{job.name} was told at {min(told):.2f} before {lost}"


def _once(world: World, server: Orchestrator, job: Job) -> Iterator[str]:
    """What was taken isn't said again, but to confirm it: not even if the journal couldn't note that it was taken."""
    if world.crashes or world.changes or world.plan.settings["request_timeout"] == _SHORT or len(job.handed_out) > 1:
        return
    if any(disturbed(world, at - 60.0, at + 1.0) for at, _whose, _how in world.ends):
        return  # a robot that ended while the disk took nothing: only its memory knew
    reports = [str(status) for _when, status in job.carried]
    changes = [f"{task} {status}" for _when, guid, task, status in server.tasks if guid == job.guid]
    for call, said in (("update", reports), ("task", changes)):
        if len(set(said)) < len(said) and calm(world, 0.0, world.over, call, job=job.guid, disk=False):
            yield f"{job.name}: said once more though it was taken: {said}"


def _taken(world: World, job: Job) -> Iterator[str]:
    """Point 4: the robot goes on working, whatever becomes of a report."""
    if world.plan.offers_again or any(step.kind == "settings" for step in world.plan.steps):
        return  # the robot is kept busy with one that is handed out again and again; or it works for another one
    taken = min([world.over, *job.handed_out])
    for life in world.lives:
        runs = [run for run in world.machine.processes if run.life is life and run.started < taken]
        ended = max((run.ended or world.over for run in runs), default=0.0)
        start = max(life.born, job.queued, ended)
        if taken - start < TAKEN or not _goes_on(world, life, start, start + TAKEN):
            continue
        # The tasks of a script come first, one by one.
        calls = ("heartbeat", "consume", "task") if any(run.script.tasks for run in runs) else ("heartbeat", "consume")
        if all(calm(world, start - RECOVERS, start + TAKEN, call) for call in calls):
            yield f"{job.name} waited from {start:.2f} on, and was taken at {taken:.2f}"


def _left(world: World, server: Orchestrator) -> Iterator[str]:
    """Point 6: a report that is refused holds no log-off."""
    if world.machine.refusals or world.plan.settings["when_idle"] == "wait" or world.plan.offers_again:
        return
    if any(does == "cancel log-off" for _at, does in world.persons):
        return  # it stays until it has worked once more
    refusing = [each for each in network().intervals if each.kind == weather.REFUSES and each.share == 1.0]
    for interval, life in itertools.product(refusing, world.lives):
        asked = [when for when, whose, _job in server.asked_ready if whose is life]
        if not asked or not life.born <= interval.end:
            continue
        if any(seconds < 0 and at < life.born for at, seconds in world.jumps):
            continue  # what a robot before it has doubted seems to last longer: up to 400 s, as the robot has it
        busy = [run.ended or world.over for run in world.machine.processes if run.started < interval.end]
        start = max(interval.start, life.born, *(job.queued for job in server.jobs.values()), *busy, 0.0)
        end = start + TAKEN + LEAVES + world.plan.settings["logoff_countdown"]
        others = [each for each in network().intervals if each is not interval]
        clear = not any(each.start < end and each.end > start - RECOVERS for each in others)
        waits = any(job.queued < end and not job.handed_out for job in server.jobs.values())
        free = end < interval.end and clear and not waits and not disturbed(world, start - 30.0, end)
        if free and _goes_on(world, life, start, end):
            yield f"stayed from {start:.2f} to {world.end_of(life):.2f}, held by what was refused"
