"""What a share of the nights has besides: servers with rules of their own, and more of the world outside.

Drawn apart from the rest of the night: a night without any of it is the same as it would be without this file.
"""

from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tests.simulation import weather
from tests.simulation.rules import PUTS_BACK, Rules
from tests.simulation.script_work import CREATE, OTHERS

if TYPE_CHECKING:
    from tests.simulation.plan import Plan

_SERVERS: Final = 0.15  # of all nights
_STARTS: Final = 0.06
_CLOCKS: Final = 0.06
_CALLS: Final = 0.06
_GIVEN_UP: Final = 0.02
_HOUR: Final = 3600.0
_DAY: Final = 86400.0
_LONG: Final = 20.0
_TURNS: Final = ("update sent", "update over", "update over", "task over", "heartbeat sent")
_ENDING: Final = ("commit", "heartbeat sent", "update sent", "update over")


def widen(plan: Plan) -> None:
    """Add to this night what it has of the world outside."""
    rng = random.Random(f"worlds {plan.seed}")
    if rng.random() < _SERVERS:
        _server(plan, rng)
    if rng.random() < _STARTS:
        _second_starts(plan, rng)
    if rng.random() < _CLOCKS:
        _clocks(plan, rng)
    if rng.random() < _CALLS:
        _calls(plan, rng)
    if rng.random() < _GIVEN_UP:
        _given_up(plan, rng)


def _server(plan: Plan, rng: random.Random) -> None:
    """An Orchestrator that ends jobs by itself, or puts them back; a coordinator that ends silent sessions."""
    which = rng.sample(("believes", "ends", "resets"), rng.choice((1, 1, 2, 3)))
    believes = rng.choice(("ends it", PUTS_BACK)) if "believes" in which else ""
    after = math.inf
    if "ends" in which:
        after = rng.choice((_HOUR, _DAY, _DAY))  # `cron_job_failed_interval` counts hours
        if after == _HOUR:
            _work_for(plan, rng, after)
        else:
            _switch_off(plan, rng, after)
    if "resets" in which:
        _cut_off(plan, rng)
    plan.rules = Rules(
        believes,
        disconnected_too=rng.random() < 0.3,
        ends_after=after,
        refuses_late=believes != PUTS_BACK and rng.random() < 0.5,
        aborts=rng.random() < 0.2,
        hung=rng.choice((17.0, 17.0, 30.0, 60.0)) if "resets" in which else 0.0,
        tells=rng.random() < 0.3,
    )
    plan.offers_again = believes == PUTS_BACK


def _second_starts(plan: Plan, rng: random.Random) -> None:
    """Two triggers fire for one log-on, somebody clicks twice; or a robot starts while the one before it ends."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        details = {"times": rng.choice((1, 1, 1, 2))}
        near = rng.choice([step.at for step in plan.steps])
        if rng.random() < 0.5:
            plan.add(near + rng.choice((0.0, 0.0, 0.05, 2.0, 20.0)) * rng.random(), "second start", details)
        else:
            on, nth = rng.choice(_ENDING), rng.choice((1, 1, 2, 3))
            plan.add(near, "second start", details, on, nth, rng.choice((0.0, 0.05, 0.5)) * rng.random())
    if rng.random() < 0.6:
        at = rng.choice([step.at for step in plan.steps if step.kind == "job"]) + rng.choice((0.5, 20.0)) * rng.random()
        does = rng.choice(("quit", "finish", "end of session"))
        plan.add(at, "person", {"does": does})
        plan.add(at + rng.choice((0.0, 0.1, 1.0, 5.0)) * rng.random(), "second start", {"times": 1})
    if rng.random() < 0.3:  # of a robot that takes over new settings, or is about to; perhaps with another GUID
        at = rng.choice([step.at for step in plan.steps if step.kind == "job"]) + rng.choice((0.5, 20.0)) * rng.random()
        plan.add(at, "settings", {"host": True, "who": rng.choice((1, 2, 2))})
        plan.add(at + rng.choice((0.0, 0.02, 0.3, 3.0)) * rng.random(), "second start", {"times": 1})


def _clocks(plan: Plan, rng: random.Random) -> None:
    """Windows' clock is set, by an hour or by a day, in the midst of a doubt, a countdown, a refusal."""
    jobs = [step for step in plan.steps if step.kind == "job"]
    for _ in range(rng.choice((1, 2, 3))):
        jump = {"jumps": rng.choice((-1.0, 1.0)) * rng.choice((_HOUR, _DAY))}
        job = rng.choice(jobs)
        plan.add(job.at, "clock", jump, rng.choice(_TURNS), rng.choice((1, 1, 2, 3)), rng.choice((0.0, 3.0, 12.0)))
    if rng.random() < 0.7:
        job = rng.choice(jobs)
        ends = job.at + job.details["script"].seconds
        refused = {"seconds": rng.choice((100.0, 300.0)), "weather": weather.REFUSES, "call": "update", "share": 1.0}
        plan.add(ends - 1.0, "weather", refused)
        plan.add(ends + rng.uniform(2.0, 50.0), "clock", {"jumps": rng.choice((_DAY, _DAY, -_DAY, _HOUR))})


def _calls(plan: Plan, rng: random.Random) -> None:
    """Scripts that ask everything of the robot, and the network's trouble with just that."""
    jobs = [step for step in plan.steps if step.kind == "job"]
    for job in rng.sample(jobs, rng.randint(1, len(jobs))):
        others = tuple(rng.choices(OTHERS, k=rng.choice((1, 3, 8))))
        seconds = max(job.details["script"].seconds, rng.choice((0.2, 3.0, 20.0)))
        job.details["script"] = replace(job.details["script"], others=others, seconds=seconds)
    if rng.random() < 0.4:  # one of them makes tasks for so long that it could ask again
        job = rng.choice(jobs)
        others = (CREATE, *rng.choices(OTHERS, k=2), CREATE)
        job.details["script"] = replace(job.details["script"], others=others, tasks=0, seconds=rng.choice((30.0, 60.0)))
        lost = {"weather": rng.choice((weather.RESET, weather.LOST, weather.LATE, "504")), "call": "create"}
        plan.add(job.at, "weather", {"seconds": rng.choice((20.0, 60.0)), "share": 0.7, **lost})
    for _ in range(rng.choice((0, 1, 2, 3))):
        job = rng.choice(jobs)
        kind = rng.choice(
            (weather.MIXED, weather.LATE, weather.LOST, weather.TWICE, weather.RESET, weather.SILENT, "504")
        )
        at = job.at + rng.uniform(0.0, job.details["script"].seconds)
        call = rng.choice(("message", "message", "create", "next", "task", ""))
        some = {"times": rng.choice((1, 1, 2))} if rng.random() < 0.6 else {}
        plan.add(at, "weather", {"seconds": 30.0, "weather": kind, "call": call, "share": 1.0, **some})


def _given_up(plan: Plan, rng: random.Random) -> None:
    """A job can't be written down for a minute, nobody answers what is said of it then, and the settings change.

    Not with a server that hands out once more what was told from memory: the next process knows nothing of it.
    """
    if plan.offers_again:
        return
    job = rng.choice([step for step in plan.steps if step.kind == "job"])
    full = {"seconds": rng.choice((70.0, 100.0, 200.0)), "full": rng.random() < 0.5, "readable": rng.random() < 0.5}
    plan.add(job.at, "journal", full, "consume sent", rng.choice((1, 1, 2)))
    kind = rng.choice((weather.SILENT, weather.LOST, weather.REFUSED, weather.REFUSED, "503", "503", "504"))
    unanswered = {"seconds": rng.choice((40.0, 90.0)), "weather": kind, "call": "update", "share": 1.0}
    plan.add(job.at + rng.uniform(30.0, 60.0), "weather", unanswered)
    plan.add(job.at + rng.uniform(40.0, 90.0), "settings", {"host": rng.random() < 0.6, "who": rng.choice((1, 2))})


def _work_for(plan: Plan, rng: random.Random, seconds: float) -> None:
    """One of the scripts works for longer than the server believes in it."""
    job = rng.choice([step for step in plan.steps if step.kind == "job"])
    job.details["script"] = replace(job.details["script"], seconds=seconds + rng.uniform(1.0, 60.0), code=0)
    plan.settings["heartbeat_seconds"] = 10
    plan.add(job.at + seconds + 200.0, "person", {"does": "resume"})  # else the night would be over by then


def _cut_off(plan: Plan, rng: random.Random) -> None:
    """Nobody hears the robot for a while, mostly in the midst of a job, and another job is queued meanwhile."""
    jobs = [step for step in plan.steps if step.kind == "job"]
    at_work = rng.choice(jobs)
    script = at_work.details["script"]
    if script.seconds < _LONG and rng.random() < 0.6:
        at_work.details["script"] = script = replace(script, seconds=script.seconds + rng.choice((20.0, 60.0)))
    at, seconds = at_work.at + script.seconds * rng.random(), rng.choice((18.0, 30.0, 90.0))
    kind = rng.choice((weather.SILENT, weather.REFUSED, weather.LOST, "503"))
    plan.add(at, "weather", {"seconds": seconds, "weather": kind, "call": "", "share": 1.0})
    if rng.random() < 0.7:
        more = replace(script, seconds=rng.choice((0.2, 3.0)), tasks=0)
        plan.add(at + seconds * rng.random(), "job", {"number": len(jobs), "script": more})


def _switch_off(plan: Plan, rng: random.Random, seconds: float) -> None:
    """The machine is off until the server has given up what it was at."""
    job = rng.choice([step for step in plan.steps if step.kind == "job"])
    at = job.at + rng.uniform(0.0, 1.2 * job.details["script"].seconds + 2.0)
    plan.add(at, "power cut", {"again after": seconds * rng.uniform(0.999, 1.1), "off": True})
