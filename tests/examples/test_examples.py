"""Each example from its own test to `robot try` to a job, judged by the Orchestrator that it worked for."""

from __future__ import annotations

import base64
import json
import os
import sys
import threading

import pytest

from tests.examples.runs import EXAMPLES, STOPPED, SUCCESS, attempt, log_of, own_tests, run_job, statuses

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the Windows program has a lane of its own")

NEEDS_LIBRARIES = {"excel_report", "web_form"}  # test_with_libraries.py
NAMES = sorted(folder.name for folder in EXAMPLES.iterdir() if folder.name not in NEEDS_LIBRARIES)


def test_their_own_tests_are_green(home):
    """As an author runs them on a desk; each has one."""
    green = own_tests(home, *NAMES)
    assert green.code == 0, green
    assert not [name for name in NAMES if not (home.scripts / name / "test_main.py").exists()]


@pytest.mark.parametrize("name", NAMES)
def test_each_can_be_tried(home, name):
    """`robot try` with the example's world and task is a Success."""
    said = attempt(home, name)
    assert said.code == 0, said
    assert "The job would be: 4 Success" in said.output


def test_none_speaks_http_by_itself():
    """No example needs an HTTP library; only the vendor's habits still make a header."""
    sources = {file: file.read_text("utf-8") for file in EXAMPLES.rglob("*.py")}
    assert not [
        file for file, text in sources.items() if "requests" in text or "urllib" in text or "http.client" in text
    ]
    assert {file.parent.name for file, text in sources.items() if "settings_path" in text} == {"vendor_habits"}


def test_queue_worker(home, sandbox):
    """The good invoice is posted and a letter ordered, the bad one is refused with its reason, for this job."""
    job = run_job(home, sandbox, "queue_worker")
    assert job.final_reports == [SUCCESS], log_of(home)
    assert statuses(sandbox) == {"INV-17": 2, "INV-18": 4, "Thank you": 0}
    comments = {task.name: task.comment for task in sandbox.tasks.all()}
    assert comments["INV-18"] == "the amount is -1"
    assert {task.job_guid for task in sandbox.tasks.all() if task.queue == "Invoices"} == {job.guid}
    assert json.loads(job.log[-1].message) == {"posted": ["INV-17"]}


def test_vendor_habits(home, sandbox):
    """The same, written to the vendor's framework and unchanged: argument, settings file, TaskOrcAPI."""
    job = run_job(home, sandbox, "vendor_habits")
    assert job.final_reports == [SUCCESS], log_of(home)
    assert statuses(sandbox) == {"INV-17": 2, "INV-18": 4}
    assert [(entry.level, entry.message) for entry in job.log] == [("Info", "no more invoices")]


def test_passwords(home, sandbox):
    """The asset has a new password; neither the old nor the new one nor the token lies anywhere on the disk."""
    job = run_job(home, sandbox, "passwords")
    assert job.final_reports == [SUCCESS], log_of(home)
    new = sandbox.assets.find("crm").password
    assert len(new) > 20
    for line in ("Logging in as robot with ***", "Authorization: Basic ***", "The new password is ***"):
        assert line in log_of(home)
    secrets = ("s3cret-of-old", new, base64.b64encode(b"robot:s3cret-of-old").decode())
    assert not [
        file for file, content in home.written().items() if any(secret.encode() in content for secret in secrets)
    ]
    assert not any(secret in entry.message for entry in job.log for secret in secrets)


def test_long_loop_stops_softly(home, sandbox):
    """Stop ends it between two accounts: Stopped, and its last message says where to go on."""
    (home.scripts / "long_loop" / "task.json").write_text('{"from": 10, "to": 100000}', "utf-8")

    def stop() -> None:
        assert sandbox.wait_for(lambda box: any(job.log for job in box.jobs), 20)
        (job,) = sandbox.jobs
        sandbox.stop_job(job.guid)

    stopper = threading.Thread(target=stop)
    stopper.start()
    job = run_job(home, sandbox, "long_loop")
    stopper.join()
    assert job.final_reports == [STOPPED], log_of(home)
    result = json.loads(job.log[-1].message)
    assert 0 < result["done"] < 90000
    assert log_of(home).count("\naccount ") == result["done"]
    assert result["go on from"] == 10 + result["done"]


def test_parameters(home, sandbox):
    """The job's Task says which folder and how many days."""
    inbox = home.scripts / "parameters" / "inbox"
    inbox.mkdir()
    (inbox / "old.txt").touch()
    (inbox / "new.txt").touch()
    os.utime(inbox / "old.txt", (0, 0))
    job = run_job(home, sandbox, "parameters")
    assert job.final_reports == [SUCCESS], log_of(home)
    assert sorted(file.relative_to(inbox).as_posix() for file in inbox.rglob("*.txt")) == ["archive/old.txt", "new.txt"]
    assert json.loads(job.log[-1].message) == {"moved": 1}


def test_evidence(home, sandbox):
    """The statement is kept with the run; the run's own folder is gone; the result is the last message."""
    job = run_job(home, sandbox, "evidence")
    assert job.final_reports == [SUCCESS], log_of(home)
    (kept,) = home.data.rglob("*statement.csv")
    assert "North;1200" in kept.read_text("utf-8-sig")
    assert json.loads(job.log[-1].message) == {"regions": 2, "sales": 2000}
