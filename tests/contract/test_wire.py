"""What the robot sends, byte for byte, and the order in which it sends it."""

from __future__ import annotations

import base64
import json
import socket
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from tests.contract.orchestrator import DROP, DROP_ANSWER, FAILED, IN_PROGRESS, SUCCESS
from tests.contract.robot_process import GUID

if TYPE_CHECKING:
    from tests.contract.orchestrator import Interference, Orchestrator, Request
    from tests.contract.robot_process import Home

NAME = "финансы\\счета & 1"


def test_the_requests_of_one_job(robot: Home, orchestrator: Orchestrator) -> None:
    """Steps 1 to 5 with heartbeats Working: order, verbs, headers, and bodies to the last byte."""
    robot.script(NAME.replace("\\", "/"), "import time; time.sleep(1.3)")
    job = orchestrator.queue(NAME)

    done = robot.run_robot()

    assert done.code == 0
    me = f"RobotGUID={GUID}&Machine={quote_plus(socket.gethostname())}&IP=127.0.0.1&MAC=00%3A00%3A00%3A00%3A00%3A00"
    seen = [(request.method, request.path, request.body.decode()) for request in orchestrator.requests]
    # On a busy machine a job takes longer, and more heartbeats Working come: they are counted as one.
    assert [request for request, _same in groupby(seen)] == [
        ("POST", "/api/robot/heartbeat", f"{me}&Status=2&JobGUID=&JobName=&JobType=1"),
        ("POST", "/api/robot/consumeNextJob", f"RobotGUID={GUID}&Status=2"),
        ("PUT", "/api/job/update", f"guid={job.guid}&status=8"),
        (
            "POST",
            "/api/robot/heartbeat",
            f"{me}&Status=3&JobGUID={job.guid}&JobName={quote_plus(NAME)}&JobType=1",
        ),
        ("PUT", "/api/job/update", f"guid={job.guid}&status=4"),
        ("POST", "/api/robot/heartbeat", f"{me}&Status=2&JobGUID=&JobName=&JobType=1"),
    ]
    for request in orchestrator.requests:
        assert request.headers["authorization"] == "Basic " + base64.b64encode(GUID.encode()).decode()
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        assert int(request.headers["content-length"]) == len(request.body)
        assert "transfer-encoding" not in request.headers


def test_a_user_s_netrc_and_proxy_variables_change_nothing(robot: Home, orchestrator: Orchestrator) -> None:
    """Neither a .netrc entry nor a proxy for the outside world gets between the robot and its loopback server."""
    (robot.folder / ".netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    (robot.folder / ".netrc").chmod(0o600)
    robot.environment["HTTP_PROXY"] = robot.environment["http_proxy"] = "http://127.0.0.1:1"
    assert robot.run_robot().code == 0
    assert orchestrator.calls() == ["heartbeat 2"]


def test_odd_replies_are_understood(robot: Home, orchestrator: Orchestrator) -> None:
    """Numbers as texts, keys in any case or with blanks, objects as objects or twice encoded, 204 without a body."""
    robot.script("job", "")
    job = orchestrator.queue("job")
    consumed = {
        "consumejoberrorcode": "0",
        "Job": {"guid": job.guid},
        "PROCESSVERSION": json.dumps(json.dumps({"name": "job"})),
        " Task ": "[]",
    }

    def odd(request: Request) -> Interference:
        if request.path.endswith("consumeNextJob"):
            return 200, json.dumps(consumed).encode()
        if request.path.endswith("update"):
            job.updates.append(int(request.form["status"]))
            return 204, b""
        return 200, b'\xef\xbb\xbf{"heartbeaterrorcode": "0", "hasnewjob": "%d"}' % (not job.updates)

    orchestrator.interfere = odd
    assert robot.run_robot().code == 0
    assert job.updates == [IN_PROGRESS, SUCCESS]


def test_a_page_or_an_unknown_code_is_never_no_job(robot: Home, orchestrator: Orchestrator) -> None:
    """HTML with 200, broken JSON, a redirect and an unknown code are asked again, not taken for the end of work."""
    robot.settings(orchestrator.url, offline_limit=20)
    robot.script("job", "")
    job = orchestrator.queue("job")
    answers: list[Interference] = [(200, b"<html>log in</html>"), (200, b'{"HeartbeatErrorCode": 77, "HasNewJob": 0}')]
    orchestrator.interfere = lambda _request: answers.pop() if answers else None
    assert robot.run_robot().code == 0
    assert job.updates == [IN_PROGRESS, SUCCESS]
    assert orchestrator.calls()[:4] == ["heartbeat 2", "heartbeat 2", "heartbeat 2", "consumeNextJob 2"]


def test_102_after_a_promise_does_not_spin(robot: Home, orchestrator: Orchestrator) -> None:
    """HasNewJob=1 followed by code 102 is asked again after a wait, not at once and not for ever faster."""
    robot.settings(orchestrator.url, when_idle="wait")
    promise = b'{"HeartbeatErrorCode": 0, "HasNewJob": 1}'
    orchestrator.interfere = lambda request: (
        (200, promise) if request.path.endswith("heartbeat") else (200, b'{"ConsumeJobErrorCode": 102}')
    )
    process = robot.start_robot()
    orchestrator.wait_for(lambda: orchestrator.calls().count("consumeNextJob 2") == 3)
    process.kill()
    asked = [request.at for request in orchestrator.requests if request.path.endswith("consumeNextJob")]
    assert asked[1] - asked[0] >= 0.5
    assert asked[2] - asked[1] >= 0.9


def test_a_lost_answer_of_consume_is_followed_by_a_heartbeat(robot: Home, orchestrator: Orchestrator) -> None:
    """A failed consumeNextJob is not blindly repeated: after a failure the robot asks with a heartbeat first."""
    robot.script("job", "")
    job = orchestrator.queue("job")
    lost = [DROP_ANSWER]
    orchestrator.interfere = lambda request: lost.pop() if lost and "consume" in request.path else None
    assert robot.run_robot().code == 0
    assert orchestrator.calls()[:4] == ["heartbeat 2", "consumeNextJob 2", "heartbeat 2", "consumeNextJob 2"]
    assert job.updates == [IN_PROGRESS, SUCCESS]


def test_an_outcome_is_delivered_until_it_is_taken(robot: Home, orchestrator: Orchestrator) -> None:
    """A dropped connection and a 503 repeat the report; "no more work" waits for it."""
    robot.script("job", "raise SystemExit(1)")
    job = orchestrator.queue("job")
    faults: list[Interference] = [(503, b""), DROP]
    orchestrator.interfere = lambda request: faults.pop() if faults and str(request) == "update 5" else None
    assert robot.run_robot().code == 0
    assert orchestrator.calls().count("update 5") == 3
    assert job.updates == [IN_PROGRESS, FAILED]


def test_a_permanent_refusal_of_a_report_blocks_nothing(robot: Home, orchestrator: Orchestrator) -> None:
    """A 404 for one job's report is said in the log, and the robot goes on with the next job."""
    robot.script("job", "")
    first, second = orchestrator.queue("job"), orchestrator.queue("job")

    def refuse(request: Request) -> Interference:
        if request.method == "PUT" and request.form["guid"] == first.guid:
            first.updates.append(IN_PROGRESS)
            return 404, b""
        return None

    orchestrator.interfere = refuse
    assert robot.run_robot().code == 0
    assert "404" in robot.log()
    assert second.updates == [IN_PROGRESS, SUCCESS]


def test_an_orchestrator_that_takes_reports_by_post_alone(robot: Home, orchestrator: Orchestrator) -> None:
    """405 to PUT carries nothing out: the report goes by POST, and the next ones at once."""
    robot.script("job", "")
    job = orchestrator.queue("job")
    methods: list[str] = []

    def post_alone(request: Request) -> Interference:
        if request.path != "/api/job/update":
            return None
        methods.append(request.method)
        if request.method == "PUT":
            return 405, b"<html>Method Not Allowed</html>"
        job.updates.append(int(request.form["status"]))
        return 200, b"[]"

    orchestrator.interfere = post_alone
    assert robot.run_robot().code == 0
    assert job.updates == [IN_PROGRESS, SUCCESS]
    assert methods == ["PUT", "POST", "POST"]
