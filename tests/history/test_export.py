"""The runs for programs and for spreadsheets."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sqlite3
from typing import TYPE_CHECKING

from app.history.export import COLUMNS, as_csv, as_json
from app.journal.journal import Journal
from app.journal.reading import JournalReader
from app.orchestrator.vocabulary import JobStatus
from tests.bench.long_history import fill
from tests.contract.orchestrator import SUCCESS
from tests.history.samples import NOW, record, unfinished

if TYPE_CHECKING:
    from pathlib import Path

    from tests.contract.orchestrator import Orchestrator
    from tests.contract.robot_process import Home


def test_json_has_every_run() -> None:
    """With the documented names, moments with their zone, and nothing where there is nothing."""
    runs = [(unfinished(), None), (record(last_line="счёт\u2028\x85"), None)]
    text = "".join(as_json(runs, machine="PC", user="robot", made=NOW))
    made = json.loads(text)
    assert text == json.dumps(made, ensure_ascii=False, indent=1) + "\n"
    nothing = "".join(as_json([], machine="PC", user="robot", made=NOW))
    assert nothing == json.dumps(made | {"runs": []}, ensure_ascii=False, indent=1) + "\n"
    assert (made["kind"], made["format"], made["machine"], made["user"]) == ("robot-history", 1, "PC", "robot")
    open_run, run = made["runs"]
    assert tuple(run) == COLUMNS
    assert run["seconds"] == 60
    assert (run["status"], run["outcome"], run["reported"]) == (SUCCESS, "success", "delivered")
    assert run["started"] == "2026-11-24T13:37:00.000+00:00"
    assert run["last_line"] == "счёт\u2028\x85"
    assert [open_run[name] for name in ("ended", "seconds", "status", "outcome")] == [None] * 4


def test_csv_is_a_table() -> None:
    """Line ends, quotes and commas survive; what a script wrote can't be a formula."""
    odd = record(name='a "b", c', last_line='=HYPERLINK("http://evil")', reason="x\ny", status=JobStatus.FAILED)
    head, row, *rest = csv.reader(io.StringIO("".join(as_csv([(odd, None)]))))
    assert tuple(head) == COLUMNS
    assert not rest
    values = dict(zip(head, row, strict=True))
    assert values["name"] == 'a "b", c'
    assert values["last_line"] == '\'=HYPERLINK("http://evil")'
    assert values["reason"] == "x\ny"


def test_csv_controls_no_terminal() -> None:
    """A job's name is its Orchestrator's: what can't be seen is spelled out, on a console as well."""
    odd = record(name="отчёт\x1b]0;title\x07 \u202egnp.exe", status=JobStatus.FAILED)
    text = "".join(as_csv([(odd, None)]))
    assert "отчёт\\x1b]0;title\\x07 \\u202egnp.exe" in text
    assert not set(text) & set("\x1b\x07\u202e")


def test_a_long_history_is_read_as_it_is_written(tmp_path: Path) -> None:
    """Newest first, each run once with its own notes, also where many began at one moment; no more is in memory."""
    journal = Journal.open(tmp_path / "journal.sqlite3")
    fill(tmp_path / "journal.sqlite3", 2_500)
    with contextlib.closing(sqlite3.connect(tmp_path / "journal.sqlite3")) as db:
        db.execute("UPDATE jobs SET started_at = (SELECT started_at FROM jobs WHERE id = 1400) WHERE id > 1400")
        db.execute("INSERT INTO run_notes(job, result) SELECT id, id FROM jobs WHERE id % 3 = 0")
        db.commit()
        guids = [guid for (guid,) in db.execute("SELECT guid FROM jobs ORDER BY id DESC")]
    with JournalReader(tmp_path / "journal.sqlite3") as reader:
        read = reader.runs()
        assert next(read)[0].guid == guids[0]
        found = [(job.guid, notes.result if notes else "") for job, notes in read]
    assert [guid for guid, _result in found] == guids[1:]
    assert [result for _guid, result in found] == [str(n) if n % 3 == 0 else "" for n in range(2499, 0, -1)]
    journal.close()


def test_the_command_needs_no_right_settings(robot: Home, orchestrator: Orchestrator) -> None:
    """After the GUID was taken out, and with another mistake besides, the runs are still there, in each form."""
    robot.script("счета", "print('done')")
    orchestrator.queue("счета")
    assert robot.run_robot().code == 0
    robot.config.write_text("data_dir = 'data'\nwhen_idle = 'sleep'\n", "utf-8")
    config = ("--config", str(robot.config))
    for form in ("--json", "--csv"):
        done = robot.run("history", *config, form)
        assert done.code == 0, done
        assert "счета" in done.output
    assert json.loads(robot.run("history", *config, "--json", "--days", "0.00000001").output)["runs"] == []
    table = robot.folder / "runs.csv"
    assert robot.run("history", *config, "--csv", "--output", str(table)).code == 0
    assert table.read_bytes().startswith(b"\xef\xbb\xbfguid,")
    assert robot.run("history", *config, "--output", str(robot.folder / "page.html")).code == 0
    assert robot.run("history", *config, "--days", "never").code == 2
