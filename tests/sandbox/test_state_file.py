"""`--load` and `--save`: a world that is written comes back the same, and a mistake is said with its line."""

from __future__ import annotations

import json
import stat
import sys
import tomllib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.base.errors import UsageError
from app.orchestrator.vocabulary import JobStatus
from app.sandbox import toml_text
from app.sandbox.dialect import Dialect
from app.sandbox.engine import Sandbox
from app.sandbox.faults import Fault, FaultKind
from app.sandbox.state_file import load_state, save_state, state_text
from app.sandbox.stored import TaskPriority, TaskStatus

from .conftest import OTHER_ROBOT, ROBOT

BY_HAND = """\
[settings]
dialect = "camel"

[[robots]]
guid = "5a9db0c5-0000-4000-8000-000000000001"
name = "Night"

[[queues]]
name = "Счета"
abandon_new_after = 3600

[[queues.tasks]]
name = "INV-17"
parameters = {number = 17, lines = [{sum = 1.5}]}
priority = "High"
tags = ["urgent"]

[[queues.tasks]]
name = "INV-18"
status = "Failed (business)"
comment = \"\"\"
no such
supplier\"\"\"

[[assets]]
name = "1C"
type = 1
text = "robot"
password = "secret"

[[folders]]
name = "Reports"

[[files]]
name = "readme.txt"
folder = "Reports"
text = "Привет"

[[jobs]]
name = "finance/invoices"
robot = "Night"
task = {name = "17", parameters = {number = 17}}
"""


@pytest.fixture
def world(sandbox, clock):
    """A sandbox in which everything has happened."""
    sandbox.add_robot(OTHER_ROBOT, "Night")
    sandbox.dialect, sandbox.strict = Dialect.CAMEL, False
    sandbox.tasks.add_queue("Счета", description="d", unique_tasks=True, abandon_new_after=60.0, repeat_abandoned=True)
    sandbox.add_task("Счета", "a", '{"number": 17, "nested": [{"x": 1.5}]}')
    task = sandbox.add_task("Счета", 'b "quoted" \\ \x7f', "null")
    sandbox.add_task("Счета", "c", '{"spaced":   1}')
    clock.advance(3)
    sandbox.tasks.set_status(task, TaskStatus.IN_PROGRESS)
    task.tags, task.priority, task.deadline = ["x", "y"], TaskPriority.HIGH, clock() + timedelta(days=1)
    sandbox.add_asset("1C", "robot", "secret-7", type_=1)
    folder = sandbox.files.add_folder("Reports")
    sandbox.files.add_file("a.bin", bytes(range(256)), folder.guid)
    job = sandbox.queue_job("finance\\счета", task={"name": "17", "parameters": {"x": None}}, robot_guid=ROBOT)
    done = sandbox.queue_job("b", task={"parameters": {"x": [1]}}, priority=3, stop_after=clock() + timedelta(hours=1))
    sandbox.queue_job("waits")
    for one in (done, job):
        sandbox.consume(ROBOT, lambda _text: None)
        sandbox.report(one, JobStatus.IN_PROGRESS, lambda _text: None)
    clock.advance(2)
    sandbox.report(done, JobStatus.FAILED, lambda _text: None)
    sandbox.add_log(done, "Error", "no file\nat all")
    sandbox.faults.add(Fault(FaultKind.DROP, count=None))
    return sandbox


@pytest.mark.parametrize("kind", ["toml", "json"])
def test_a_saved_world_loads_to_the_same_one(world, clock, tmp_path, kind):
    """Saved, loaded into an empty sandbox, saved again: the same text, and the robots go on where they were."""
    file = tmp_path / f"world.{kind}"
    save_state(world, file)
    again = Sandbox(clock)
    load_state(again, file)
    assert state_text(again, kind) == file.read_text("utf-8")
    assert [(one.guid, one.status, one.history, one.log) for one in again.jobs] == [
        (one.guid, one.status, one.history, one.log) for one in world.jobs
    ]
    assert again.tasks.all() == world.tasks.all()
    assert (again.assets.all(), again.files.files()) == (world.assets.all(), world.files.files())
    assert again.consume(ROBOT, lambda _text: None)[1].name == "waits"
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_written_by_hand(tmp_path):
    """Only what matters, the rest is made up."""
    file = tmp_path / "state.toml"
    file.write_text(BY_HAND, "utf-8")
    sandbox = Sandbox()
    load_state(sandbox, file)
    first, second = (task for task in sandbox.tasks.all() if task.queue)
    assert sandbox.dialect is Dialect.CAMEL
    assert (first.name, json.loads(first.parameters)) == ("INV-17", {"number": 17, "lines": [{"sum": 1.5}]})
    assert (first.priority, first.status, first.tags) == (TaskPriority.HIGH, TaskStatus.NEW, ["urgent"])
    assert (second.status, second.comment) == (TaskStatus.FAILED_BUSINESS, "no such\nsupplier")
    assert sandbox.files.file("readme.txt").content.decode() == "Привет"
    (job,) = sandbox.jobs
    assert (job.name, job.on_offer, sandbox.robots[job.robot_guid].name) == ("finance/invoices", True, "Night")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('priority = "High"', 'priority = "Urgent"', "line 15: queues[1].tasks[1].priority: must be one of: Low,"),
        (
            'comment = """',
            'coment = """',
            "line 21: queues[1].tasks[2].coment: is not known here; did you mean comment?",
        ),
        ('password = "secret"', "password = 7", "line 29: assets[1].password: must be a text"),
        ("type = 1", "type = 4", "line 27: assets[1].type: must be at most 3"),
        ('folder = "Reports"', 'folder = "Nowhere"', "line 36: files[1].folder: there is no folder Nowhere"),
        ('robot = "Night"', 'robot = "Day"', "line 41: jobs[1].robot: there is no robot Day"),
        ('name = "1C"', "", "line 25: assets[1].name: is missing"),
        ('name = "INV-18"', 'name = "INV-18', "line 19, name: a closing quote"),
        ("5a9db0c5-", "", "line 5: robots[1].guid: is not a GUID"),
    ],
)
def test_a_mistake_is_said_with_its_line_and_key(tmp_path, old, new, told):
    """In TOML; nothing of the file is taken then."""
    file = tmp_path / "state.toml"
    file.write_text(BY_HAND.replace(old, new, 1), "utf-8")
    sandbox = Sandbox()
    with pytest.raises(UsageError) as caught:
        load_state(sandbox, file)
    assert told in str(caught.value)
    assert str(file) in str(caught.value)
    assert (sandbox.robots, sandbox.tasks.all(), sandbox.jobs, sandbox.dialect) == ({}, [], [], Dialect.SNAKE)


def test_all_mistakes_are_said_at_once_in_json_too(tmp_path):
    """Each with its line."""
    file = tmp_path / "state.json"
    file.write_text('{\n "queues": [\n  {"name": "a"},\n  {\n   "name": ""\n  }\n ],\n "colour": 1\n}\n', "utf-8")
    with pytest.raises(UsageError) as caught:
        load_state(Sandbox(), file)
    assert "line 5: queues[2].name: must not be empty" in str(caught.value)
    assert "line 8: colour: is not known here" in str(caught.value)
    file.write_text('{"queues": [}', "utf-8")
    with pytest.raises(UsageError, match="line 1, column 13: this is not JSON"):
        load_state(Sandbox(), file)


@pytest.mark.parametrize("name", ["state.txt", "state"])
def test_the_name_says_the_format(tmp_path, name):
    """Another one is refused, and so is a file that isn't there."""
    with pytest.raises(UsageError, match=r"\.toml or \.json"):
        save_state(Sandbox(), tmp_path / name)
    with pytest.raises(UsageError, match="can't be read"):
        load_state(Sandbox(), tmp_path / "absent.toml")


_JSON = st.recursive(
    st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(), _JSON, max_size=4))
def test_what_is_written_as_toml_is_read_the_same(values):
    """Whatever it can hold: keys and texts of all letters, tables in lists, dates."""
    assert toml_text.can_hold(values)
    values = {"queues": [{"tasks": [{"parameters": values}]}], "settings": values}
    assert tomllib.loads(toml_text.dumps(values)) == values
    moment = datetime(2026, 11, 25, 12, 0, 0, 123456, UTC)
    assert tomllib.loads(toml_text.dumps({"at": moment})) == {"at": moment}
