"""What PHP and what stands before it make of an answer, and what the robot makes of that."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.field.requests import FAILED, IN_PROGRESS, NOTICE, SUCCESS, Plan, answers, page

if TYPE_CHECKING:
    from tests.field.home import FieldHome
    from tests.field.server import Orchestrator

SAYS_ITS_TASK = """
import json, os, robot_job
task = robot_job.task()
told = {"task": task, "file": "ROBOT_TASK_FILE" in os.environ}
with open(os.environ["HOME"] + "/told", "w", encoding="utf-8") as file: json.dump(told, file)
"""


def told(home: FieldHome) -> dict[str, Any]:
    """What the script saw."""
    return dict(json.loads((home.folder / "told").read_text("utf-8")))


def test_a_notice_before_a_heartbeat_s_answer(home: FieldHome, orchestrator: Orchestrator) -> None:
    """The JSON counts; the notice is in the log."""
    home.notes("job")
    orchestrator.queue("job")
    for call in ("heartbeat", "consume"):
        orchestrator.disturb(Plan(wrap=(NOTICE, b"")), call)
    assert home.whole_life() == 0
    assert "Undefined array key" in home.log()


def test_has_new_job_as_a_boolean(home: FieldHome, orchestrator: Orchestrator) -> None:
    """`true` is 1 and `false` is 0."""
    home.notes("job")
    job = orchestrator.queue("job")

    def say(text: bytes) -> Plan:
        return answers(200, b'{"HeartbeatErrorCode": 0, "ErrorText": "", "HasNewJob": %s}' % text)

    orchestrator.disturb(say(b"true"), "heartbeat", status=2, times=1)
    life = home.live()
    orchestrator.wait_for(lambda: job.handed_out)
    orchestrator.disturb(Plan(status=200, body=say(b"false").body), "heartbeat", status=2)
    # `left_too_early` believes in the honest answer alone: this end is looked at here.
    assert home.wait(life) == 0
    assert orchestrator.calls()[-1] == "heartbeat 2"
    home.lives.clear()


@pytest.mark.parametrize("task", [False, "false", None, "", "[]", "{}", [], "null"], ids=repr)
def test_what_is_no_task(home: FieldHome, orchestrator: Orchestrator, task: object) -> None:
    """The script is told of none, and has no file."""
    home.notes("job", SAYS_ITS_TASK)
    orchestrator.queue("job", task=task)
    assert home.whole_life() == 0
    assert told(home) == {"task": None, "file": False}


@pytest.mark.parametrize("twice", [False, True], ids=["an object", "as text"])
def test_a_task_in_camel_case(home: FieldHome, orchestrator: Orchestrator, *, twice: bool) -> None:
    """`GUID`, `Name`, `Parameters` reach the script in lower case, the parameters parsed."""
    home.notes("job", SAYS_ITS_TASK)
    task = {"GUID": "17ab", "Name": "Счёт", "Parameters": '{"a": 1}'}
    orchestrator.queue("job", task=json.dumps(task) if twice else task)
    assert home.whole_life() == 0
    seen = told(home)["task"]
    assert (seen["guid"], seen["name"], seen["parameters"]) == ("17ab", "Счёт", {"a": 1})


def test_a_lone_surrogate_in_a_task_s_name(home: FieldHome, orchestrator: Orchestrator) -> None:
    """Half of a letter costs that letter, not the task."""
    home.notes("job", SAYS_ITS_TASK)
    orchestrator.queue("job", task=r'{"name": "cut \ud83d", "parameters": "{\"a\": 1}"}')
    assert home.whole_life() == 0
    assert told(home)["task"]["parameters"] == {"a": 1}
    assert told(home)["task"]["name"].startswith("cut ")


@pytest.mark.parametrize("call", ["heartbeat", "consume", "update"])
def test_processing_before_the_answer_is_skipped(home: FieldHome, orchestrator: Orchestrator, call: str) -> None:
    """`102 Processing` before the 200 (RFC 9110, 15.2)."""
    home.notes("job")
    job = orchestrator.queue("job")
    orchestrator.disturb(Plan(ahead=b"HTTP/1.1 102 Processing\r\n\r\n"), call)
    assert home.whole_life() == 0
    assert job.carried == [IN_PROGRESS, SUCCESS]
    assert job.handed_out == 1


def test_a_403_page_at_the_start_is_an_outage(home: FieldHome, orchestrator: Orchestrator) -> None:
    """For some seconds a gate answers with its page: Offline, then work; not exit 3."""
    home.notes("job")
    job = orchestrator.queue("job")
    orchestrator.disturb(page(403), "heartbeat", times=3)
    assert home.whole_life() == 0
    assert job.carried == [IN_PROGRESS, SUCCESS]


@pytest.mark.parametrize(
    ("call", "key"), [("heartbeat", b"HeartbeatErrorCode"), ("consume", b"ConsumeJobErrorCode")], ids=str
)
def test_code_101_counts_whatever_the_http_status(
    home: FieldHome, orchestrator: Orchestrator, call: str, key: bytes
) -> None:
    """404 with code 101 in JSON: refused, exit 3."""
    orchestrator.queue("job")
    orchestrator.disturb(answers(404, b'{"%s": 101, "ErrorText": "Robot not found"}' % key), call)
    assert home.whole_life() == 3


def test_refused_messages_lose_no_others(home: FieldHome, orchestrator: Orchestrator) -> None:
    """What belongs to no job is refused (404); all of a failing job's messages arrive, the last with its exception."""
    home.settings(orchestrator.url, send_logs=True)
    home.notes(
        "job", "for number in range(50): print('line', number, flush=True)\nraise ValueError('сумма не сошлась')"
    )
    job = orchestrator.queue("job", expected=FAILED)
    orchestrator.disturb(answers(503), "heartbeat", times=1)  # the robot has something to say before any job
    refusal = orchestrator.disturb(answers(404, b'{"ErrorText": "job not found"}'), "log")
    honest = refusal.matches
    refusal.matches = lambda request: honest(request) and not request.form.get("job_guid")
    assert home.whole_life() == 0
    messages = [request.form for request in orchestrator.heard("log")]
    assert all("job_guid" not in form or form["job_guid"] for form in messages)
    of_the_job = [form for form in messages if form.get("job_guid") == job.guid]
    text = "\n".join(form["message"] for form in of_the_job)
    assert all(f"line {number}" in text for number in range(50))
    assert of_the_job[-1]["level"] == "Error"
    assert "сумма не сошлась" in of_the_job[-1]["message"]
    assert {form["process_version_guid"] for form in of_the_job} == {job.version}


def test_no_letter_of_a_flood_is_cut_in_two(home: FieldHome, orchestrator: Orchestrator) -> None:
    """Cyrillic by the megabyte arrives in whole letters."""
    home.settings(orchestrator.url, send_logs=True)
    home.notes("job", "import time\nfor _ in range(4000): print('Щ' * 61)\nprint(end='', flush=True)\ntime.sleep(0.3)")
    job = orchestrator.queue("job")
    assert home.whole_life() == 0
    messages = [request.form["message"] for request in orchestrator.heard("log")]
    text = "".join(message for message in messages)
    assert text.count("Щ") > 5000
    assert "\ufffd" not in text
    assert job.carried == [IN_PROGRESS, SUCCESS]


def test_a_message_that_can_not_be_stored_is_sent_without_its_emoji(
    home: FieldHome, orchestrator: Orchestrator
) -> None:
    """A table of three-byte UTF-8 answers 500 to 💥; the text around it arrives."""
    home.settings(orchestrator.url, send_logs=True)
    home.notes("job", "print('before 💥 after')\nraise SystemExit(3)")
    orchestrator.queue("job", expected=FAILED)
    broken = orchestrator.disturb(answers(500, b'{"ErrorText": "Incorrect string value"}'), "log")
    matches = broken.matches
    broken.matches = lambda request: matches(request) and "💥" in request.form["message"]
    assert home.whole_life() == 0
    stored = [request.form["message"] for request in orchestrator.heard("log") if request.carried_at]
    assert any("before" in message and "after" in message for message in stored)
