"""The verdict on a night, from what the server carried out and the machine did; nothing of the robot's own word."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from tests.simulation import weather
from tests.simulation.calls import calls
from tests.simulation.network import network
from tests.simulation.promptness import calm, disturbed, promptness, trouble_over
from tests.simulation.refusals import refusals
from tests.simulation.starts import starts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulation.machine import Process
    from tests.simulation.orchestrator import Job, Orchestrator
    from tests.simulation.scheduler import Life
    from tests.simulation.world import World

# Seconds; the vendor's coordinator ends the session of a robot that is silent for longer than 15. And a slow request.
HEARD = 17.0
WINDS_UP = 2.5  # seconds from a script's end until the robot sees it: what the script had asked is waited for
_REACHES = 0.6  # seconds until what is asked reaches the script, on a busy machine
WAITS = 3.0  # seconds in which a job that was handed out is written down
_FRESH = 2.0  # of an answer "no job"; a busy machine may keep two threads from going on, each for half a second
_DAY = 86400.0  # seconds; for so long a refused report is tried
PATIENCE = 10.0  # seconds for which the loop stays with a report that fails (durability rule 4)


def verdict(world: World) -> list[str]:
    """What went wrong, each as one sentence."""
    points = (_outcomes, _all_taken, _processes, _leaving, _heard, _order, _tasks, promptness, refusals, starts, calls)
    return [problem for point in points for problem in point(world)] + world.unforeseen


def _outcomes(world: World) -> Iterator[str]:
    """Points 1, 3 and 5: every outcome arrives, is the last thing carried out, and is true."""
    for server in world.servers:
        yield from server.strangers
        for job in server.jobs.values():
            if not job.arrived:
                if job.carried:
                    yield f"{job.name} was reported, but never handed out: {job.carried}"
                continue
            if not job.carried and _died_with_it_in_hand(world, job):
                continue  # before it was written down: nobody can know of it; the Orchestrator fails it after a day
            gives_up = _older_by_the_clock(world) or not _runs(world, job)
            if job.outcome is None and gives_up and _refused(job.guid, 0.0, world.over):
                continue  # refused for a day, by the clock of this machine; or of a job that was only in memory
            if job.outcome is None:
                yield f"the outcome of {job.name} never arrived; carried out: {job.carried}"
                continue
            if (wanted := _may_be(world, job)) and job.outcome not in wanted:
                yield f"{job.name} was reported as {job.outcome}, but it was {sorted(wanted)}: {_runs(world, job)}"


def _older_by_the_clock(world: World) -> bool:
    """Whether a robot may have found what another one had left a day older than it was."""
    begun = max([*(life.born for life in world.lives), *world.changes])
    read = trouble_over(world, begun + WAITS)  # what was left
    return sum(seconds for at, seconds in world.jumps if seconds > 0 and at <= read) >= _DAY


def _all_taken(world: World) -> Iterator[str]:
    """After hours of good weather no job waits any more."""
    for server in world.servers:
        yield from (f"{job.name} was never taken" for job in server.jobs.values() if not job.handed_out)
    for at, host in world.overdue:  # a confirmation too: else no robot would ever leave by itself
        yield f"something still waits to be told to {host} at {at:.2f}, after an hour of good weather"


def _may_be(world: World, job: Job) -> set[int]:
    """Which final statuses tell the truth about a job."""
    runs = _runs(world, job)
    if not runs:
        return {5, 3}  # it could not be journaled, or the robot died before it was started
    run = runs[0]
    assert run.ended is not None
    natural = {
        "exit": 4 if run.code == 0 else 5,
        "stopped": 7,
        "aborted": 3,
        "not started": 5,
        "leftover killed": 5,
        "power cut": 5,
        "session reset": 5,
    }[run.how]
    if run.how == "exit" and run.code == 0 and run.stop_at is not None:
        natural = 7
    may = {natural}
    if _died_before_told(world, run):
        may.add(5)
    told_to_end = any(does in ("quit", "finish", "end of session") for _at, does in world.persons)
    if told_to_end and any(begin - 5 < run.ended < until for begin, until in world.disturbed):
        may.add(5)  # told to end while the disk took nothing: the next start knows only that it ended
    seen = trouble_over(world, run.ended + WINDS_UP)  # what it asked for last waits for the journal
    abort = job.told.get(10)
    persons = [at for at, does in world.persons if does in ("abort", "quit", "end of session")]
    for asked in [*([abort] if abort is not None else []), *persons]:
        if run.started - 5 <= asked < run.ended + 1e-9:
            may = may | {3} if run.how != "aborted" else may
        if asked <= seen:
            may.add(3)
    stops = [at for at in (job.told.get(20), *(at for at, does in world.persons if does == "stop")) if at is not None]
    if natural == 4 and any(at <= run.started or run.ended - _REACHES <= at < seen for at in stops):
        may.add(7)  # asked before it was started, or when it had ended and the robot was about to see it
    crashed = any(life is run.life and how == "crash" and at < run.ended + 1 for at, life, how in world.ends)
    if abort is not None and run.started < abort < run.ended - _REACHES and not crashed and run.how != "aborted":
        may = {-10}  # an abort that is not obeyed
    return may


def _died_with_it_in_hand(world: World, job: Job) -> bool:
    arrived = max(job.arrived)
    waits = max(WAITS, trouble_over(world, arrived + WAITS) - arrived + WAITS)
    if _runs(world, job):
        return False
    told = [at for at, does in world.persons if does in ("quit", "end of session") and 0 <= at - arrived < waits]
    # After the job, which is none any more after a minute.
    told += [arrived + 60.0 for at, does in world.persons if does == "finish" and 0 <= at - arrived < waits]
    if told and waits > WAITS and not calm(world, arrived, min(told) + 30.0, "update"):
        return True  # told to end while neither the disk nor the Orchestrator would take a word
    # An answer that came when its robot was dead has reached nobody.
    return any(-2.0 < crash - arrived < waits for crash in world.crashes)


def _died_before_told(world: World, run: Process) -> bool:
    crash = (
        next(at for at, life, how in world.ends if life is run.life and how == "crash")
        if any(life is run.life and how == "crash" for _at, life, how in world.ends)
        else None
    )
    if crash is None or run.ended is None or run.how in ("leftover killed", "power cut", "session reset"):
        return crash is not None
    return crash < trouble_over(world, run.ended + WAITS) + 60


def _runs(world: World, job: Job) -> list[Process]:
    return [each for each in world.machine.processes if each.guid == job.guid]


def _processes(world: World) -> Iterator[str]:
    """No job is run twice, no two at once, nothing is left behind."""
    for server in world.servers:
        for job in server.jobs.values():
            if len(_runs(world, job)) > 1:
                yield f"{job.name} was run {len(_runs(world, job))} times"
    runs = sorted(world.machine.processes, key=lambda each: each.started)
    for first, second in itertools.pairwise(runs):
        if first.ended is None or second.started < first.ended:
            yield f"{second.guid[:4]} began at {second.started:.2f} while {first.guid[:4]} was running"
    for life in world.lives:
        ready = [when for server in world.servers for when, whose in server.said_ready if whose is life]
        for run in runs if ready else ():
            if run.life is not life and run.started < life.born and (run.ended is None or run.ended > min(ready)):
                yield f"{run.guid[:4]}, left behind, was running when the next robot said Ready at {min(ready):.2f}"
    if left := world.machine.running():
        yield f"left running: {left}"


def _leaving(world: World) -> Iterator[str]:
    """Point 6: only after a good answer "no job", with nothing running and nothing to tell; then silence."""
    leaves = [(at, life) for at, life in world.machine.log_offs]
    leaves += [
        (at, life) for at, life, how in world.ends if how == "ended with OK" and _left_by_itself(world, at, life)
    ]
    for at, life in leaves:
        for run in world.machine.processes:
            if run.started < at and (run.ended is None or run.ended > at + 1e-6):
                yield f"left at {at:.2f} while {run.guid[:4]} was running"
        # What is queued while Windows asks its programs, the next log-on is for: nobody can take a log-off back.
        begun = world.machine.asked[life] if (at, life) in world.machine.log_offs else at
        answers = [
            (when, job)
            for server in world.servers
            for when, whose, job in server.asked_ready
            if whose is life and when <= begun
        ]
        last = max(answers, default=(0.0, True))
        fresh = last[0] >= begun - _FRESH or disturbed(world, begun - 3, begun)
        if last[1] or ((at, life) in world.machine.log_offs and not fresh):
            yield f"left at {at:.2f} without a good answer \u201cno job\u201d"
        for server in world.servers:
            for job in server.jobs.values():
                first = next(iter(_runs(world, job)), None)
                told = [when for when, status in job.said if status in (3, 4, 5, 7) and when <= at]
                if first is None or first.ended is None or not at - 600 < first.ended <= at:
                    continue
                if not told and not _other_host(world) and not _refused(job.guid, first.ended, at):
                    yield f"left at {at:.2f} before the outcome of {job.name} was told"
        said = [
            sent for server in world.servers for _when, whose, sent in server.heard if whose is life and sent > at + 0.5
        ]
        if said and (at, life) in world.machine.log_offs:
            yield f"said something at {said[0]:.2f} after it had left at {at:.2f}"


def _refused(guid: str, since: float, until: float) -> bool:
    """Whether the Orchestrator may have refused this report: that holds nobody up."""
    weathers = (each for each in network().intervals if each.kind == weather.REFUSES and each.only in ("", guid))
    return any(each.start < until and each.end > since for each in weathers)


def _left_by_itself(world: World, at: float, life: Life) -> bool:
    if world.plan.settings["when_idle"] != "exit":
        return False
    return not any(
        life.born <= when <= at and does in ("quit", "finish", "end of session") for when, does in world.persons
    )


def _other_host(world: World) -> bool:
    return any(step.kind == "settings" and step.details["host"] for step in world.plan.steps)


def _heard(world: World) -> Iterator[str]:
    """Point 8: while it lives and the network does, it is heard every 15 seconds."""
    for life in world.lives:
        beats = sorted(when for server in world.servers for when, whose, _sent in server.heard if whose is life)
        ends = [at for at, whose, _how in world.ends if whose is life] + [
            at for at, whose in world.machine.log_offs if whose is life
        ]
        last = min([*ends, world.over])
        asked = [at for at, does in world.persons if does in ("quit", "end of session")]
        asked += [max([at, *_told(world, life)]) for at, does in world.persons if does == "finish"]
        last = min(
            [last, *(at for at in asked if last - trouble_over(world, at) < 40)]
        )  # it leaves, as soon as what is under way is over
        if any(
            _left_by_itself(world, at, life) for at, whose, how in world.ends if (whose, how) == (life, "ended with OK")
        ):
            last = min([last, *beats[-1:]])  # it may have had to wait for its journal, once it had nothing more to say
        for earlier, later in itertools.pairwise([life.born, *beats, last]):
            since = _could_be_heard(world, earlier, later)
            if later - since > HEARD and later <= last:
                yield f"silent from {since:.2f} to {later:.2f}"


def _could_be_heard(world: World, earlier: float, later: float) -> float:
    """From when on nothing kept heartbeats from being heard; what was sent before that may take its time-out."""
    between = (each for each in network().intervals if each.start < later and each.end > earlier - 1)
    ends = [each.end for each in between if each.call in ("", "heartbeat")]
    timeout: float = world.plan.settings["request_timeout"]
    return max([earlier, *(end + timeout for end in ends)])


def _told(world: World, life: Life) -> list[float]:
    """When the outcome of each job that was handed out to this life, or to one before it, was first told."""
    jobs = (job for server in world.servers for job in server.jobs.values())
    firsts = (min((when for when, status in job.said if status in (3, 4, 5, 7)), default=0.0) for job in jobs)
    return [when for when in firsts if life.born <= when <= world.end_of(life)]


def _order(world: World) -> Iterator[str]:
    """Points 3 and 4: nothing after the final status but itself; Ready only after it, in good weather."""
    for server in world.servers:
        for job in server.jobs.values():
            statuses = [status for _when, status in job.carried]
            finals = [status for status in statuses if status in (3, 4, 5, 7)]
            if len(set(finals)) > 1:
                yield f"{job.name} has had several outcomes: {statuses}"
            if set(statuses) - {8, 3, 4, 5, 7}:
                yield f"{job.name} was reported as {statuses}"
        yield from _ready_too_early(world, server)


def _ready_too_early(world: World, server: Orchestrator) -> Iterator[str]:
    for when, life, guid in server.open_while_ready:
        job = server.jobs[guid]
        run = next(iter(_runs(world, job)), None)
        if run is None:
            if _in_hand_and_untold(world, job, life, when):
                yield f"said Ready at {when:.2f} before {job.name}, which couldn't be journaled, was told"
            continue
        if run.started > when:
            continue
        if run.life is not life and run.started > life.born:
            continue  # the word of a dead robot, carried out late
        if run.life is not life:  # one that was interrupted: its report is tried first
            tries = 0 <= when - life.born < PATIENCE - 1 and not run.script.changes and not _refused(guid, 0.0, when)
            if tries and when in _first_words(server, life) and calm(world, life.born - 1, when):
                yield f"said Ready at {when:.2f} before the interrupted {job.name} was told"
            continue
        if when - life.born < PATIENCE + 3:
            continue
        if calm(world, max(0.0, min(run.ended or when, when - 2 * PATIENCE)), when):
            yield f"said Ready at {when:.2f} before {job.name} was told"


def _in_hand_and_untold(world: World, job: Job, life: Life, when: float) -> bool:
    """Whether this life was handed a job, could have told that it doesn't run it, and was asked nothing else."""
    arrived = job.arrived[0]
    asked = [*world.changes, *(at for at, does in world.persons if does != "resume")]  # which each night ends with
    if len(job.arrived) > 1 or not life.born <= arrived or any(at <= when for at in asked):
        return False
    return all(calm(world, arrived - 1.0, when, call, disk=False) for call in ("update", "consume", "heartbeat"))


def _first_words(server: Orchestrator, life: object) -> list[float]:
    return [when for when, whose in server.said_ready if whose is life][:1]


def _tasks(world: World) -> Iterator[str]:
    """What a script was told is taken arrives, in that order; the last word on a task is the script's last one."""
    for server in world.servers:
        for job in server.jobs.values():
            for run in _runs(world, job)[:1]:
                carried = [(task, status) for _when, guid, task, status in server.tasks if guid == job.guid]
                asked = [*run.changes, *([run.asking] if run.asking else [])]
                if lost := [change for change in run.changes if change not in carried]:
                    yield f"{job.name}: {lost} never arrived; carried out: {carried}"
                if strange := [change for change in carried if change not in asked]:
                    yield f"{job.name}: {strange} was never asked for"
                for task, last in {task: status for task, status in asked if (task, status) in carried}.items():
                    told = [status for each, status in carried if each == task]
                    if told[-1] != last:
                        yield f"{job.name}: the last word on {task} is not {last}: {carried}"
                firsts = list(dict.fromkeys(carried))
                if not lost and firsts != [change for change in asked if change in firsts]:
                    yield f"{job.name}: out of order: {firsts}"
