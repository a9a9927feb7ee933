"""How strictly requests are read, over a real socket."""

from __future__ import annotations

import base64
import json

import pytest

from .conftest import OTHER_ROBOT, ROBOT


def basic(text: str | bytes) -> dict[str, str]:
    """The Authorization header that holds `text`."""
    return {"Authorization": "Basic " + base64.b64encode(text.encode() if isinstance(text, str) else text).decode()}


def test_the_replies_look_like_the_real_ones(sandbox, robot):
    """Job, ProcessVersion and Task are JSON text inside the JSON, parameters JSON text once more; update says []."""
    job = sandbox.queue_job("finance\\счета", task={"name": "17", "parameters": {"number": 17}})
    reply = robot.heartbeat().json()
    assert reply == {"HeartbeatErrorCode": 0, "ErrorText": "", "HasNewJob": 1}
    reply = robot.consume().json()
    assert reply["ConsumeJobErrorCode"] == 0
    assert json.loads(reply["Job"])["GUID"] == job.guid
    assert json.loads(reply["ProcessVersion"]) == {
        "GUID": job.process_version_guid,
        "Name": "finance\\счета",
        "Version": "1",
    }
    task = json.loads(reply["Task"])
    assert task["name"] == "17"
    assert json.loads(task["parameters"]) == {"number": 17}
    assert robot.update(job.guid, 8).text == "[]"
    assert [request.complaints for request in sandbox.requests] == [()] * 3


def test_a_job_without_a_task_has_an_empty_one(sandbox, robot):
    """As PHP writes an empty array."""
    sandbox.queue_job("a")
    assert robot.consume().json()["Task"] == "[]"


def test_a_tasks_parameters_may_be_a_text(sandbox, robot):
    """JSON text in any case: of a text too, unless it is JSON already."""
    sent = []
    for parameters in ("hello", '{"number": 17}', [1], None):
        sandbox.queue_job("a", task={"parameters": parameters})
        sent.append(json.loads(robot.consume().json()["Task"])["parameters"])
    assert sent == ['"hello"', '{"number": 17}', "[1]", "null"]


def test_no_job_is_102(robot):
    """Consuming without a job is answered, not refused."""
    reply = robot.consume()
    assert (reply.status_code, reply.json()["ConsumeJobErrorCode"], reply.json()["Job"]) == (200, 102, None)


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/api/robot/heartbeat", "POST"),
        ("PUT", "/api/robot/heartbeat", "POST"),
        ("PUT", "/api/robot/consumeNextJob", "POST"),
        ("POST", "/api/job/update", "PUT"),
        ("GET", "/api/job/update", "PUT"),
        ("POST", "/api/asset/read/x", "GET"),
    ],
)
def test_a_wrong_verb_is_405(sandbox, robot, method, path, allow):
    """The right one is named in Allow and in the record."""
    reply = robot.call(method, path, {"RobotGUID": ROBOT})
    assert (reply.status_code, reply.headers["Allow"]) == (405, allow)
    assert sandbox.requests[-1].complaints == (f"{path} is called with {allow}, not with {method}.",)


@pytest.mark.parametrize(
    "path", ["/api/robot", "/api/job/update/", "/api/queue/lastTask/", "/index.php", "/API/job/update"]
)
def test_an_unknown_path_is_404_and_recorded(sandbox, robot, path):
    """Whatever a robot asks for is seen."""
    assert robot.call("POST", path, {"a": "b"}).status_code == 404
    assert sandbox.requests[-1].path == path


@pytest.mark.parametrize(
    ("headers", "word"),
    [
        ({"Authorization": None}, "missing"),
        ({"Authorization": f"Bearer {ROBOT}"}, "Basic"),
        ({"Authorization": f"Basic {ROBOT}!"}, "base64"),
        (basic(f"{ROBOT}:"), "colon"),
        (basic(b"\xff\xfe"), "base64"),
        ({"Authorization": "Basic "}, "no GUID"),
        (basic(OTHER_ROBOT), "RobotGUID"),
    ],
)
def test_a_wrong_authorization_header_is_401(sandbox, robot, headers, word):
    """Anything but the bare GUID in base64, and the GUID of the body."""
    reply = robot.call("POST", "/api/robot/heartbeat", robot.heartbeat_form(), headers=headers)
    assert reply.status_code == 401
    assert word in sandbox.requests[-1].complaints[-1]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"json": {"RobotGUID": ROBOT}}, "application/json"),
        ({"files": {"RobotGUID": (None, ROBOT)}}, "multipart/form-data"),
        ({"data": "RobotGUID=" + ROBOT}, "without a Content-Type"),
        ({"data": b"RobotGUID=%ff%fe", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, "UTF-8"),
        ({"data": b"nonsense", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, "urlencoded"),
        ({"params": {"RobotGUID": ROBOT}}, "without a Content-Type"),
    ],
)
def test_a_body_that_is_not_urlencoded_is_400(sandbox, robot, arguments, word):
    """The Orchestrator's PHP would see no parameters at all."""
    assert robot.call("POST", "/api/robot/heartbeat", **arguments).status_code == 400
    assert word in sandbox.requests[-1].complaints[-1]


def test_a_body_over_one_mebibyte_is_413(robot):
    """The sandbox keeps no more of it in memory."""
    reply = robot.call("POST", "/api/robot/heartbeat", {"RobotGUID": ROBOT, "x": "y" * 1_100_000})
    assert reply.status_code == 413


@pytest.mark.parametrize("name", ["RobotGUID", "Machine", "IP", "MAC", "Status", "JobGUID", "JobName", "JobType"])
def test_every_parameter_of_the_heartbeat_is_needed(sandbox, robot, name):
    """The one that is missing is named."""
    form = robot.heartbeat_form()
    del form[name]
    assert robot.call("POST", "/api/robot/heartbeat", form).status_code == 400
    assert sandbox.requests[-1].complaints == (f"The parameter {name} is missing.",)


@pytest.mark.parametrize(
    "change", [{"Status": "4"}, {"Status": ""}, {"Status": "Ready"}, {"JobType": "2"}, {"Status": "3"}]
)
def test_a_wrong_value_in_the_heartbeat_is_400(robot, change):
    """A status that doesn't exist, another type of job, Working without a job."""
    assert robot.call("POST", "/api/robot/heartbeat", robot.heartbeat_form() | change).status_code == 400


@pytest.mark.parametrize("change", [{"IP": "unknown"}, {"MAC": "1a2b3c4d5e6f"}, {"Machine": ""}, {"Extra": "1"}])
def test_what_the_real_one_would_let_pass_is_only_remarked_on(sandbox, robot, change):
    """The call succeeds, with one complaint in the record."""
    assert robot.call("POST", "/api/robot/heartbeat", robot.heartbeat_form() | change).status_code == 200
    assert len(sandbox.requests[-1].complaints) == 1


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"status": "8"}, 400),
        ({"guid": "{job}"}, 400),
        ({"guid": "{job}", "status": "9"}, 400),
        ({"guid": "{job}", "status": "0"}, 400),
        ({"guid": "{job}", "status": "1"}, 400),
        ({"guid": "{job}", "status": "Success"}, 400),
        ({"guid": "nonsense", "status": "8"}, 404),
        ({"guid": "{other}", "status": "8"}, 403),
        ({"guid": "{job}", "status": "8"}, 200),
    ],
)
def test_what_job_update_takes(sandbox, robot, form, status):
    """A job of this robot and a status that a robot may report."""
    jobs = {"job": sandbox.queue_job("a").guid, "other": sandbox.queue_job("b").guid}
    robot.consume()
    form = {name: value.format(**jobs) for name, value in form.items()}
    assert robot.call("PUT", "/api/job/update", form).status_code == status


def test_consume_without_status_is_remarked_on(sandbox, robot):
    """The specification's sample leaves it out, its text lists it."""
    sandbox.queue_job("a")
    reply = robot.call("POST", "/api/robot/consumeNextJob", {"RobotGUID": ROBOT})
    assert reply.json()["ConsumeJobErrorCode"] == 0
    assert len(sandbox.requests[-1].complaints) == 1


def test_requests_are_recorded_as_they_came(sandbox, robot, clock):
    """Number, time, parameters, status and the beginning of the answer."""
    robot.heartbeat()
    robot.heartbeat()
    first, second = sandbox.requests
    assert (first.number, second.number) == (1, 2)
    assert (first.time, first.method, first.path) == (clock.now, "POST", "/api/robot/heartbeat")
    assert first.form == {name: str(value) for name, value in robot.heartbeat_form().items()}
    assert (first.status_code, json.loads(first.reply)["HasNewJob"]) == (200, 0)
