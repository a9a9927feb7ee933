"""Queues and tasks as scripts meet them: fields, dialects, priorities, tags, times, filters."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from app.sandbox.dialect import Dialect
from app.sandbox.moments import written
from app.sandbox.stored import TaskStatus

PUBLISHED = {
    *("id", "guid", "queue_id", "name", "description", "status", "job_id", "priority", "created", "started"),
    *("postponed", "deadline", "updated", "comment", "tags", "retries", "parent_task", "parameters"),
}


def create(robot, **fields) -> str:
    """Create a task in the queue Счета; its GUID."""
    reply = robot.call("POST", "/api/task/create", {"queue_guid": "Счета", "name": "17", **fields})
    assert reply.status_code == 200, reply.text
    return reply.json()["guid"]


def read(robot, guid: str) -> dict:
    """The task as a script reads it."""
    return robot.call("GET", f"/api/task/read/{guid}").json()


def test_a_task_has_every_published_field(robot):
    """Numbers as texts, parameters as JSON text, times without a zone; what is nothing is null."""
    guid = create(
        robot,
        parameters='{"number": 17}',
        description="d",
        comment="c",
        priority="High",
        deadline="2030-01-02 03:04:05",
        tags="a;b",
        retries="2",
    )
    task = read(robot, guid)
    assert set(task) == PUBLISHED
    assert (task["status"], task["priority"], task["retries"], task["tags"]) == ("0", "2", "2", "a;b")
    assert (task["deadline"], task["description"], task["comment"]) == ("2030-01-02 03:04:05", "d", "c")
    assert json.loads(task["parameters"]) == {"number": 17}
    assert (task["started"], task["postponed"], task["job_id"], task["parent_task"]) == (None, None, None, None)


def test_both_dialects_are_understood_and_spoken(sandbox, robot):
    """`QueueGuid` is `queue_guid`; the replies are in the dialect that the sandbox is set to."""
    sandbox.dialect = Dialect.CAMEL
    form = {"QueueGuid": "Счета", "Name": "17", "Parameters": '{"inner_key": 1}', "JobGuid": "x"}
    reply = robot.call("POST", "/api/task/create", form)
    guid = reply.json()["Guid"]
    task = robot.call("GET", "/api/queue/lastTask/Счета").json()
    assert (task["Guid"], task["QueueId"], task["Status"], task["ParentTask"]) == (guid, "1", "0", None)
    assert json.loads(task["Parameters"]) == {"inner_key": 1}
    assert robot.call("PUT", "/api/task/update", {"Guid": guid, "Status": 1}).text == "[]"
    assert sandbox.tasks.find(guid).status is TaskStatus.IN_PROGRESS
    assert all(not request.complaints for request in sandbox.requests)
    job = sandbox.queue_job("a", task={"name": "17"})
    reply = robot.consume().json()
    assert json.loads(reply["Job"])["GUID"] == job.guid
    assert json.loads(reply["Task"])["Name"] == "17"


def test_the_most_urgent_task_comes_first(sandbox, robot, clock):
    """High before Normal before Low, the oldest of them first; before all of them what is over its deadline."""
    low, first, second = create(robot, priority="Low"), create(robot), create(robot, priority="1")
    high = create(robot, priority="high")
    late = create(robot, priority="Low", deadline=written(clock() + timedelta(seconds=60)))
    order = []
    clock.advance(61)
    while task := robot.call("GET", "/api/queue/lastTask/Счета").json():
        order.append(task["guid"])
        robot.call("PUT", "/api/task/update", {"guid": task["guid"], "status": "Success"})
    assert order == [late, high, first, second, low]


def test_a_postponed_task_comes_back_when_its_time_has_come(robot, clock):
    """Status 5 with a moment: not handed out before, New afterwards."""
    guid = create(robot)
    until = written(clock() + timedelta(hours=1))
    robot.call("PUT", "/api/task/update", {"guid": guid, "status": 5, "postponed": until})
    assert robot.call("GET", "/api/queue/lastTask/Счета").json() == []
    assert (read(robot, guid)["status"], read(robot, guid)["postponed"]) == ("5", until)
    clock.advance(3601)
    assert robot.call("GET", "/api/queue/lastTask/Счета").json()["guid"] == guid
    later = create(robot, name="18", postponed=written(clock() + timedelta(hours=1)))
    assert read(robot, later)["status"] == "5"


def test_a_task_becomes_new_again(robot):
    """In progress, Failed, then 0 once more: the queue hands it out, as if nobody had begun it."""
    guid = create(robot)
    robot.call("PUT", "/api/task/update", {"guid": guid, "status": 1, "job_guid": "x"})
    assert read(robot, guid)["started"]
    robot.call("PUT", "/api/task/update", {"guid": guid, "status": 3, "comment": "no file"})
    assert robot.call("GET", "/api/queue/lastTask/Счета").json() == []
    robot.call("PUT", "/api/task/update", {"guid": guid, "status": 0})
    task = robot.call("GET", "/api/queue/lastTask/Счета").json()
    assert (task["guid"], task["started"], task["comment"]) == (guid, None, "no file")


@pytest.mark.parametrize("verb", ["POST", "PUT"])
def test_tags_are_added_and_removed(robot, verb):
    """With `;` between them, by either verb, since the vendor's pages say both."""
    guid = create(robot, tags="a")
    assert robot.call(verb, "/api/task/addTag", {"TaskGuid": guid, "TagNames": "b; c;a;"}).text == "[]"
    assert read(robot, guid)["tags"] == "a;b;c"
    assert robot.call(verb, "/api/task/removeTag", {"task_guid": guid, "tag_names": "a;c"}).text == "[]"
    assert read(robot, guid)["tags"] == "b"
    assert robot.call(verb, "/api/task/addTag", {"task_guid": guid, "tag_names": ";"}).status_code == 400


def test_tasks_are_found_by_conditions(robot):
    """Filters in the path or in the body, all of them; `read` answers the first task, `list` all; `[]` for none."""
    one, two = create(robot, tags="x;y", priority="High"), create(robot, name="18", tags="x")
    create(robot, queue_guid="other", name="17")
    robot.call("PUT", "/api/task/update", {"guid": two, "status": 2})

    def found(path: str, form: dict | None = None) -> list[str]:
        reply = robot.call("POST", f"/api/task/filter/list/Счета{path}", form)
        assert reply.status_code == 200, reply.text
        return [task["guid"] for task in reply.json()]

    assert found("") == [one, two]
    assert found("", {"Name": "Счета"}) == [one, two]
    assert found("/status=2") == [two]
    assert found("/tags=x;y&priority=High") == [one]
    assert found("", {"name": two}) == [two]
    assert robot.call("POST", "/api/task/filter/read/Счета/status=New", {"name": "17"}).json()["guid"] == one
    assert robot.call("POST", "/api/task/filter/read/Счета", {"name": "99"}).json() == []
    assert robot.call("POST", "/api/task/filter/list/Счета/colour=red").status_code == 400
    assert robot.call("POST", "/api/task/filter/list/nowhere").status_code == 404


def test_a_queue_is_read(sandbox, robot):
    """By GUID or name, with the settings that the vendor's page shows."""
    guid = sandbox.tasks.add_queue("Счета", description="d", unique_tasks=True).guid
    queue = robot.call("GET", f"/api/queue/read/{guid}").json()
    assert queue == robot.call("GET", "/api/queue/read/Счета").json()
    assert (queue["guid"], queue["name"], queue["description"]) == (guid, "Счета", "d")
    assert (queue["unique_tasks"], queue["auto_change_status"]) == ("1", "1")
    create(robot)
    reply = robot.call("POST", "/api/task/create", {"queue_guid": guid, "name": "17"})
    assert (reply.status_code, "already" in reply.json()["error"]) == (409, True)


@pytest.mark.parametrize(
    ("end", "ends_as"),
    [
        ("report", TaskStatus.FAILED_APPLICATION),
        ("ready", TaskStatus.FAILED_APPLICATION),
        ("good", TaskStatus.IN_PROGRESS),
    ],
)
def test_a_task_fails_with_its_job(sandbox, robot, end, ends_as):
    """In progress and knowing its job: Failed (application) when the job fails or is lost, not when it ends well."""
    job = sandbox.queue_job("a")
    robot.consume()
    robot.update(job.guid, 8)
    guid, strange = create(robot), create(robot, name="18")
    robot.call("PUT", "/api/task/update", {"guid": guid, "status": 1, "job_guid": job.guid})
    robot.call("PUT", "/api/task/update", {"guid": strange, "status": 1})
    if end == "ready":
        robot.heartbeat()
    else:
        robot.update(job.guid, 5 if end == "report" else 4)
    assert sandbox.tasks.find(guid).status is ends_as
    assert read(robot, guid)["job_id"] == "1"
    assert sandbox.tasks.find(strange).status is TaskStatus.IN_PROGRESS


def test_a_queue_may_leave_its_tasks_alone(sandbox, robot):
    """Without AutoChangeStatus a task stays In progress when its job fails."""
    sandbox.tasks.add_queue("Счета", auto_change_status=False)
    job = sandbox.queue_job("a")
    robot.consume()
    guid = create(robot)
    robot.call("PUT", "/api/task/update", {"guid": guid, "status": 1, "job_guid": job.guid})
    robot.update(job.guid, 5)
    assert sandbox.tasks.find(guid).status is TaskStatus.IN_PROGRESS


def test_old_tasks_are_abandoned_and_repeated(sandbox, robot, clock):
    """Too long New or In progress: Abandoned; with retries left a new one follows that knows its parent."""
    sandbox.tasks.add_queue("Счета", abandon_new_after=100, abandon_in_progress_after=10, repeat_abandoned=True)
    new, begun = create(robot), create(robot, name="18", retries="1", parameters="[1]")
    robot.call("PUT", "/api/task/update", {"guid": begun, "status": 1})
    clock.advance(11)
    assert (read(robot, new)["status"], read(robot, begun)["status"]) == ("0", "6")
    again = sandbox.tasks.all()[-1]
    assert (again.name, again.parameters, again.retries, again.parent_task) == ("18", "[1]", 0, begun)
    assert read(robot, again.guid)["parent_task"] == read(robot, begun)["id"]
    clock.advance(100)
    assert (read(robot, new)["status"], read(robot, again.guid)["status"]) == ("6", "6")
    assert len(sandbox.tasks.all()) == 3


def test_a_jobs_own_task_can_be_updated(sandbox, robot):
    """The Task of a consumed job has a GUID under which a script reads and updates it; no queue hands it out."""
    job = sandbox.queue_job("a", task={"name": "17", "parameters": {"number": 17}})
    guid = json.loads(robot.consume().json()["Task"])["guid"]
    assert robot.call("PUT", "/api/task/update", {"guid": guid, "status": 1}).ok
    assert (read(robot, guid)["name"], read(robot, guid)["job_id"]) == ("17", "1")
    robot.update(job.guid, 5)
    assert read(robot, guid)["status"] == "3"
    assert robot.call("GET", "/api/queue/lastTask/a").json() == []


@pytest.mark.parametrize(
    "change",
    [
        {"priority": "Urgent"},
        {"status": "7"},
        {"deadline": "tomorrow"},
        {"retries": "-1"},
        {"parameters": "{"},
    ],
)
def test_what_a_task_cannot_have_is_refused(robot, change):
    """With 400, and nothing is created or changed."""
    guid = create(robot)
    before = read(robot, guid)
    assert robot.call("PUT", "/api/task/update", {"guid": guid, "comment": "x", **change}).status_code == 400
    assert robot.call("POST", "/api/task/create", {"queue_guid": "q", "name": "n", **change}).status_code == 400
    assert read(robot, guid) == before


def test_a_parameter_that_is_not_known_is_remarked_on(sandbox, robot):
    """And left out."""
    create(robot, colour="red")
    assert "colour" in sandbox.requests[-1].complaints[0]
