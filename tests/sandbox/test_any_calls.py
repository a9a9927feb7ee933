"""Whatever scripts ask: an answer each time, a page that can be shown, and a world that can be kept and loaded."""

from __future__ import annotations

import base64
import json
import random
import tomllib
from urllib.parse import urlencode

import pytest

from app.sandbox.contract import RobotRequest
from app.sandbox.engine import Sandbox
from app.sandbox.reading import read
from app.sandbox.router import ROUTES, answer
from app.sandbox.snapshot import snapshot
from app.sandbox.state_apply import apply_state
from app.sandbox.state_file import State, state_text

from .conftest import ROBOT

CALLS = 800
HEADERS = {
    "authorization": "Basic " + base64.b64encode(ROBOT.encode()).decode(),
    "content-type": "application/x-www-form-urlencoded",
    "host": "127.0.0.1:4500",
}
VALUES = [
    *("", "0", "1", "-1", "9" * 30, "17", ".5", "1e5", "True", "Info", "High", "Failed (business)", "status=1"),
    *("Счета", "q", "a;b;;", "{", "{}", "null", '"\\ud83d"', "[1,{}]", "x" * 300, "\x00", "\x7f", "a\nb", ROBOT),
    *("2026-01-01 00:00:00", "9999-12-31 23:59:59", "0001-01-01"),
]
NAMES = [
    *("guid", "name", "queue_guid", "QueueGuid", "status", "priority", "postponed", "deadline", "retries", "tags"),
    *("parameters", "job_guid", "JobGUID", "RobotGUID", "robot_guid", "Status", "Machine", "IP", "MAC", "JobName"),
    *("JobType", "level", "message", "process_version_guid", "file", "folder_guid", "task_guid", "tag_names", "type"),
    *("text", "password", "stop_after", "abort_after", "description", "comment", "task_name"),
]


def guids(sandbox: Sandbox) -> list[str]:
    """The newest things that are there."""
    files = sandbox.files
    kinds = (sandbox.tasks.all(), sandbox.jobs, sandbox.assets.all(), files.files(), files.folders())
    return [one.guid for kind in kinds for one in kind[-4:]]


def any_request(chance: random.Random, sandbox: Sandbox) -> RobotRequest:
    """A call of the table with parameters that may mean something or nothing."""
    path, (verbs, _endpoint) = chance.choice(list(ROUTES.items()))
    values = VALUES + guids(sandbox) * 3
    form = {name: chance.choice(values) for name in chance.sample(NAMES, chance.randint(0, 12))}
    if path.endswith("/"):
        path += chance.choice(values) + chance.choice(["", "/", "/" + chance.choice(VALUES)])
    elif chance.random() < 0.5:
        form |= {"name": chance.choice(VALUES[5:]), "queue_guid": chance.choice(["q", "Счета"])}
    return RobotRequest(chance.choice(verbs.split()), path, HEADERS, urlencode(form).encode())


@pytest.mark.parametrize("seed", range(3))
def test_nothing_that_is_asked_breaks_the_sandbox(sandbox, clock, seed):
    """Some of it is refused, none of it is an error; the world loads to itself, in both formats."""
    chance = random.Random(seed)
    for number in range(CALLS):
        sandbox.strict = chance.random() < 0.5
        reply = answer(sandbox, any_request(chance, sandbox))
        assert reply.status in {200, 400, 401, 403, 404, 409}
        json.dumps(reply.value)
        if number % 200 == 0:
            json.dumps(snapshot(sandbox))
    assert sandbox.tasks.all()
    assert sandbox.jobs
    for kind, parse in (("toml", tomllib.loads), ("json", json.loads)):
        text = state_text(sandbox, kind)
        again = Sandbox(clock)
        apply_state(again, read(State, parse(text)))
        assert state_text(again, kind) == text
