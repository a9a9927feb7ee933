"""The control API of what scripts keep here, of the sandbox's answers, and of its world as a file."""

from __future__ import annotations

import json
import tomllib

import pytest
import requests

from app.sandbox.dialect import Dialect
from app.sandbox.stored import TaskPriority, TaskStatus


@pytest.fixture
def control(server):
    """Call the control API."""

    def call(method: str, path: str, body: object = None) -> requests.Response:
        return requests.request(method, f"{server.url}/sandbox/api/{path}", json=body, timeout=5)

    return call


def test_a_queue_and_its_tasks(sandbox, control, robot):
    """Made with settings, filled, changed, New again, deleted."""
    control("POST", "queues", {"name": "Счета", "unique_tasks": True, "abandon_new_after": 60})
    body = {"queue": "Счета", "name": "17", "parameters": [1, {"a": None}], "priority": "High", "tags": ["x"]}
    guid = control("POST", "tasks", body).json()["guid"]
    assert control("POST", "tasks", body).status_code == 409
    task = sandbox.tasks.find(guid)
    assert (task.parameters, task.priority, task.tags) == ('[1, {"a": null}]', TaskPriority.HIGH, ["x"])
    assert control("PUT", f"tasks/{guid}", {"status": "Failed (business)", "comment": "no such client"}).ok
    assert (task.status, task.comment, task.tags) == (TaskStatus.FAILED_BUSINESS, "no such client", ["x"])
    assert robot.call("GET", "/api/queue/lastTask/Счета").json() == []
    assert control("POST", f"tasks/{guid}/new").ok
    assert robot.call("GET", "/api/queue/lastTask/Счета").json()["guid"] == guid
    assert control("DELETE", f"tasks/{guid}").ok
    assert control("DELETE", f"tasks/{guid}").status_code == 404
    assert control("POST", "queues", {"name": "Счета", "unique_tasks": False}).ok
    assert len(sandbox.tasks.queues()) == 1


def test_assets_files_and_folders(sandbox, control, robot):
    """Made, changed, fetched, deleted; what isn't there is 404."""
    guid = control("POST", "assets", {"name": "1C", "type": 1, "text": "robot", "password": "secret-7"}).json()["guid"]
    assert control("PUT", f"assets/{guid}", {"text": "robot-2"}).ok
    read = robot.call("GET", "/api/asset/read/1C").json()
    assert (read["text"], read["password"]) == ("robot-2", "secret-7")
    assert control("DELETE", f"assets/{guid}").ok
    folder = control("POST", "folders", {"name": "Reports"}).json()["guid"]
    file = control("POST", "files", {"name": "счёт.txt", "text": "Привет", "folder": "Reports"}).json()["guid"]
    reply = control("GET", f"files/{file}")
    assert (reply.content.decode(), reply.headers["Content-Type"]) == ("Привет", "application/octet-stream")
    assert "attachment" in reply.headers["Content-Disposition"]
    assert robot.call("GET", f"/api/files/read/{file}").json()["folder_guid"] == folder
    assert control("POST", "files", {"name": "a", "base64": "!"}).status_code == 400
    assert control("POST", "files", {"name": "a", "folder": "Nowhere"}).status_code == 400
    assert control("DELETE", f"folders/{folder}").ok
    assert control("GET", f"files/{file}").status_code == 404
    assert sandbox.files.files() == []


def test_the_world_is_fetched_and_added(sandbox, control):
    """As TOML or JSON; what is wrong in it is named, and nothing is taken then."""
    sandbox.add_task("Счета", "17")
    assert tomllib.loads(control("GET", "state").text)["queues"][0]["tasks"][0]["name"] == "17"
    assert json.loads(control("GET", "state?format=json").text)["queues"][0]["name"] == "Счета"
    assert control("GET", "state?format=xml").status_code == 400
    assert control("POST", "state", {"queues": [{"name": "Mail", "tasks": [{"name": "1"}]}]}).ok
    assert [queue.name for queue in sandbox.tasks.queues()] == ["Счета", "Mail"]
    reply = control("POST", "state", {"queues": [{"name": "Other", "tasks": [{}]}], "scripts": [{"name": "a"}]})
    assert (reply.status_code, reply.json()) == (400, {"error": "queues[1].tasks[1].name: is missing"})
    assert (len(sandbox.tasks.queues()), sandbox.book.scripts) == (2, {})


def test_the_answers_are_chosen_and_scripts_named(sandbox, control):
    """The dialect and the strictness; what isn't named stays."""
    assert control("PUT", "options", {"dialect": "camel"}).ok
    assert (sandbox.dialect, sandbox.strict) == (Dialect.CAMEL, True)
    assert control("PUT", "options", {"strict": False}).ok
    assert (sandbox.dialect, sandbox.strict) == (Dialect.CAMEL, False)
    assert control("PUT", "options", {"dialect": "latin"}).status_code == 400
    control("POST", "scripts", {"name": "finance/invoices"})
    assert control("GET", "snapshot").json()["scripts"] == ["finance/invoices"]


def test_a_job_is_given_a_priority_and_its_end(sandbox, control, clock):
    """In seconds from now."""
    control("POST", "jobs", {"name": "a", "priority": 3, "stop_after": 60, "abort_after": 90})
    (job,) = sandbox.jobs
    assert (job.priority, (job.abort_after - job.stop_after).total_seconds()) == (3, 30)
    assert (job.stop_after - clock()).total_seconds() == 60
    assert control("POST", "jobs", {"name": "a", "priority": 4}).status_code == 400


def test_half_a_letter_breaks_nothing(sandbox, control, robot):
    """A lone surrogate in parameters is shown and kept; in a name it is refused."""
    robot.call("POST", "/api/task/create", {"queue_guid": "q", "name": "n", "parameters": '"\\ud83d"'})
    control("POST", "jobs", {"name": "a", "task": {"parameters": "\ud83d"}})
    control("POST", "tasks", {"queue": "q", "name": "m", "parameters": "\ud83d"})
    assert control("GET", "snapshot").json()["tasks"][1]["parameters"] == '"\ud83d"'
    assert control("GET", "state").ok
    assert control("GET", "state?format=json").ok
    assert control("POST", "jobs", {"name": "\ud83d"}).status_code == 400
    reply = robot.call(
        "POST",
        "/api/files/create",
        b"name=%ff&file=x",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert reply.status_code == 400


@pytest.mark.parametrize("moment", ["0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "31.02.2026", "0"])
def test_no_moment_is_too_far_away(robot, moment):
    """It is taken or refused, never an error of the server."""
    reply = robot.call("POST", "/api/task/create", {"queue_guid": "q", "name": "n", "deadline": moment})
    assert reply.status_code in {200, 400}
    assert robot.call("GET", "/api/queue/lastTask/q").status_code == 200
