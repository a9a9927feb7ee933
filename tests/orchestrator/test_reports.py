"""Which answers to `job/update` mean that a report was taken, refused, or has to be sent again."""

from __future__ import annotations

import json

import pytest

from app.orchestrator.client import OrchestratorClient, client_factory
from app.orchestrator.connections import ConnectionSettings
from app.orchestrator.errors import (
    CredentialsRejectedError,
    RejectedError,
    UnreachableError,
    UnreadableReplyError,
)
from app.orchestrator.identity import authorization
from app.orchestrator.vocabulary import JobStatus
from app.settings.model import Settings
from tests.orchestrator.conftest import BODIES, GUID, IDENTITY, LATER, NOTICE, PAGE, PATIENCE, REFUSALS
from tests.orchestrator.wire import WireServer, answer


@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("nothing", RejectedError),
        ("json", RejectedError),
        ("page", UnreachableError),
        ("words", UnreachableError),
    ],
)
def test_a_refused_report(serve, status, body, error):
    """The Orchestrator refuses a report with JSON or with nothing; a page or words come from somebody else."""
    client, _server = serve(answer(BODIES[body], status))
    with pytest.raises(error, match=status[:3]):
        client.update_job("j-1", JobStatus.SUCCESS)


def test_a_refusal_is_told_in_the_orchestrators_words(serve):
    """A person who looks at the report reads why, without the GUID."""
    body = json.dumps({"message": f"нет такой работы, {GUID}"}).encode()
    client, _server = serve(answer(body, "404 Not Found"))
    with pytest.raises(RejectedError) as caught:
        client.update_job("j-1", JobStatus.SUCCESS)
    assert str(caught.value) == "HTTP 404 Not Found: нет такой работы, ***"


@pytest.mark.parametrize("status", ["404 Not Found", "200 OK"])
def test_a_report_of_an_unknown_robot_is_not_refused_for_itself(serve, status):
    """Code 101 is about the robot, whatever the HTTP status: the report isn't given up for it."""
    client, _server = serve(answer('{"ErrorCode": "101", "ErrorText": "нет робота"}'.encode(), status))
    with pytest.raises(CredentialsRejectedError, match="нет робота"):
        client.update_job("j-1", JobStatus.SUCCESS)


@pytest.mark.parametrize("status", LATER)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_every_other_answer_to_a_report_is_tried_again(serve, status, body):
    """Nothing of them says that the Orchestrator doesn't want the report."""
    client, _server = serve(answer(body, status))
    with pytest.raises(UnreachableError, match=status[:3]):
        client.update_job("j-1", JobStatus.SUCCESS)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"ErrorCode": 500, "ErrorText": "нет места"}', "500: нет места"),
        ('{"JobUpdateErrorCode": "7"}', "7"),
        ('{"error_code": true}', "True"),
        ('[{"error": "denied"}]', "denied"),
        ('{"error": {"code": 3}}', "error"),
        ('"{\\"error\\": 1}"', "1"),
        ('{"error": ' + "[" * 900 + "1" + "]" * 900 + "}", "error"),
        ('{"result": {"ErrorCode": 500}}', "500"),
        ('{"job": [{"errorCode": "4", "ErrorText": "locked"}]}', "4: locked"),
        ('{"data": {"error": "no space"}}', "no space"),
        ('{"success": false, "message": "no space"}', "no space"),
        ('{"Success": 0}', "success"),
        (f'{{"error": "who is {GUID}?"}}', r"who is \*\*\*"),
    ],
)
def test_a_200_that_names_an_error_is_not_delivered(serve, body, words):
    """The server says in JSON that it didn't do it; its words don't show the GUID."""
    client, _server = serve(answer(body.encode()))
    with pytest.raises(UnreadableReplyError, match=words):
        client.update_job("j-1", JobStatus.SUCCESS)


NO_ERROR = ['{"ErrorCode": 0, "ErrorText": "done"}', '{"ErrorCode": "0"}', '{"error": false}', '{"error": ""}']
NO_ERROR += ['{"error": null, "errors": []}', '{"guid": "j-1", "status": 4}', "false", "true", "1", '"OK"', "[[]]"]
NO_ERROR += ["OK", "updated", '{"success": true, "job": {"error": "", "ErrorCode": 0}}']


@pytest.mark.parametrize("body", [*NO_ERROR, NOTICE + "[]", NOTICE, "[]" + NOTICE, NOTICE * 2 + '{"ErrorCode":0}'])
def test_an_answer_that_names_no_error_is_delivered(serve, body):
    """Once, whatever PHP wrote around it."""
    client, server = serve(answer(body.encode(), "200 OK", "Content-Type: text/html"))
    client.update_job("j-1", JobStatus.SUCCESS)
    assert len(server.requests) == 1


def test_a_fatal_error_of_php_is_not_delivered(serve):
    """The script on the server ended in mid-work."""
    client, _server = serve(
        answer(b"<br />\n<b>Fatal error</b>:  Uncaught E in <b>/j.php</b> on line <b>7</b><br />\n")
    )
    with pytest.raises(UnreadableReplyError):
        client.update_job("j-1", JobStatus.SUCCESS)


@pytest.mark.parametrize(
    "body",
    [
        "PHP Fatal error:  Uncaught E in /j.php on line 7",
        "SQLSTATE[HY000]: General error: 5 database is locked",
        "Connection failed",
        "Ошибка базы данных",
        '{"ErrorCode": 500, "Err',
        '{"ErrorCode": 500}{"ErrorCode": 0}',
    ],
)
def test_words_of_a_failure_are_not_delivered(serve, body):
    """Neither a page nor JSON, and no "all is well" either; nor is what is left of JSON."""
    client, _server = serve(answer(body.encode()))
    with pytest.raises(UnreadableReplyError):
        client.update_job("j-1", JobStatus.SUCCESS)


def knows_only(method: str, refusal: bytes = answer(PAGE, "405 Not Allowed", "Allow: POST")):
    """A server that takes `job/update` by one method."""

    def behave(peer):
        while request := peer.read():
            peer.send(answer(b"[]") if request.line.startswith(method) else refusal)

    return behave


def test_post_where_there_is_no_put():
    """A 405 to PUT: POST at once; from then on POST at once, by every client of this Orchestrator."""
    with WireServer(knows_only("POST")) as server:
        settings = Settings.from_values({"host": server.url, "robot_guid": GUID, "scripts": ".", "data_dir": "."})
        new_client = client_factory(settings)
        for status in (JobStatus.IN_PROGRESS, JobStatus.SUCCESS):
            client = new_client()
            client.update_job("j-1", status)
            client.close()
    assert [(request.line.split()[0], request.form["status"]) for request in server.requests] == [
        ("PUT", "8"),
        ("POST", "8"),
        ("POST", "4"),
    ]


def test_put_again_where_post_is_not_taken_either():
    """A gateway that takes neither for a while isn't the Orchestrator: the report waits, and PUT comes first again."""
    taken = []

    def behave(peer):
        while request := peer.read():
            takes = len(taken) >= 2 and request.line.startswith("PUT")
            taken.append(request)
            peer.send(answer(b"[]") if takes else answer(PAGE, "405 Not Allowed"))

    with WireServer(behave) as server:
        client = OrchestratorClient(IDENTITY, ConnectionSettings(server.url, authorization(GUID), timeout=PATIENCE))
        with pytest.raises(UnreachableError, match="405"):
            client.update_job("j-1", JobStatus.SUCCESS)
        client.update_job("j-1", JobStatus.SUCCESS)
        client.close()
    assert [request.line.split()[0] for request in server.requests] == ["PUT", "POST", "PUT"]
