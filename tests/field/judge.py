"""What must hold after every run, whatever the weather was; judged by what the servers, the disk and the processes say.

- The last thing that is carried out for a job is its final status, and it is the right one.
- Every job is reported once, or confirmed (the same status again) after an attempt whose fate the robot couldn't know.
- Nothing is told to strangers: neither another server's jobs nor another robot's credential.
- No job runs twice, whatever is handed out twice.
- Silence never lasts longer than 15 s while the robot lives.
- It ends of itself only after a good answer "no job", and with everything of that server delivered.
"""

from __future__ import annotations

import collections
import itertools
from typing import TYPE_CHECKING, Final

from tests.field.requests import FINAL, HONEST

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.field.home import FieldHome, Life
    from tests.field.requests import Job, Request
    from tests.field.server import Orchestrator

SILENCE: Final = 15.0
_SLACK: Final = 1.0  # two cores, nine processes


def problems(orchestrators: Iterable[Orchestrator], homes: Iterable[FieldHome]) -> list[str]:
    """Everything that is wrong with a run that is over."""
    orchestrators, homes = tuple(orchestrators), tuple(homes)
    kills = [life for home in homes for life in home.lives if life.killed]
    found = []
    for orchestrator in orchestrators:
        orchestrator.wait_for_quiet()
        found += [f"told a stranger: {what}" for what in orchestrator.strangers]
        for job in orchestrator.jobs:
            found += [
                f"job {job.name}: {what}" for what in about_job(job, orchestrator.heard("update", job=job), kills)
            ]
    for home in homes:
        found += ran_twice(home.ran())
        for life in home.lives:
            found += about_life(life, home.guids, orchestrators)
    return found


def about_job(job: Job, updates: list[Request], killed: Iterable[Life] = (), restarts: int = 0) -> list[str]:
    """What is wrong with what was carried out for a job.

    Args:
        job: as its server has it.
        updates: all that was asked for it, in order.
        killed: lives that can't have written down what they were told last.
        restarts: how often a robot that was ended in mid-report has been started again.
    """
    if not job.handed_out:
        return [f"never handed out, and still {job.carried} was carried out"] if job.carried else []
    found = []
    if not job.over:
        found.append(f"the last of what was carried out is no final status: {job.carried}")
    if set(job.finals) - job.expected:
        found.append(f"ended as {job.finals}, right is {sorted(job.expected)}")
    if not updates:
        return found
    if len(set(job.finals)) > 1:
        found.append(f"more than one outcome: {job.finals}")
    # Once; once more after a doubt, which a death leaves as well. A server's late or unheard answers, a kill, a second
    # hand-out come on top.
    doubts = [request for request in updates if request.leaves_doubt]
    unheard = sum(request.carried_at is not None and int(request.status) in FINAL for request in doubts)
    first, last = updates[0].at, updates[-1].at
    kills = sum(life.ended_at is not None and first <= life.ended_at <= last for life in killed)
    allowed = 1 + bool(doubts or kills or restarts) + unheard + kills + restarts + max(0, job.handed_out - 1)
    if len(job.finals) > allowed:
        found.append(f"reported {len(job.finals)} times, {allowed} would do: {_story(updates)}")
    return found


def _story(updates: list[Request]) -> str:
    """What was asked for a job, when, and how it was dealt with."""
    return ", ".join(f"{one.status} at {one.at - updates[0].at:.2f} s ({_fate(one)})" for one in updates)


def _fate(request: Request) -> str:
    if request.plan == HONEST:
        return "taken"
    return f"answered {request.plan.status}" if request.plan.status else "disturbed"


def ran_twice(ran: Iterable[str]) -> list[str]:
    """The jobs whose scripts have begun more than once."""
    return [f"job {guid} ran {count} times" for guid, count in collections.Counter(ran).items() if count > 1]


def about_life(life: Life, guids: set[str], orchestrators: Iterable[Orchestrator]) -> list[str]:
    """What is wrong with one process of the robot of these GUIDs, seen by those it spoke to."""
    requests = (request for one in orchestrators for request in one.heard("heartbeat"))
    its_own = (request for request in requests if request.credential in guids and life.covers(request.at))
    heartbeats = sorted(its_own, key=lambda request: request.at)
    found = []
    moments = [request.at for request in heartbeats]
    if life.ended_at is not None:
        moments.append(life.ended_at)
    gaps = [after - before for before, after in itertools.pairwise(moments)]
    if gaps and max(gaps) > SILENCE + _SLACK:
        found.append(f"silent for {max(gaps):.1f} s")
    if life.code == 0:
        found += left_too_early(heartbeats)
    return found


def left_too_early(heartbeats: list[Request]) -> list[str]:
    """A life that came to its own end: the last thing it heard was a good "no job"."""
    if not heartbeats:
        return ["it left without having asked"]
    last = heartbeats[-1]
    good = last.answered_at is not None and last.plan.status is None and isinstance(last.answer, dict)
    if not good or last.answer.get("HeartbeatErrorCode") != 0:
        return [f"it left after an answer that was none: {last.plan}"]
    return ["it left although a job waits"] if last.answer.get("HasNewJob") else []
