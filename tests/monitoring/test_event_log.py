"""The Windows Event Log: which events are told, with which numbers and facts; their texts in the message file."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.base.redaction import Redactor
from app.commands.event_source import LANGUAGES, texts
from app.monitoring import event_log
from app.monitoring.event_log import EventLog
from app.monitoring.events import EVENTS, Severity
from app.orchestrator.vocabulary import JobStatus
from app.robot.state import LastOutcome, RobotState, ShownJob, StateBoard
from app.system.message_file import message_file
from tests.robot.robot_under_test import GUID
from tests.status.samples import NOON, status

ROOT = Path(__file__).resolve().parents[2]
Written = list[tuple[int, int, list[str]]]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    """What Windows is asked to keep: number, type, facts."""
    calls: Written = []
    monkeypatch.setattr(event_log, "write_event", lambda *call: calls.append(call))
    return calls


def last(job_status: JobStatus, reason: str = "because") -> LastOutcome:
    """How a job ended."""
    return LastOutcome("5f3c9a17", "счета", job_status, NOON + timedelta(seconds=job_status), reason, "", None)


def test_the_life_of_a_robot(written: Written) -> None:
    """Each change has its number once: start, jobs by outcome, outage, a person needed, pause, log-off, end."""
    log, board = EventLog(Redactor(GUID)), StateBoard()
    board.subscribe(log.see)
    log.tell(status(state="ready", user="robot07"))
    log.tell(status(state="ready"))
    job = ShownJob("5f3c9a17", "счета", NOON, Path("log"))
    board.publish(connected=True)
    board.publish(state=RobotState.WORKING, job=job)
    board.publish(connected=False)
    board.publish(connected=True)
    board.publish(state=RobotState.STOPPING)
    board.publish(state=RobotState.READY, job=None, last=last(JobStatus.STOPPED))
    for outcome in (JobStatus.SUCCESS, JobStatus.ABORTED, JobStatus.FAILED):
        board.publish(last=last(outcome))
    board.publish(state=RobotState.OFFLINE, connected=False, problem="connection refused")
    board.publish(state=RobotState.OFFLINE, connected=False, problem="connection refused again")
    board.publish(state=RobotState.READY, connected=True, problem="")
    board.publish(state=RobotState.ERROR, problem=f"{GUID} is unknown", connected=None)
    board.publish(state=RobotState.READY, problem="", connected=True)
    board.publish(settings_problem="poll_seconds: must be a number")
    board.publish(paused=True)
    board.publish(paused=False)
    board.publish(state=RobotState.LEAVING)
    log.tell(status(state="ended", exit_code=0))
    log.tell(status(state="ended", exit_code=4, problem="unreachable"))
    assert [number for number, _kind, _facts in written] == [
        *(1, 10, 20, 21, 13, 11, 14, 12),
        *(20, 21, 30, 31, 32, 40, 41, 50, 2, 3),
    ]
    facts = {number: facts for number, _kind, facts in written}
    assert facts[1] == ["0.1.0", "https://orchestrator.example.com", "robot07"]
    assert facts[12] == ["счета", "5f3c9a17", "because"]
    assert facts[30] == ["*** is unknown"]
    assert facts[3] == ["4", "unreachable"]
    kinds = {number: kind for number, kind, _facts in written}
    assert kinds == {event.number: event.severity.value for event in EVENTS}


def test_a_service_that_is_off_is_complained_of_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The robot works on, and doesn't try at every change."""

    def fail(*_call: object) -> None:
        raise OSError("the service is off")

    monkeypatch.setattr(event_log, "write_event", fail)
    log = EventLog(Redactor())
    log.tell(status(state="ready"))
    log.tell(status(state="ended", exit_code=0))
    assert [record.getMessage() for record in caplog.records] == [
        "Nothing is told to the Windows Event Log: the service is off"
    ]


def read_messages(dll: bytes) -> dict[int, dict[int, str]]:
    """The message table by language and number, read by the format's description."""

    def at(place: int, count: int) -> tuple[int, ...]:
        return struct.unpack_from(f"<{count}I", dll, place)

    (pe,) = at(0x3C, 1)
    assert dll[pe : pe + 4] == b"PE\0\0"
    optional = struct.unpack_from("<H", dll, pe + 20)[0]
    _size, address, raw_size, raw = at(pe + 24 + optional + 8, 4)
    assert raw + raw_size == len(dll)

    def entries(place: int) -> list[tuple[int, int]]:
        count = sum(struct.unpack_from("<2H", dll, place + 12))
        return [at(place + 16 + 8 * number, 2) for number in range(count)]

    def down(entry: tuple[int, int]) -> int:
        return raw + (entry[1] & 0x7FFF_FFFF)

    ((kind, below),) = entries(raw)
    assert kind == 11
    (name,) = entries(down((kind, below)))
    found: dict[int, dict[int, str]] = {}
    for language, leaf in entries(down(name)):
        data, _length = at(raw + leaf, 2)
        table = raw + data - address
        found[language] = {}
        for block in range(at(table, 1)[0]):
            first, final, offset = at(table + 4 + 12 * block, 3)
            assert first == final
            length, unicode = struct.unpack_from("<2H", dll, table + offset)
            assert unicode == 1
            text = dll[table + offset + 4 : table + offset + length].decode("utf-16-le")
            found[language][first] = text.rstrip("\0").removesuffix("\r\n")
    return found


def test_every_event_has_its_text_in_both_languages() -> None:
    """What is in the message file is the catalogs' text, with a place for each fact."""
    found = read_messages(message_file(texts()))
    assert set(found) == set(LANGUAGES)
    for language, messages in found.items():
        assert set(messages) == {event.number for event in EVENTS}
        for event in EVENTS:
            places = {int(place) for place in re.findall(r"%(\d)", messages[event.number])}
            assert places == set(range(1, len(event.facts) + 1))
            is_russian = any("а" <= letter <= "я" for letter in messages[event.number].lower())
            assert is_russian == (LANGUAGES[language] == "ru")
    assert found[0x409][12] == "The job %1 has failed (%2): %3"


@pytest.mark.skipif(not shutil.which("x86_64-w64-mingw32-objdump"), reason="needs mingw's binutils")
def test_it_is_a_dll_for_others_too(tmp_path: Path) -> None:
    """The binutils read its headers and its resource directory without a complaint."""
    file = tmp_path / "events.dll"
    file.write_bytes(message_file(texts()))
    command = ["x86_64-w64-mingw32-objdump", "-p", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "pei-x86-64" in done.stdout
    assert "Corrupt" not in done.stdout + done.stderr
    assert "000409" in done.stdout
    assert "000419" in done.stdout


@pytest.mark.parametrize("page", ["docs/admin.md", "docs/ru/admin.md"])
def test_the_guide_has_every_event(page: str) -> None:
    """The guide's table has each number with its type, none more."""
    words: dict[str, Any] = {"information": Severity.INFORMATION, "warning": Severity.WARNING, "error": Severity.ERROR}
    words |= {"сведения": Severity.INFORMATION, "предупреждение": Severity.WARNING, "ошибка": Severity.ERROR}
    rows = re.findall(r"^\| (\d+) \| (\w+) \| ", (ROOT / page).read_text("utf-8"), re.MULTILINE)
    listed = {int(number): words[word] for number, word in rows if word in words}
    assert listed == {event.number: event.severity for event in EVENTS}
