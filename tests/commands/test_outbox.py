"""`robot outbox`: what waits, whose it is and why; sent again or given up while the robot runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from app import cli
from app.base.errors import ExitCode
from app.base.i18n import set_language
from app.base.paths import DataPaths
from app.journal.journal import Journal
from app.journal.records import Reported
from app.orchestrator.origin import Origin, origin_of
from app.orchestrator.vocabulary import JobStatus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"
HOST = "https://rpa.example"
WAITS, REFUSED, DEAD = (f"00000000-0000-4000-8000-00000000000{number}" for number in range(3))
T0 = datetime(2026, 11, 24, 10, 15, tzinfo=UTC)
OURS = origin_of(HOST, GUID)
THEIRS = Origin("https://old.example", "fedcba9876543210")


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever the language of the machine."""
    monkeypatch.setenv("ROBOT_LANGUAGE", "en")
    yield
    set_language("en")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A settings file; the data folder is beside it."""
    file = tmp_path / "robot.toml"
    file.write_text(f"host = '{HOST}'\nrobot_guid = '{GUID}'\ndata_dir = 'data'\n", "utf-8")
    return file


@pytest.fixture
def journal(config: Path) -> Iterator[Journal]:
    """The journal of a robot that runs: one report waits, one is refused, one is a dead letter of other days."""
    opened = Journal.open(DataPaths(config.parent / "data").journal, origin=OURS)
    for guid, origin in ((WAITS, OURS), (REFUSED, OURS), (DEAD, THEIRS)):
        opened.begin_job(guid, "счета", "pv", "m", T0, config.parent / "x.log", origin)
        opened.finish_job(guid, JobStatus.FAILED, T0, 1, "Exit code 1.", "")
    waits, refused, dead = opened.outbox()
    opened.attempt_failed(waits.id, "HTTP 503", None)
    opened.refused(refused.id, "HTTP 404: no such\njob", T0)
    opened.dead_letter(dead.id, "HTTP 410")
    yield opened
    opened.close()


def outbox(config: Path, *arguments: str) -> int:
    """The command."""
    return cli.main(["outbox", *arguments, "--config", str(config)])


def test_everything_that_was_not_taken_is_listed(
    config: Path, journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    """Which job, with which status, since when, whose, and what the Orchestrator said."""
    assert journal.outbox()
    assert outbox(config) == ExitCode.OK
    first, second, third = capsys.readouterr().out.split("\n\n")
    day = f"{T0.astimezone():%Y-%m-%d %H:%M}"
    assert first.splitlines() == [
        f"{WAITS}  счета: Failed",
        f"  waits since {day}; 1 attempt; this robot",
        "  HTTP 503",
    ]
    assert f"refused, is tried again since {day}" in second
    assert "HTTP 404: no such job" in second
    assert "not sent any more" in third
    assert "another Orchestrator: https://old.example, robot fedcba" in third


def test_programs_get_the_list_as_json(config: Path, journal: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    """With stable keys and numbers, and nothing that is secret."""
    assert journal.outbox()
    assert outbox(config, "list", "--json") == ExitCode.OK
    text = capsys.readouterr().out
    assert GUID not in text
    rows = json.loads(text)
    assert [(row["job_guid"], row["state"], row["ours"]) for row in rows] == [
        (WAITS, "waiting", True),
        (REFUSED, "refused", True),
        (DEAD, "dead", False),
    ]
    assert rows[0]["since"] == "2026-11-24T10:15:00+00:00"
    assert (rows[1]["status"], rows[1]["last_error"]) == (5, "HTTP 404: no such\njob")


def test_neither_host_nor_guid_is_needed(config: Path, journal: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever repairs the settings can look at what waits."""
    assert journal.outbox()
    config.write_text("host = 'nonsense'\ndata_dir = 'data'\n", "utf-8")
    assert outbox(config) == ExitCode.OK
    said = capsys.readouterr().out
    assert f"https://rpa.example, robot {OURS.fingerprint[:6]}" in said


def test_other_mistakes_in_the_settings_are_said(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without knowing where the data is there is nothing to look at."""
    config.write_text("data_dir = 5\n", "utf-8")
    assert outbox(config) == ExitCode.USAGE
    assert "data_dir" in capsys.readouterr().err


def test_all_that_was_refused_is_sent_again(config: Path, journal: Journal, capsys: pytest.CaptureFixture[str]) -> None:
    """The running robot finds it in its outbox, as new."""
    assert outbox(config, "retry") == ExitCode.OK
    assert "2 reports are tried again." in capsys.readouterr().out
    assert [(row.job_guid, row.attempts, row.refused_at) for row in journal.outbox()] == [
        (WAITS, 1, None),
        (REFUSED, 0, None),
        (DEAD, 0, None),
    ]
    assert outbox(config, "retry") == ExitCode.OK
    assert "tried again by itself" in capsys.readouterr().out


def test_one_job_can_be_sent_again_or_given_up(
    config: Path, journal: Journal, capsys: pytest.CaptureFixture[str]
) -> None:
    """However its GUID is written; the others stay as they are."""
    assert outbox(config, "retry", "{" + DEAD.upper() + "}") == ExitCode.OK
    assert outbox(config, "discard", REFUSED) == ExitCode.OK
    assert [row.job_guid for row in journal.outbox()] == [WAITS, DEAD]
    record = journal.job(REFUSED)
    assert record is not None
    assert record.reported is Reported.DISCARDED
    assert REFUSED in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("discard",), "robot outbox discard GUID"),
        (("discard", "unknown"), "unknown"),
        (("retry", "unknown"), "unknown"),
        (("list", WAITS), "takes no GUID"),
    ],
)
def test_what_makes_no_sense_is_said(
    config: Path, journal: Journal, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    """With exit code 2, and nothing is changed."""
    before = journal.outbox()
    assert outbox(config, *arguments) == ExitCode.USAGE
    assert said in capsys.readouterr().err
    assert journal.outbox() == before


def test_before_the_first_job_there_is_nothing(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No journal is made by looking."""
    for action in ("list", "retry"):
        assert outbox(config, action) == ExitCode.OK
    assert "Nothing waits" in capsys.readouterr().out
    assert not (config.parent / "data").exists()
