"""What scripts may call themselves: queues, assets, log messages."""

from __future__ import annotations

import json

import pytest

from .conftest import OTHER_ROBOT, ROBOT, Client


def test_a_task_goes_through_its_queue(robot):
    """Created, read as the next New one, updated, and then no longer the next."""
    form = {"queue_guid": "Счета", "name": "17", "parameters": '{"number": 17}'}
    guid = robot.call("POST", "/api/task/create", form).json()["guid"]
    task = robot.call("GET", "/api/queue/lastTask/Счета").json()
    assert (task["guid"], task["status"], json.loads(task["parameters"])) == (guid, "0", {"number": 17})
    assert robot.call("PUT", "/api/task/update", {"guid": guid, "status": 2, "comment": "paid"}).text == "[]"
    assert robot.call("GET", "/api/queue/lastTask/Счета").json() == []
    task = robot.call("GET", f"/api/task/read/{guid}").json()
    assert (task["status"], task["comment"]) == ("2", "paid")


@pytest.mark.parametrize(
    ("method", "path", "form", "status"),
    [
        ("POST", "/api/task/create", {"queue_guid": "q"}, 400),
        ("POST", "/api/task/create", {"queue_guid": "q", "name": "n", "parameters": "{"}, 400),
        ("PUT", "/api/task/update", {"guid": "nonsense", "status": "1"}, 404),
        ("GET", "/api/task/read/nonsense", None, 404),
        ("GET", "/api/asset/read/nonsense", None, 404),
        ("PUT", "/api/asset/update", {"guid": "nonsense"}, 404),
    ],
)
def test_wrong_calls_are_refused(robot, method, path, form, status):
    """Missing parameters 400, unknown things 404."""
    assert robot.call(method, path, form).status_code == status


def test_an_unknown_robot_is_401(server):
    """These calls have no code 101."""
    stranger = Client(server.url, OTHER_ROBOT)
    with stranger.session:
        assert stranger.call("GET", "/api/queue/lastTask/q").status_code == 401
        assert stranger.update("nonsense", 8).status_code == 401


def test_an_asset_is_read_by_guid_or_name_and_updated(sandbox, robot):
    """Credentials have their login in `text`; the password stays out of the record."""
    asset = sandbox.add_asset("1C", "robot", "secret-7", type_=1)
    assert robot.call("GET", "/api/asset/read/1C").json()["password"] == "secret-7"
    assert robot.call("PUT", "/api/asset/update", {"guid": asset.guid, "password": "secret-8"}).text == "[]"
    assert robot.call("GET", f"/api/asset/read/{asset.guid}").json() == {
        "guid": asset.guid,
        "name": "1C",
        "type": "1",
        "text": "robot",
        "password": "secret-8",
    }
    assert not any("secret" in request.reply for request in sandbox.requests)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 200),
        ({"level": "info"}, 400),
        ({"job_guid": "nonsense"}, 404),
        ({"robot_guid": OTHER_ROBOT}, 401),
    ],
)
def test_log_messages_arrive_at_the_job(sandbox, robot, change, status):
    """Level and message are kept with the job that they name."""
    job = sandbox.queue_job("a")
    form = {
        "robot_guid": ROBOT,
        "process_version_guid": job.process_version_guid,
        "job_guid": job.guid,
        "level": "Error",
        "message": "нет файла",
    }
    reply = robot.call("POST", "/api/log/create", form | change)
    assert reply.status_code == status
    expected = [("Error", "нет файла")] if status == 200 else []
    assert [(entry.level, entry.message) for entry in job.log] == expected
