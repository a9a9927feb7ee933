"""*Now*: what the page says of the robot, and what may be asked there."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.base.paths import DataPaths
from app.gateway.records import Progress
from app.journal.journal import Journal
from app.orchestrator.origin import Origin, origin_of
from app.orchestrator.vocabulary import JobStatus
from app.robot.state import RobotState, ShownJob
from app.status.file import write_status
from app.status.record import Process
from tests.page.served import GUID, NOW
from tests.status.samples import status

if TYPE_CHECKING:
    from pathlib import Path

    from tests.page.served import Served


def live(served: Served, **query: object) -> dict[str, Any]:
    """What the page's script is told."""
    return served.get("now/live", params={key: str(value) for key, value in query.items()}).json()


def run(served: Served, **changes: Any) -> ShownJob:
    """A job runs since 75 seconds; its log is in the data folder."""
    job = replace(ShownJob("job-1", "finance/счета", NOW - timedelta(seconds=75), served.data / "job.log"), **changes)
    job.log_file.parent.mkdir(exist_ok=True)
    job.log_file.touch()
    served.board.publish(state=RobotState.WORKING, job=job)
    return job


def begin(journal: Journal, guid: str, folder: Path, origin: Origin, minutes: int) -> None:
    """A run in the journal."""
    started = NOW - timedelta(minutes=minutes)
    journal.begin_job(guid, f"script {guid}", "", "m", started, folder / f"{guid}.log", origin)


def test_the_job_with_its_task_progress_and_output(served: Served) -> None:
    """Name, task and number, how long, how far; of the output each byte once."""
    job = run(served, task_name="INV-17", task_number="5", progress=Progress(3, 8, "reads"))
    job.log_file.write_text("first\n", "utf-8")
    seen = live(served)
    assert seen["job"] == {
        "guid": "job-1", "name": "finance/счета", "started": f"{job.started_at.astimezone():%H:%M}", "elapsed": "1:15",
        "task": "INV-17 (No. 5)", "progress": {"numbers": "3/8", "share": 0.375, "text": "reads"}, "result": "",
    }  # fmt: skip
    assert (seen["output"]["text"], seen["state"]["word"], seen["state"]["kind"]) == ("first\n", "Working", "busy")
    with job.log_file.open("a", encoding="utf-8") as log:
        log.write("второй\n")
    more = live(served, job="job-1", at=seen["output"]["at"])["output"]
    assert (more["text"], more["anew"]) == ("второй\n", False)
    served.board.publish(job=replace(job, guid="job-2"))
    assert live(served, job="job-1", at=more["at"])["output"]["anew"]


def test_the_page_itself_has_it_already(served: Served) -> None:
    """Without a first request of its script; and nothing in it can end the block that it stands in."""
    job = run(served, name="</script><script>alert(1)</script>")
    job.log_file.write_text("</script><img src=x>", "utf-8")
    text = served.get("now").text
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert "\\u003c/script" in text


@pytest.mark.parametrize(
    ("changes", "word", "kind"),
    [
        ({}, "Ready", "good"),
        ({"connected": None}, "Starting…", "quiet"),
        ({"paused": True}, "Paused", "quiet"),
        ({"state": RobotState.OFFLINE, "connected": False, "problem": "no route"}, "Offline", "warn"),
        ({"state": RobotState.ERROR, "problem": f"refused {GUID}"}, "Error", "bad"),
        ({"state": RobotState.ERROR, "unfilled": True}, "Waits for its settings", "quiet"),
    ],
)
def test_states(served: Served, changes: dict[str, Any], word: str, kind: str) -> None:
    """Each in a word and a colour, with its problem; never with the GUID."""
    served.board.publish(**changes)
    state = live(served)["state"]
    assert (state["word"], state["kind"]) == (word, kind)
    assert GUID not in served.get("now").text
    assert state["problem"] == changes.get("problem", "").replace(GUID, "***")


def test_since_when(served: Served) -> None:
    """As programs are told, by this robot and of this state."""
    file = DataPaths(served.data).status
    write_status(file, status(state="ready", since=NOW - timedelta(hours=1), process=Process(os.getpid(), 0.0)))
    assert live(served)["state"]["since"] == f"since {(NOW - timedelta(hours=1)).astimezone():%H:%M}"
    served.board.publish(paused=True)
    assert live(served)["state"]["since"] == ""
    write_status(file, status(state="paused", process=Process(1, 0.0)))
    assert live(served)["state"]["since"] == ""


def test_the_countdown_is_cancelled(served: Served) -> None:
    """The seconds are said; a cancel that comes too late is no wish to stay the next time."""
    served.board.publish(state=RobotState.LEAVING, leaving_at=NOW + timedelta(seconds=12))
    assert live(served)["leaving"] == "Log-off in 12 seconds"
    assert served.post("now/cancel-leaving", {}).status_code == 200
    served.board.publish(state=RobotState.READY, leaving_at=None)
    assert served.post("now/cancel-leaving", {}).status_code == 409
    assert served.asked.calls == ["cancel_leaving"]


def test_wishes_reach_the_robot(served: Served) -> None:
    """Stop, Force stop, Pause and Resume, each its own and once."""
    run(served)
    for path in ("stop", "force-stop", "pause", "resume"):
        assert served.post(f"now/{path}", {"job": "job-1"}).status_code == 200
    assert served.asked.calls == ["stop_job", "abort_job", "pause", "resume"]


@pytest.mark.parametrize("path", ["stop", "force-stop"])
def test_an_answer_is_about_the_job_that_was_asked_about(served: Served, path: str) -> None:
    """Not about the next one, nor about whichever runs."""
    run(served, guid="job-2")
    for asked in ({"job": "job-1"}, {}, {"job": None}):
        reply = served.post(f"now/{path}", asked)
        assert reply.status_code == 409
        assert "has ended" in reply.json()["said"]
    served.board.publish(job=None, state=RobotState.READY)
    assert served.post(f"now/{path}", {"job": ""}).status_code == 409
    assert served.asked.calls == []


def test_what_waits_and_why(served: Served) -> None:
    """Reports and scripts' changes, refused ones, dead letters and strangers, each with its last error."""
    ours, theirs = origin_of("http://127.0.0.1:9", GUID), Origin("https://old.example", "abcdef0123456789")
    journal = Journal.open(DataPaths(served.data).journal)
    for number, (guid, origin) in enumerate([("a", ours), ("b", ours), ("c", theirs), ("d", ours)]):
        begin(journal, guid, served.data, origin, 60 - number)
        journal.finish_job(guid, JobStatus.FAILED, NOW, 1, "Exit code 1.", f"last of {guid}")
    rows = {row.job_guid: row for row in journal.outbox() if row.status is JobStatus.FAILED}
    journal.attempt_failed(rows["a"].id, "timed out")
    journal.refused(rows["b"].id, f"409 {GUID}", NOW)
    journal.dead_letter(rows["d"].id, "gone")
    journal.close()
    waiting = {row["guid"]: row for row in live(served)["waiting"]["rows"] if row["what"] == "Failed"}
    assert (waiting["a"]["state"], waiting["a"]["why"]) == ("waits", "timed out")
    assert (waiting["b"]["state"], waiting["b"]["why"]) == ("refused, is tried again", "409 ***")
    assert "https://old.example" in waiting["c"]["owner"]
    assert (waiting["d"]["state"], waiting["d"]["kind"]) == ("refused, not sent any more", "bad")


def test_the_last_five_runs(served: Served) -> None:
    """Newest first, without the one that runs now."""
    journal = Journal.open(DataPaths(served.data).journal)
    ours = origin_of("http://127.0.0.1:9", GUID)
    for number in range(7):
        begin(journal, f"g{number}", served.data, ours, 60 - number)
        if number < 6:
            journal.finish_job(f"g{number}", JobStatus.SUCCESS, NOW, 0, "Exit code 0.", "")
    journal.close()
    run(served, guid="g6")
    assert [each["guid"] for each in live(served)["runs"]] == ["g5", "g4", "g3", "g2", "g1"]


def test_a_journal_that_cannot_be_read_is_said(served: Served) -> None:
    """In words; everything else stays there."""
    served.data.mkdir()
    DataPaths(served.data).journal.write_bytes(b"no database " * 1000)
    seen = live(served)
    assert "journal" in seen["trouble"]
    assert seen["state"]["word"] == "Ready"


@pytest.mark.parametrize("at", ["-1", "x", "9" * 500, "1e3", "٣"])
def test_odd_questions_are_answered(served: Served, at: str) -> None:
    """A place that is none counts as the beginning."""
    run(served).log_file.write_text("all\n", "utf-8")
    assert live(served, job="job-1", at=at)["output"]["text"] == "all\n"
