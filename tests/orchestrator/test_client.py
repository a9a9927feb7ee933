"""The calls of the contract, over real sockets."""

from __future__ import annotations

import base64
import json

import pytest

from app.orchestrator.client import Identity, OrchestratorClient, authorization
from app.orchestrator.connections import ConnectionSettings
from app.orchestrator.errors import (
    CancelledError,
    CredentialsRejectedError,
    RejectedError,
    UnreachableError,
    UnreadableReplyError,
)
from app.orchestrator.vocabulary import JobStatus, RobotStatus
from tests.orchestrator.conftest import GUID
from tests.orchestrator.wire import WireServer, always, answer

IDENTITY = Identity(GUID, "МАШИНА-1", "10.0.0.5", "00:11:22:33:44:55")
PAGE = b"<!DOCTYPE html><html><body>Sign in</body></html>"


@pytest.fixture
def serve():
    """Starts a server that always answers so, and a client of it."""
    opened = []

    def start(data: bytes):
        server = WireServer(always(data)).__enter__()
        client = OrchestratorClient(IDENTITY, ConnectionSettings(server.url, authorization(GUID), timeout=2))
        opened.append((server, client))
        return client, server

    yield start
    for server, client in opened:
        client.close()
        server.__exit__()


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
        "IP": "10.0.0.5",
        "MAC": "00:11:22:33:44:55",
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


def test_a_reply_that_was_cut_short_is_unreadable_even_if_it_parses(serve):
    """JSON that is complete by luck isn't trusted when the server promised more."""
    body = b'{"HeartbeatErrorCode":0,"HasNewJob":0}'

    def behave(peer):
        peer.read()
        peer.send(answer(body, length=len(body) + 10))

    with WireServer(behave) as server:
        client = OrchestratorClient(IDENTITY, ConnectionSettings(server.url, authorization(GUID), timeout=2))
        with pytest.raises(UnreadableReplyError, match="incomplete"):
            client.heartbeat(RobotStatus.READY)
        client.close()


def test_a_bom_before_the_reply_is_fine(serve):
    """PHP files saved with a BOM send it."""
    client, _server = serve(answer(b'\xef\xbb\xbf{"HeartbeatErrorCode":0,"HasNewJob":1}'))
    assert client.heartbeat(RobotStatus.READY).has_new_job


@each_call
@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("400 Bad Request", RejectedError),
        ("404 Not Found", RejectedError),
        ("405 Method Not Allowed", RejectedError),
        ("413 Too Large", RejectedError),
        ("401 Unauthorized", CredentialsRejectedError),
        ("403 Forbidden", CredentialsRejectedError),
        ("408 Request Timeout", UnreachableError),
        ("429 Too Many Requests", UnreachableError),
        ("500 Internal Server Error", UnreachableError),
        ("502 Bad Gateway", UnreachableError),
        ("503 Service Unavailable", UnreachableError),
        ("599 Odd", UnreachableError),
        ("302 Found", UnreadableReplyError),
        ("304 Not Modified", UnreadableReplyError),
    ],
)
def test_http_statuses_are_sorted(serve, call, status, error):
    """Permanent refusals, refused robots, later, and what can't be understood: by the number, and it is said."""
    client, _server = serve(answer(b"", status, "Location: http://elsewhere.invalid/"))
    with pytest.raises(error, match=status[:3]):
        call(client)


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
