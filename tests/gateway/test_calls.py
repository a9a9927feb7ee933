"""What a script is given when it asks."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.jobs.environment import GATEWAY_VARIABLE
from app.sandbox.faults import Fault, FaultKind
from tests.gateway.bench import GUID, Bench

if TYPE_CHECKING:
    from app.sandbox.engine import Sandbox
    from app.sandbox.server import SandboxServer


def test_reads_are_answered_at_once(bench: Bench) -> None:
    """A script gets the next task of a queue, with its parameters parsed, and None when there is none."""
    bench.sandbox.add_task("orders", "first", json.dumps({"Number": 17, "lines": [{"Sum": "1,50"}]}))
    raw = bench.raw()
    answer = raw.api("/api/queue/lastTask/orders")
    assert answer["status"] == 200
    assert answer["value"]["name"] == "first"
    assert answer["value"]["parameters"] == {"Number": 17, "lines": [{"Sum": "1,50"}]}
    assert json.loads(answer["text"])["name"] == "first"
    assert not answer["queued"]
    assert raw.api("/api/queue/lastTask/empty")["value"] is None


NO_TASK = ["", "[]", "{}", "null", "false", '""', '"[]"', '{"guid": null, "name": ""}', "\ufeff[]"]
NO_ANSWER = ["1", "true", "[1]", '"x"', "OK", '{"id": 5, "name": "first"}', '[{"guid": "a"}, {"guid": "b"}]']
NO_ANSWER += [
    '{"guid": "", "name": "first"}',
    '{"guid": true}',
    '{"guid": {"x": 1}}',
    '{"message": "x"}',
    "[" * 400 + "]" * 400,
]


@pytest.mark.parametrize("body", NO_TASK)
def test_an_empty_answer_is_no_task(bench: Bench, body: str) -> None:
    """In every spelling of nothing that a PHP server has."""
    bench.sandbox.faults.add(Fault(FaultKind.BODY, path="/api/queue/lastTask/orders", body=body, count=1))
    assert bench.raw().api("/api/queue/lastTask/orders")["value"] is None


@pytest.mark.parametrize("body", NO_ANSWER)
def test_an_answer_that_is_no_task_is_not_taken_for_none(bench: Bench, body: str) -> None:
    """The script would end as if all were done."""
    raw = bench.raw()
    bench.sandbox.faults.add(Fault(FaultKind.BODY, path="/api/queue/lastTask/orders", body=body, count=1))
    assert raw("api", path="/api/queue/lastTask/orders")["error"]["kind"] == "unreachable"


def test_for_a_patient_script_the_next_task_is_asked_for_again(bench: Bench) -> None:
    """After an answer that can't be read."""
    bench.sandbox.add_task("orders", "first")
    raw = bench.raw()
    bench.sandbox.faults.add(Fault(FaultKind.BODY, path="/api/queue/lastTask/orders", body="1", count=1))
    assert raw.api("/api/queue/lastTask/orders", patience=20)["value"]["name"] == "first"


def test_creates_give_the_answer(bench: Bench) -> None:
    """A task that a script adds stands in the queue, and the script knows its GUID."""
    value = bench.raw().api(
        "/api/task/create", {"queue_guid": "orders", "name": "новая", "parameters": '{"a": 1}', "priority": 2}
    )["value"]
    task = bench.sandbox.tasks.find(value["guid"])
    assert task is not None
    assert (task.name, task.parameters, task.priority) == ("новая", '{"a": 1}', 2)


def test_changes_are_queued(bench: Bench) -> None:
    """A change is answered at once, as taken."""
    task = bench.sandbox.add_task("orders", "first")
    answer = bench.raw().api("/api/task/update", {"guid": task.guid, "status": 2, "comment": "готово"})
    assert answer == {"status": 200, "text": "[]", "value": None, "queued": True}
    assert (task.status, task.comment) == (2, "готово")


def test_messages_carry_the_robots_own_identity(bench: Bench) -> None:
    """Whatever a script says about who it is and which job it is, the robot says that itself."""
    raw = bench.raw()
    other = bench.sandbox.queue_job("other")
    message = "\x1b[33mfrom\x1b[0m api"  # the Jobs screen is no terminal
    raw.api("/api/log/create", {"robot_guid": "x", "job_guid": other.guid, "level": "warning", "message": message})
    assert raw("log", level="Error", text="from log") == {"value": None}
    assert [(entry.level, entry.message) for entry in bench.job.log] == [("Warning", "from api"), ("Error", "from log")]
    assert not other.log


def test_passwords_of_assets_are_masked_from_then_on(bench: Bench) -> None:
    """An asset's password never stands in the run's log, nor in what the run says, in any usual form."""
    bench.sandbox.add_asset("mail", "anna", 'p"ä-wörd\\1', 1)
    raw = bench.raw()
    value = raw.api("/api/asset/read/mail")["value"]
    assert (value["text"], value["password"]) == ("anna", 'p"ä-wörd\\1')
    raw("log", level="Info", text=f"got {value['password']}")
    raw("result", json=json.dumps({"said": value["password"]}))
    raw("progress", done=1, total=2, text=value["password"])
    bench.log.line(f"printed {value['password']} and {value['password']!r} and {json.dumps(value['password'])}")
    text = bench.log_file.read_text("utf-8")
    assert "wörd" not in text
    assert "rd\\\\1" not in text
    said = repr(bench.notes.said) + repr(bench.job.log)
    assert "wörd" not in said
    assert "u00f6rd" not in said
    assert said.count("***") == 3


def test_what_a_script_masks_is_masked(bench: Bench) -> None:
    """Three letters are enough; fewer are refused."""
    raw = bench.raw()
    assert raw("mask", secret="xyz") == {"value": None}
    assert raw("mask", secret="xy")["error"]["kind"] == "usage"
    bench.log.line("a xyz b XYZ")
    assert "a *** b ***" in bench.log_file.read_text("utf-8")


def test_a_masked_secret_is_in_no_name_of_a_file_and_in_no_bytes(bench: Bench, tmp_path: Path) -> None:
    """What Python shows of its bytes is masked as well; the history names the files that are kept."""
    raw, secret = bench.raw(), "Пароль-17"
    assert raw("mask", secret=secret) == {"value": None}
    bench.log.line(f"{secret.encode()!r} {secret!r}")
    assert "b'***' '***'" in bench.log_file.read_text("utf-8")
    file = tmp_path / f"{secret}.txt"
    file.write_text("x")
    assert secret not in raw("attach", path=str(file))["value"]
    assert secret not in str(bench.notes.said)


@pytest.mark.parametrize("done", [2**63, -(2**70), 10**300], ids=["2**63", "-2**70", "10**300"])
def test_no_number_of_a_script_is_too_large_to_be_noted(bench: Bench, done: int) -> None:
    """SQLite takes whole numbers of 64 bits; what is beyond all numbers is refused."""
    raw = bench.raw()
    assert raw("progress", done=done) == {"value": None}
    [(_, _, progress)] = bench.notes.said
    sqlite3.connect(":memory:").execute("SELECT ?", (progress.done,))
    assert progress.done == float(done)
    assert raw("progress", done=10**400)["error"]["kind"] == "usage"


@pytest.mark.parametrize("share", [False, True])
def test_the_credential_reaches_a_script_only_if_it_is_shared(
    tmp_path: Path, sandbox: Sandbox, server: SandboxServer, share: bool
) -> None:
    """Also if a server repeats it in an answer."""
    sandbox.add_asset("echo", GUID)
    with Bench(tmp_path, server.url, sandbox, share_credentials=share) as bench:
        answer = bench.raw().api("/api/asset/read/echo")
        assert (GUID in json.dumps(answer)) == share


def test_refusals_come_in_the_servers_words(bench: Bench) -> None:
    """A task that isn't there, an asset that isn't there."""
    raw = bench.raw()
    error = raw("api", path="/api/asset/read/nothing")["error"]
    assert error["kind"] == "refused"
    assert "nothing" in error["text"]


def test_an_outage_is_said_at_once_or_waited_out(bench: Bench) -> None:
    """Without patience the script hears of it; with patience the call is made when the server answers again."""
    raw = bench.raw()
    bench.sandbox.add_asset("a", "text")
    bench.sandbox.faults.add(Fault(FaultKind.STATUS, path="/api/asset/read/a", status=503, count=3))
    assert raw("api", path="/api/asset/read/a")["error"]["kind"] == "unreachable"
    assert raw.api("/api/asset/read/a", patience=20)["value"]["text"] == "text"


def test_a_stop_ends_the_patience(bench: Bench) -> None:
    """A script that waits for a server which doesn't answer hears of the outage as soon as a Stop has come."""
    raw = bench.raw()
    bench.sandbox.faults.add(Fault(FaultKind.STATUS, path="/api/asset/read/a", status=503, count=None))
    raw.say(
        json.dumps({"key": raw.secret, "call": "api", "path": "/api/asset/read/a", "patience": 600}).encode() + b"\n"
    )
    with bench.sandbox.changed:
        assert bench.sandbox.changed.wait_for(lambda: bench.sandbox.requests, 10)
    bench.channel.stop_asked()
    answer = raw.hear()
    assert answer
    assert answer["error"]["kind"] == "unreachable"


def test_progress_and_result_are_handed_on(bench: Bench) -> None:
    """With the run that they are about; a total may be missing."""
    raw = bench.raw()
    raw("progress", done=3)
    raw("progress", done=4, total=8, text="половина")
    raw("result", json='{"sum": 5}')
    [(_, guid, first), (_, _, second), result] = bench.notes.said
    assert guid == bench.job.guid
    assert (first.done, first.total, first.text) == (3, None, "")
    assert (second.done, second.total, second.text) == (4, 8, "половина")
    assert result == ("result", bench.job.guid, '{"sum": 5}')
    for no_json in ("{", "NaN", '{"a": -Infinity}'):
        assert raw("result", json=no_json)["error"]["kind"] == "usage"
    assert raw("progress", done="many")["error"]["kind"] == "usage"


def test_the_channel_goes_with_the_run(bench: Bench) -> None:
    """Its socket is gone, a connection that was held open is at its end, nobody else's channel is touched."""
    held, other = bench.raw(), bench.another("other-job")
    assert held("progress", done=1) == {"value": None}
    bench.channel.close()
    assert held.hear() is None
    address = bench.variable.rsplit("|", 1)[0].removeprefix("unix:")
    with pytest.raises(FileNotFoundError):
        bench.raw()
    assert not Path(address).exists()
    assert bench.raw(other.variables[GATEWAY_VARIABLE])("progress", done=1) == {"value": None}
    other.close()
