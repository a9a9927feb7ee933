"""The calls of the contract, over real sockets."""

from __future__ import annotations

import base64
import json

import pytest

from app.orchestrator.client import OrchestratorClient
from app.orchestrator.connections import ConnectionSettings
from app.orchestrator.errors import (
    BlockedByPageError,
    CallError,
    CancelledError,
    CredentialsRejectedError,
    UnreachableError,
    UnreadableReplyError,
)
from app.orchestrator.identity import authorization
from app.orchestrator.vocabulary import JobStatus, RobotStatus
from tests.orchestrator.conftest import GUID, IDENTITY, LATER, NOTICE, PAGE, PATIENCE, REFUSALS
from tests.orchestrator.wire import WireServer, always, answer

CALLS = {
    "heartbeat": lambda client: client.heartbeat(RobotStatus.READY),
    "consume": lambda client: client.consume_next_job(RobotStatus.READY),
    "update": lambda client: client.update_job("j-1", JobStatus.SUCCESS),
    "log": lambda client: client.create_log({"level": "Info", "message": "m"}),
}
each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
calls_with_reply = pytest.mark.parametrize("call", [CALLS["heartbeat"], CALLS["consume"]], ids=["heartbeat", "consume"])


def test_the_header_is_the_bare_guid():
    """`Basic base64(GUID)`, without the colon of ordinary basic authentication."""
    scheme, encoded = authorization(GUID).split()
    assert scheme == "Basic"
    assert base64.b64decode(encoded).decode() == GUID


def test_heartbeat_says_who_and_what(serve):
    """All eight parameters of step 1; at the first call GUID and name of the job are empty."""
    client, server = serve(answer())
    assert client.heartbeat(RobotStatus.READY).has_new_job is False
    client.heartbeat(RobotStatus.WORKING, "j-1", "финансы\\Счета")
    first, second = server.requests
    assert first.line.startswith("POST /api/robot/heartbeat ")
    common = {
        "RobotGUID": GUID,
        "Machine": "МАШИНА-1",
        "IP": "127.0.0.1",
        "MAC": "00:00:00:00:00:00",
        "JobType": "1",
    }
    assert first.form == common | {"Status": "2", "JobGUID": "", "JobName": ""}
    assert second.form == common | {"Status": "3", "JobGUID": "j-1", "JobName": "финансы\\Счета"}


def test_consume_hands_out_a_job(serve):
    """GUID and Status go, an order comes."""
    body = {"ConsumeJobErrorCode": 0, "Job": '{"GUID":"j-1"}', "ProcessVersion": '{"Name":"Счета","GUID":"pv"}'}
    client, server = serve(answer(json.dumps(body).encode()))
    order = client.consume_next_job(RobotStatus.READY).order
    assert (order.guid, order.name, order.task) == ("j-1", "Счета", None)
    assert server.requests[0].line.startswith("POST /api/robot/consumeNextJob ")
    assert server.requests[0].form == {"RobotGUID": GUID, "Status": "2"}


def test_raw_control_characters_lose_no_job(serve):
    """In the answer's own texts, and in the JSON texts within it: JSON that a server put together by hand."""
    job, version = json.dumps('{"GUID":"j-1","Name":"a\nb"}'), json.dumps('{"Name":"Счета","Description":"a\tb"}')
    task = json.dumps(json.dumps({"name": "INV", "parameters": '{"text": "line\nbreak"}'}))
    body = '{"ConsumeJobErrorCode":0,"ErrorText":"a\tb\nc","Job":%s,"ProcessVersion":%s,"Task":%s}'
    client, _server = serve(answer((body % (job, version, task)).encode()))
    reply = client.consume_next_job(RobotStatus.READY)
    assert (reply.order.guid, reply.order.name) == ("j-1", "Счета")
    assert reply.order.task == {"name": "INV", "parameters": {"text": "line\nbreak"}}
    assert "\n" not in reply.error_text


def test_a_report_is_taken_whatever_stands_in_the_answers_texts(serve):
    """An answer with a raw line break names no error: the status was carried out."""
    client, server = serve(answer(b'{"guid": "j-1", "comment": "line\nbreak"}'))
    client.update_job("j-1", JobStatus.SUCCESS)
    assert len(server.requests) == 1


@pytest.mark.parametrize("body", [b"[]", b"", b"{}", b"OK", b"\xef\xbb\xbf[]", b"anything else"])
@pytest.mark.parametrize("status", ["200 OK", "201 Created", "204 No Content"])
def test_update_counts_with_any_2xx(serve, body, status):
    """The body is often `[]` and never matters."""
    client, server = serve(answer(b"" if status.startswith("204") else body, status))
    client.update_job("j-1", JobStatus.STOPPED)
    assert server.requests[0].line.startswith("PUT /api/job/update ")
    assert server.requests[0].form == {"guid": "j-1", "status": "7"}


@each_call
@pytest.mark.parametrize("body", [PAGE, b"\xef\xbb\xbf\r\n " + PAGE], ids=["plain", "bom"])
def test_a_page_is_no_answer(serve, call, body):
    """A proxy's log-in page with 200 counts for nothing: not as "no job", not as a report taken."""
    client, _server = serve(answer(body, "200 OK", "Content-Type: text/html"))
    with pytest.raises(UnreadableReplyError):
        call(client)


@calls_with_reply
@pytest.mark.parametrize("body", [b"", b'{"HeartbeatErrorCode":0,"Has', b"\xff\xfe{", b"[" * 100_000, b"[]", b"null"])
def test_what_is_not_json_is_unreadable(serve, call, body):
    """Empty, truncated, another encoding, nested without end, an empty list: errors to retry."""
    client, _server = serve(answer(body))
    with pytest.raises(UnreadableReplyError):
        call(client)


def test_a_reply_that_was_cut_short_does_not_count_even_if_it_parses(serve):
    """JSON that is complete by luck isn't trusted when the server promised more."""
    body = b'{"HeartbeatErrorCode":0,"HasNewJob":0}'

    def behave(peer):
        peer.read()
        peer.send(answer(body, length=len(body) + 10))

    with WireServer(behave) as server:
        client = OrchestratorClient(IDENTITY, ConnectionSettings(server.url, authorization(GUID), timeout=PATIENCE))
        with pytest.raises(UnreachableError, match="incomplete") as caught:
            client.heartbeat(RobotStatus.READY)
        client.close()
        assert caught.value.fate_unknown


@pytest.mark.parametrize("interim", ["100 Continue", "102 Processing", "103 Early Hints"])
def test_interim_answers_are_skipped_on_every_call(interim):
    """RFC 9110, 15.2: a client must get along with them."""
    body = b'{"HeartbeatErrorCode":0,"HasNewJob":1,"ConsumeJobErrorCode":102}'
    with WireServer(always(f"HTTP/1.1 {interim}\r\n\r\n".encode() + answer(body))) as server:
        client = OrchestratorClient(IDENTITY, ConnectionSettings(server.url, authorization(GUID), timeout=PATIENCE))
        assert client.heartbeat(RobotStatus.READY).has_new_job
        assert client.consume_next_job(RobotStatus.READY).code == 102
        client.close()
    with WireServer(always(f"HTTP/1.1 {interim}\r\n\r\n".encode() + answer(b"[]"))) as server:
        client = OrchestratorClient(IDENTITY, ConnectionSettings(server.url, authorization(GUID), timeout=PATIENCE))
        client.update_job("j-1", JobStatus.SUCCESS)
        client.close()


def test_a_bom_before_the_reply_is_fine(serve):
    """PHP files saved with a BOM send it."""
    client, _server = serve(answer(b'\xef\xbb\xbf{"HeartbeatErrorCode":0,"HasNewJob":1}'))
    assert client.heartbeat(RobotStatus.READY).has_new_job


@each_call
@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("401 Unauthorized", CredentialsRejectedError),
        ("403 Forbidden", CredentialsRejectedError),
        ("408 Request Timeout", UnreachableError),
        ("429 Too Many Requests", UnreachableError),
        ("500 Internal Server Error", UnreachableError),
        ("503 Service Unavailable", UnreachableError),
        ("599 Odd", UnreachableError),
        ("302 Found", UnreadableReplyError),
        ("304 Not Modified", UnreadableReplyError),
    ],
)
def test_http_statuses_are_sorted(serve, call, status, error):
    """Refused robots, later, and what can't be understood: by the number, and it is said."""
    client, _server = serve(answer(b"", status, "Location: http://elsewhere.invalid/"))
    with pytest.raises(error, match=status[:3]) as caught:
        call(client)
    assert caught.value.http_status == int(status[:3])


@pytest.mark.parametrize("status", REFUSALS + LATER)
@calls_with_reply
def test_nothing_but_401_and_403_refuses_the_robot(serve, status, call):
    """A gateway's 404 is no refusal, and no "no job" either, even with a body that says so."""
    body = b'{"HeartbeatErrorCode":0,"HasNewJob":0,"ConsumeJobErrorCode":0,"Job":"{\\"GUID\\":\\"j\\"}"}'
    client, _server = serve(answer(body, status))
    with pytest.raises(UnreachableError, match=status[:3]):
        call(client)


@each_call
@pytest.mark.parametrize("status", ["401 Unauthorized", "403 Forbidden"])
def test_a_page_instead_of_a_refusal(serve, status, call):
    """A gateway's log-in page is told apart from the Orchestrator's own refusal."""
    client, _server = serve(answer(PAGE, status, "Content-Type: text/html"))
    with pytest.raises(BlockedByPageError, match=status[:3]):
        call(client)


@pytest.mark.parametrize("status", ["404 Not Found", "500 Internal Server Error", "200 OK", "403 Forbidden"])
@calls_with_reply
def test_code_101_counts_whatever_the_http_status(serve, status, call):
    """A framework that answers errors with 4xx still says what the error is."""
    body = '{"HeartbeatErrorCode": 101, "ConsumeJobErrorCode": "101", "ErrorText": "нет такого"}'.encode()
    client, _server = serve(answer(body, status))
    with pytest.raises(CredentialsRejectedError, match="нет такого"):
        call(client)


def test_a_stop_with_400_is_a_stop(serve):
    """Codes of a 4xx count, as long as they say more than that all is well."""
    client, _server = serve(answer(b'{"HeartbeatErrorCode": 20, "ErrorText": ""}', "400 Bad Request"))
    assert client.heartbeat(RobotStatus.WORKING, "j", "n").code == 20


def test_a_notice_of_php_does_not_spoil_a_heartbeat(serve, caplog):
    """The JSON counts; the notice is logged, once, without the GUID."""
    body = f'{NOTICE.replace("[0]", GUID)}{{"HeartbeatErrorCode":0,"HasNewJob":1}}'.encode()
    client, _server = serve(answer(body))
    assert client.heartbeat(RobotStatus.READY).has_new_job is True
    assert client.heartbeat(RobotStatus.READY).has_new_job is True
    (told,) = [record.getMessage() for record in caplog.records]
    assert "Warning: Undefined array key *** {x} in /var/www/j.php on line 7" in told


# ---------------------------------------------------------------------- what may still be carried out


@pytest.mark.parametrize(("status", "unknown"), [("502 Bad Gateway", True), ("504 Late", True), ("503 Busy", False)])
def test_a_gateway_that_gave_up_leaves_the_fate_open(serve, status, unknown):
    """Behind a 502 or 504 the Orchestrator may still be at work; a 503 is its own word."""
    client, _server = serve(answer(b"", status))
    with pytest.raises(UnreachableError) as caught:
        client.update_job("j-1", JobStatus.SUCCESS)
    assert caught.value.fate_unknown is unknown


def test_a_name_that_is_not_found_has_carried_nothing_out():
    """Nothing was sent, so nothing can come of it."""
    client = OrchestratorClient(
        IDENTITY, ConnectionSettings("http://robot.invalid", authorization(GUID), timeout=PATIENCE)
    )
    with pytest.raises(UnreachableError) as caught:
        client.update_job("j-1", JobStatus.SUCCESS)
    client.close()
    assert not caught.value.fate_unknown


def test_retry_after_travels_with_the_error(serve):
    """What a busy server asks for reaches the one who waits."""
    client, _server = serve(answer(b"", "503 Busy", "Retry-After: 42"))
    with pytest.raises(UnreachableError) as caught:
        client.heartbeat(RobotStatus.READY)
    assert caught.value.retry_after == 42


@pytest.mark.parametrize("form", [GUID, GUID.upper()])
def test_code_101_is_a_refusal_that_does_not_show_the_guid(serve, form):
    """The Orchestrator's own words, without the GUID that they may quote."""
    text = f"Робот {form} не найден"
    client, _server = serve(answer(json.dumps({"HeartbeatErrorCode": 101, "ErrorText": text}).encode()))
    with pytest.raises(CredentialsRejectedError) as caught:
        client.heartbeat(RobotStatus.READY)
    assert str(caught.value) == "Робот *** не найден"


def test_code_101_without_words(serve):
    """A refusal without a text is said in ours, for consumeNextJob as well."""
    client, _server = serve(answer(b'{"ConsumeJobErrorCode": "101", "ErrorText": null}'))
    with pytest.raises(CredentialsRejectedError, match="code 101"):
        client.consume_next_job(RobotStatus.READY)


def test_other_codes_are_handed_on(serve):
    """Stop, Abort and unknown codes are the loop's to judge; their texts don't show the GUID either."""
    client, _server = serve(answer(json.dumps({"HeartbeatErrorCode": 55, "ErrorText": GUID, "HasNewJob": 0}).encode()))
    reply = client.heartbeat(RobotStatus.WORKING, "j", "n")
    assert (reply.code, reply.error_text) == (55, "***")


@pytest.mark.parametrize("before", range(440, 500, 7))
def test_a_credential_that_the_limit_cuts_through_is_not_shown_in_part(serve, before):
    """Of a long text people see the beginning: not with half of the GUID, or all of it but a digit, at its end."""
    text = "~" * before + GUID + " is locked"
    shown = []
    client, _server = serve(answer(json.dumps({"HeartbeatErrorCode": 55, "ErrorText": text, "HasNewJob": 0}).encode()))
    shown.append(client.heartbeat(RobotStatus.READY).error_text)
    for status, body in (("404 Not Found", {"message": text}), ("200 OK", {"error": text, "x": 1, "errortext": text})):
        client, _server = serve(answer(json.dumps(body).encode(), status))
        with pytest.raises(CallError) as caught:
            client.update_job("j", JobStatus.SUCCESS)
        shown.append(str(caught.value))
    assert not any(GUID[:4] in each for each in shown)


def test_an_errors_own_name_is_plain_as_well(serve):
    """It goes into the log, the journal and a notification as the server's other words do."""
    client, _server = serve(answer(b'{"\\ud800\\n\\u001b[2J' + b"x" * 5000 + b' ErrorCode": 5}'))
    with pytest.raises(CallError) as caught:
        client.update_job("j", JobStatus.SUCCESS)
    text = str(caught.value)
    assert text.isprintable()
    text.encode()
    assert len(text) < 1200


def test_log_messages(serve):
    """The vendor's parameters, in the vendor's words."""
    client, server = serve(answer(b'{"guid":"l"}'))
    fields = {"robot_guid": GUID, "process_version_guid": "pv", "job_guid": "j", "message": "готово"}
    client.create_log({**fields, "level": "Warning"})
    assert server.requests[0].line.startswith("POST /api/log/create ")
    assert server.requests[0].form == {**fields, "level": "Warning"}


def test_cancel_ends_calls_but_not_the_last_report(serve):
    """After `cancel` the report of an outcome can still be sent."""
    client, server = serve(answer(b"[]"))
    client.cancel()
    with pytest.raises(CancelledError):
        client.heartbeat(RobotStatus.READY)
    client.update_job("j-1", JobStatus.ABORTED, cancellable=False)
    assert server.requests[0].form == {"guid": "j-1", "status": "3"}
