"""What a hostile script tries: another run's name, calls that aren't published, floods. It gets nothing."""

from __future__ import annotations

import json
import os
import stat
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.gateway import wire
from app.gateway.errors import UsageError
from app.gateway.gateway import MOST_CONNECTIONS
from app.gateway.published import find_call, read_fields
from app.gateway.wire import LINE_BYTES
from app.jobs.environment import GATEWAY_VARIABLE
from tests.gateway.bench import GUID, Bench

if TYPE_CHECKING:
    import socket

    from app.gateway.published import PublishedCall

PATHS = [
    "/api/job/update",
    "/api/robot/heartbeat",
    "/api/robot/consumeNextJob",
    "/api/robot/setStatus",
    "/api/queue/lastTask/../../job/update",
    "/api/queue/lastTask/%2e%2e/%2e%2e/job/update",
    "/api/queue/lastTask/%2e%2e%2f%2e%2e%2fjob%2fupdate",
    "/api/queue/lastTask/%252e%252e%252f%252e%252e%252fjob",
    "/api/queue/lastTask/..%2f..%2fjob%2fupdate",
    "/api/queue/lastTask/..%5c..%5cjob",
    "/api/queue/lastTask/..;/job",
    "/api/queue/lastTask/.",
    "/api/queue/lastTask/",
    "/api/queue/lastTask",
    "/api/queue/lastTask/a/b",
    "/api/queue/lastTask/a%00b",
    "/api/queue/lastTask/a%0d%0aX-Evil:%201",
    "/api/queue/lastTask/a\r\nX-Evil: 1",
    "/api/queue/lastTask/a b",
    "/api/queue/lastTask/a?status=1",
    "/api/queue/lastTask/a#b",
    "/api/queue/lastTask/a%3",
    "/api/queue/lastTask/%ff%fe",
    "/api/queue/lastTask/кириллица",
    "/api/queue/lastTaskX/a",
    "/api/queue/lasttask/a",
    "//api/queue/lastTask/a",
    "/./api/queue/lastTask/a",
    "api/queue/lastTask/a",
    "http://evil.example/api/queue/lastTask/a",
    "//evil.example/api/queue/lastTask/a",
    "/api/task/update/../../job/update",
    "/api/task/update/x",
    "/api/task/filter/read",
    "/api/folders/delete/x",
    "@evil.example/",
    "",
    "/" * 5000,
    None,
    7,
    ["/api/task/update"],
]


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_out_of_the_table(path: object) -> None:
    """Whatever spelling: it is none of the published calls."""
    with pytest.raises(UsageError):
        find_call(path)


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/api/queue/lastTask/orders", "/api/queue/lastTask/orders"),
        ("/api/queue/lastTask/%D0%B7", "/api/queue/lastTask/%D0%B7"),
        ("/api/queue/lastTask/%6frders", "/api/queue/lastTask/orders"),
        ("/api/queue/lastTask/a%20b%3Fc%23d%25", "/api/queue/lastTask/a%20b%3Fc%23d%25"),
        ("/api/queue/lastTask/a..b", "/api/queue/lastTask/a..b"),
        ("/api/asset/read/SAP%2Fprod", "/api/asset/read/SAP%2Fprod"),
        ("/api/task/filter/list/q/status=1/name=x", "/api/task/filter/list/q/status%3D1/name%3Dx"),
        ("/api/task/update", "/api/task/update"),
        ("/api/folders/list", "/api/folders/list"),
    ],
)
def test_names_pass_written_in_one_way(path: str, asked: str) -> None:
    """A queue's or an asset's name may be any text, percent-quoted."""
    assert find_call(path)[1] == asked


def call_of(path: str) -> PublishedCall:
    """The table's entry."""
    return find_call(path)[0]


def test_fields_name_no_other_run() -> None:
    """Who asks is not the script's to say, whatever the dialect; only whom a new job is for."""
    fields = {"guid": "t", "RobotGUID": "x", "job_guid": "y", "JobGuid": "z", "ProcessVersionGuid": 1, "status": 2}
    assert read_fields(call_of("/api/task/update"), fields) == {"guid": "t", "status": "2"}
    assert read_fields(call_of("/api/job/create"), {"robot_guid": "x"}) == {"robot_guid": "x"}


@pytest.mark.parametrize(
    "fields",
    [
        {"a&b": "x"},
        {"a\r\n": "x"},
        {"": "x"},
        {"a": ["x"]},
        {"a": {"b": "c"}},
        {str(i): "x" for i in range(65)},
        "a=b",
        7,
    ],
)
def test_fields_are_names_and_texts(fields: object) -> None:
    """Nothing else is taken."""
    with pytest.raises(UsageError):
        read_fields(call_of("/api/task/update"), fields)


def test_values_cannot_break_the_request(bench: Bench) -> None:
    """Line ends, ampersands and another parameter's name in a value arrive as the value."""
    task = bench.sandbox.add_task("orders", "first")
    comment = "a\r\nX-Evil: 1\r\n\r\n&status=4&guid=другой"
    bench.raw().api("/api/task/update", {"guid": task.guid, "status": 2, "comment": comment})
    assert (task.status, task.comment) == (2, comment)


def test_only_the_runs_own_secret_opens(bench: Bench) -> None:
    """None, a wrong one, another run's at the same time: denied, the connection closed, nothing asked."""
    other = bench.another("other-job")
    secrets = ["", "x" * 32, other.variables[GATEWAY_VARIABLE].rsplit("|", 1)[1], None, 7, ["x"], "ключ"]
    for secret in secrets:
        raw = bench.raw()
        raw.say(json.dumps({"key": secret, "call": "api", "path": "/api/queue/lastTask/q"}).encode() + b"\n")
        answer = raw.hear()
        assert answer
        assert answer["error"]["kind"] == "denied"
        assert raw.hear() is None
    assert not bench.sandbox.requests
    other.close()


def test_nobody_else_may_come_near(bench: Bench) -> None:
    """The socket lies in a folder that only its owner may enter."""
    path = Path(bench.variable.rsplit("|", 1)[0].removeprefix("unix:"))
    assert len(os.fsencode(path)) <= 107
    assert stat.S_ISSOCK(path.stat().st_mode)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_long_data_folder_is_no_hindrance(bench: Bench, tmp_path: Path) -> None:
    """A path that a socket's address can't hold: it lies elsewhere, as private, and goes with the run as well."""
    bench._folders._runs_dir = tmp_path / ("d" * 120)
    channel = bench.another("far-away")
    path = Path(channel.variables[GATEWAY_VARIABLE].rsplit("|", 1)[0].removeprefix("unix:"))
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert bench.raw(channel.variables[GATEWAY_VARIABLE])("progress", done=1) == {"value": None}
    channel.close()
    assert not path.parent.exists()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"7",
        b'"x"',
        b"{",
        b"\xff\xfe",
        b"GET / HTTP/1.1",
        b"[" * 100_000,
        b'{"key": 1' + b"0" * 10_000 + b"}",
    ],
)
def test_nonsense_is_said_to_be_nonsense(bench: Bench, line: bytes) -> None:
    """And the connection goes on, or is closed; the next one works."""
    raw = bench.raw()
    raw.say(line + b"\n")
    answer = raw.hear()
    assert answer
    assert answer["error"]["kind"] in {"usage", "denied"}
    assert bench.raw()("progress", done=1) == {"value": None}


def test_a_line_without_an_end(bench: Bench) -> None:
    """More than there may be of a line: said, and closed; nothing is kept of it."""
    raw = bench.raw()
    sender = threading.Thread(target=_pour, args=(raw.sock,))
    sender.start()
    answer = raw.hear()
    sender.join(20)
    assert answer
    assert answer["error"]["kind"] == "usage"


def _pour(sock: socket.socket) -> None:
    try:
        for _ in range(LINE_BYTES // 65536 + 64):
            sock.sendall(b"x" * 65536)
    except OSError:
        pass


def test_half_a_line_is_not_waited_for_long(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever begins a line and doesn't end it loses his connection; one that is merely quiet doesn't."""
    monkeypatch.setattr(wire, "LINE_SECONDS", 0.3)
    quiet, half = bench.raw(), bench.raw()
    half.say(b'{"key": ')
    assert half.hear() is None
    assert quiet("progress", done=1) == {"value": None}


def test_a_flood_of_connections(bench: Bench) -> None:
    """Beyond sixteen each is told so and closed; when some end there is room again, and nothing is left of any."""
    crowd = [bench.raw() for _ in range(MOST_CONNECTIONS)]
    assert all(raw("progress", done=1) == {"value": None} for raw in crowd)
    turned_away = 0
    for _ in range(2000):
        raw = bench.raw()
        answer = raw.hear()
        assert answer
        assert answer["error"]["kind"] == "busy"
        raw.close()
        turned_away += 1
    assert turned_away == 2000
    crowd.pop().close()
    deadline = time.monotonic() + 10
    while "error" in (answer := _tried(bench)):
        assert time.monotonic() < deadline, answer
    assert sum(thread.name == "robot-script-call" for thread in threading.enumerate()) <= MOST_CONNECTIONS


def _tried(bench: Bench) -> dict[str, object]:
    try:
        return bench.raw()("progress", done=1) or {"error": "closed"}
    except OSError as error:
        return {"error": error}


def test_unknown_calls_and_arguments(bench: Bench) -> None:
    """Named as such; nothing reaches the Orchestrator."""
    raw = bench.raw()
    for call in ["__class__", "close", "heartbeat", "", None, 7, {}]:
        assert raw(call)["error"]["kind"] == "usage"
    for arguments in [{}, {"text": 7}, {"level": 7, "text": "x"}, {"level": "Loud", "text": "x"}]:
        assert raw("log", **arguments)["error"]["kind"] == "usage"
    assert raw("api", path="/api/asset/read/a", fields={"status": "1"})["error"]["kind"] == "usage"
    assert raw("api", path="/api/asset/read/a", patience="long")["error"]["kind"] == "usage"
    assert raw("mask", secret="x" * 5000)["error"]["kind"] == "usage"
    assert raw("result", json='"' + "x" * 70_000 + '"')["error"]["kind"] == "usage"
    assert not bench.sandbox.requests


def test_nothing_of_a_request_reaches_the_log(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """Not even where the robot itself has a defect."""
    caplog.set_level("DEBUG")
    bench.gateway._parts.changes.put = lambda *_: (_ for _ in ()).throw(KeyError("very secret"))  # type: ignore[method-assign]
    answer = bench.raw()("api", path="/api/task/update", fields={"guid": "t", "comment": "very secret"})
    assert answer["error"]["kind"] == "failed"
    assert "very secret" not in answer["error"]["text"]
    assert "KeyError" in caplog.text
    assert "very secret" not in caplog.text
    assert GUID not in caplog.text
