"""A fleet's folder, as copies of many robots' files make it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from app.history.export import as_json
from app.status.record import Status, StatusLast, as_text
from tests.history.samples import NOW, SCRIPTS, busy
from tests.status.samples import status

if TYPE_CHECKING:
    from pathlib import Path

STATES = ("ready", "ready", "ready", "working", "working", "stopping", "paused", "offline", "error", "ended", "leaving")


def put(folder: Path, name: str, record: Status | None = None, *, runs: int = 0) -> Path:
    """One robot's folder with its record, and its runs of two weeks."""
    place = folder / name
    place.mkdir(parents=True)
    if record:
        (place / "status.json").write_text(as_text(record), "utf-8")
        user = record.user
    else:
        user = "robot"
    if runs:
        head = next(as_json((), machine=record.machine if record else name, user=user, made=NOW))
        (place / "history.json").write_text(head + _said(runs), "utf-8")
    return place


@cache
def _said(runs: int) -> str:
    """What follows the head of an export: the same runs for every robot, so they are written once."""
    _head, *rest = as_json([(one, None) for one in busy(runs, 14)], machine="", user="", made=NOW)
    return "".join(rest)


def robot(machine: str, **changes: object) -> Status:
    """A record just written on that machine."""
    usual = {
        "machine": machine,
        "user": "robot",
        "written": NOW - timedelta(seconds=20),
        "since": NOW - timedelta(minutes=7),
        "heard": NOW - timedelta(seconds=25),
        "state": "ready",
        "job": None,
        "last": None,
        "waiting": 0,
        "strangers": 0,
        "leaving_at": None,
        "policies": (),
    }
    return status(**usual | changes)


def put_many(folder: Path, count: int, *, runs: int) -> None:
    """`count` robots of every kind, the same for the same numbers."""
    chance = random.Random(14)
    for number in range(count):
        state = chance.choice(STATES)
        record = robot(f"BUH-{number:03}", user=f"robot{number:03}", state=state)
        job = status().job
        assert job
        if state in {"working", "stopping"}:
            record = replace(record, job=replace(job, name=chance.choice(SCRIPTS)))
        if state in {"offline", "error"}:
            record = replace(record, problem="HTTP 503", waiting=chance.randrange(4))
        if state == "ended":
            record = replace(record, exit_code=chance.choice([0, 0, 3]), problem="")
        if chance.random() < 0.04:
            record = replace(record, written=NOW - timedelta(hours=5))
        last = StatusLast("g", chance.choice(SCRIPTS), chance.choice([4, 4, 4, 5]), NOW - timedelta(minutes=9), "")
        put(folder, record.machine, replace(record, last=last), runs=runs)
