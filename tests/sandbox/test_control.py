"""The control API: JSON for the page and for independent scripts."""

from __future__ import annotations

import json
import threading
import time

import pytest
import requests

from app.orchestrator.vocabulary import JobStatus
from app.sandbox.faults import FaultKind, When

from .conftest import OTHER_ROBOT, ROBOT, Client


@pytest.fixture
def control(server):
    """Call the control API."""

    def call(method: str, path: str, body: object = None) -> requests.Response:
        return requests.request(method, f"{server.url}/sandbox/api/{path}", json=body, timeout=5)

    return call


def test_a_job_is_queued_stopped_and_aborted(sandbox, control, robot):
    """As in-process: the next Working heartbeats answer 20, then 10."""
    reply = control("POST", "jobs", {"name": "счета", "task": {"parameters": {"number": 17}}, "robot": 1})
    assert reply.status_code == 201
    (job,) = sandbox.jobs
    assert (job.guid, job.name, job.robot_guid) == (reply.json()["guid"], "счета", ROBOT)
    robot.consume()
    robot.update(job.guid, 8)
    assert control("POST", f"jobs/{job.guid}/stop").ok
    assert robot.heartbeat(3, job.guid, job.name).json()["HeartbeatErrorCode"] == 20
    assert control("POST", f"jobs/{job.guid}/abort").ok
    assert robot.heartbeat(3, job.guid, job.name).json()["HeartbeatErrorCode"] == 10
    robot.update(job.guid, 3)
    reply = control("POST", f"jobs/{job.guid}/abort")
    assert (reply.status_code, reply.json()) == (409, {"error": "The job счета is finished already."})


def test_a_robot_is_added_and_its_settings_can_be_copied(sandbox, control, server):
    """The new GUID is handed out in the settings only."""
    number = control("POST", "robots", {"name": "Night"}).json()["number"]
    guid = next(robot.guid for robot in sandbox.robots.values() if robot.number == number)
    settings = control("GET", f"robots/{number}/settings").text
    assert f'robot_guid = "{guid}"' in settings
    assert f'host = "{server.url}"' in settings
    assert guid not in control("GET", "snapshot").text
    assert control("POST", "robots", {"guid": OTHER_ROBOT}).status_code == 201
    assert sandbox.knows(OTHER_ROBOT)
    assert control("GET", "robots/99/settings").status_code == 404


def test_a_fault_is_switched_on_and_off(sandbox, control, robot):
    """With the fields of a Fault."""
    body = {"kind": "drop", "path": "/api/job/update", "form": {"status": "4"}, "when": "after", "count": None}
    number = control("POST", "faults", body).json()["id"]
    (fault,) = sandbox.faults.active()
    assert (fault.kind, fault.when, fault.count, fault.form) == (FaultKind.DROP, When.AFTER, None, {"status": "4"})
    assert control("DELETE", f"faults/{number}").ok
    assert control("DELETE", f"faults/{number}").status_code == 404
    control("POST", "faults", {"kind": "status", "status": 500})
    assert robot.heartbeat().status_code == 500
    control("POST", "faults", body)
    assert control("DELETE", "faults").ok
    assert sandbox.faults.active() == []


def test_assets_and_tasks_are_there_for_scripts(control, robot):
    """What is added here, a script reads there."""
    control("POST", "assets", {"name": "1C", "type": 1, "text": "robot", "password": "secret-7"})
    control("POST", "tasks", {"queue": "Счета", "name": "17", "parameters": {"number": 17}})
    assert robot.call("GET", "/api/asset/read/1C").json()["text"] == "robot"
    assert json.loads(robot.call("GET", "/api/queue/lastTask/Счета").json()["parameters"]) == {"number": 17}
    state = control("GET", "snapshot")
    assert [task["name"] for task in state.json()["tasks"]] == ["17"]
    assert "secret" not in state.text


def test_the_snapshot_shows_everything_and_no_credential(sandbox, control, robot):
    """Robots, jobs with their reports and messages, requests with what was wrong, faults, violations."""
    job = sandbox.queue_job("a", task={"parameters": {"number": 17}})
    robot.heartbeat()
    robot.consume()
    robot.update(job.guid, 8)
    robot.call("PUT", "/api/job/update", json={"guid": job.guid})
    form = {"robot_guid": ROBOT, "process_version_guid": job.process_version_guid, "job_guid": job.guid}
    robot.call("POST", "/api/log/create", form | {"level": "Info", "message": "begun"})
    robot.heartbeat(3, "x", "y")
    reply = control("GET", "snapshot")
    state = reply.json()
    assert ROBOT not in reply.text
    assert robot.session.headers["Authorization"][6:] not in reply.text
    (shown,) = state["robots"]
    assert (shown["guid"], shown["status"], shown["machine"]) == ("••••e151", 3, "BUH-PC-07")
    (shown,) = state["jobs"]
    assert (shown["status"], shown["robot"], shown["task"]) == (8, 1, {"parameters": {"number": 17}})
    assert [entry["status"] for entry in shown["history"]] == [8]
    assert [entry["message"] for entry in shown["log"]] == ["begun"]
    assert [request["number"] for request in state["requests"]] == [6, 5, 4, 3, 2, 1]
    assert state["requests"][2]["complaints"] == list(sandbox.requests[3].complaints)
    assert state["requests"][5]["form"]["RobotGUID"] == "••••e151"
    assert len(state["violations"]) == 1
    later = control("GET", f"snapshot?requests_after={state['requests_total'] - 1}").json()
    assert [request["number"] for request in later["requests"]] == [6]


def test_the_snapshot_waits_for_a_change(sandbox, control):
    """Held back until the version changes, answered at once if it has changed already."""
    version = control("GET", "snapshot").json()["version"]
    assert control("GET", f"snapshot?after={version}&wait=0.05").json()["version"] == version
    thread = threading.Timer(0.1, sandbox.queue_job, ("a",))
    thread.start()
    begun = time.monotonic()
    state = control("GET", f"snapshot?after={version}&wait=4").json()
    assert time.monotonic() - begun < 3
    assert [job["name"] for job in state["jobs"]] == ["a"]
    thread.join()
    begun = time.monotonic()
    assert control("GET", f"snapshot?after={version}&wait=4").json()["version"] > version
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "jobs", {}, 400),
        ("POST", "jobs", {"name": ""}, 400),
        ("POST", "jobs", {"name": "a", "task": "text"}, 400),
        ("POST", "jobs", {"name": "a", "colour": "red"}, 400),
        ("POST", "jobs", {"name": "a", "robot": 9}, 404),
        ("POST", "jobs", [1], 400),
        ("POST", "jobs/x/stop", None, 404),
        ("POST", "faults", {"kind": "nonsense"}, 400),
        ("POST", "faults", {"kind": "drop", "count": 0}, 400),
        ("GET", "jobs", None, 405),
        ("GET", "nonsense", None, 404),
        ("GET", "snapshot?after=x", None, 400),
    ],
)
def test_wrong_calls_are_refused_in_words(sandbox, control, method, path, body, status):
    """With `error` naming what is wrong; nothing is changed."""
    reply = control(method, path, body)
    assert (reply.status_code, list(reply.json())) == (status, ["error"])
    assert sandbox.jobs == []
    assert sandbox.faults.active() == []


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_body_that_a_foreign_page_could_send_is_refused(sandbox, server, content_type):
    """415 for the three kinds of body that browsers send without asking first."""
    headers = {"Content-Type": content_type} if content_type else {}
    reply = requests.post(f"{server.url}/sandbox/api/jobs", b'{"name": "a"}', headers=headers, timeout=5)
    assert reply.status_code == 415
    assert sandbox.jobs == []


def test_the_control_api_is_not_in_the_record(sandbox, control, server):
    """Only what robots and scripts asked for is."""
    control("GET", "snapshot")
    requests.get(server.url, timeout=5)
    assert not sandbox.requests


def test_two_robots_share_the_work(sandbox, control, server):
    """Jobs for one robot are shown with it, before and after it took them."""
    sandbox.add_robot(OTHER_ROBOT, "Night")
    control("POST", "jobs", {"name": "a", "robot": 2})
    other = Client(server.url, OTHER_ROBOT)
    with other.session:
        assert other.consume().json()["ConsumeJobErrorCode"] == 0
    (job,) = control("GET", "snapshot").json()["jobs"]
    assert (job["for_robot"], job["robot"], job["status"]) == (2, 2, JobStatus.PENDING)
