"""`TaskOrcAPI`: scripts with the vendor's habits, through the robot and without one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import robot_job
import TaskOrcAPI

SUCCESS, FAILED = 4, 5
HERE = Path(__file__).parent
EVERY_CALL = """
import sys
from OrchestratorAPI.TaskOrcAPI import TaskOrchestratorAPI
host = sys.argv[1] if sys.argv[1].startswith("http") else "http://robot.invalid/"
TOA = TaskOrchestratorAPI("guid", host, {"Authorization": "Basic Z3VpZA=="})
print(len(TOA.add_task("Letters", {"to": "office"}, "INV-17")["guid"]), len(TOA.add_task("Letters")["guid"]))
task = TOA.get_task("Letters")
print(task, task.ok, task.status_code, task.json()["name"], task.json()["parameters"])
assert task.content == task.text.encode() and task.headers is not None
print(TOA.update_task_status(task.json()["guid"], 1).text)
print(TOA.get_task("Letters", 0).json()["name"])
print(TOA.get_asset("bank")["text"], TOA.asset_update("bank", "robot2", "bank", "n3w").status_code)
print(len(TOA.add_new_log_entry("guid", "version", "job", "Error", "no bank").json()["guid"]))
task.raise_for_status()
wrong = TOA.get_task("Nowhere")
print(bool(wrong), wrong.status_code, "Nowhere" in wrong.text)
wrong.raise_for_status()
"""
SAID = '36 36\n<Response [200]> True 200 INV-17 {"to": "office"}\n[]\nNewTask\nrobot 200\n36\nFalse 400 True\n'


def test_the_vendors_queue_worker_runs_unchanged(robot, tmp_path):
    """Argument, settings file, TaskOrcAPI: all tasks are done."""
    shutil.copy(HERE / "vendor" / "queue_worker.py", tmp_path)
    for number in (1, 2):
        robot.queue("invoices").add(f"INV-{number}", {"number": number})
    outcome = robot.run("queue_worker.py")
    assert outcome.status == SUCCESS, outcome
    assert outcome.task_statuses == {"INV-1": 2, "INV-2": 2}
    assert outcome.output == 'INV-1 {"number": 1}\nINV-2 {"number": 2}\n'
    assert outcome.logs == [("Info", "the queue is empty")]


def test_every_call_through_the_robot(robot, run):
    """Each returns what the vendor's table says."""
    robot.queue("Letters")
    robot.asset("bank", text="robot", password="s3cret")
    outcome = run(EVERY_CALL)
    assert outcome.output.startswith(SAID), outcome
    assert outcome.status == FAILED
    assert "RobotJobError: 400: There is no queue Nowhere" in outcome.output.splitlines()[-1]
    assert outcome.logs == [("Error", "no bank")]
    assert (robot.asset("bank").text, robot.asset("bank").password) == ("robot2", "n3w")


@pytest.mark.parametrize(
    ("text", "value", "read"),
    [
        ("[]", None, "[]"),
        ("", None, ""),
        ("a page", None, "a page"),
        ('{"guid":"a\tb"}', {"guid": "a\tb"}, '{"guid": "a\\tb"}'),
        ('[{"guid":"a\nb"}]', [{"guid": "a\nb"}], '[{"guid": "a\\nb"}]'),
        ('{"guid":"g"}', {"guid": "g"}, '{"guid":"g"}'),
        ('{"GUID": "g", "Name": "n"}', None, '{"guid": "g", "name": "n", "GUID": "g", "Name": "n"}'),
        (
            '<b>Notice</b>: x{"guid":"g"}',
            {"guid": "g", "parameters": {"a": "б"}},
            '{"guid": "g", "parameters": "{\\"a\\": \\"б\\"}"}',
        ),
    ],
)
def test_either_dialect_can_be_read(text, value, read):
    """Keys also in lower case; no notice around the JSON; everything else as it came."""
    assert TaskOrcAPI._readable(text, value) == read


def test_every_call_on_a_desk_without_a_robot(tmp_path):
    """The same, asked of the host itself: header, verb, urlencoded body."""
    asked = []

    class Orchestrator(BaseHTTPRequestHandler):
        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            form = {key: value for key, (value,) in parse_qs(body).items()}
            asked.append((self.command, self.path, self.headers["Authorization"], form))
            guid = "0" * 36
            task = {"guid": guid, "name": "INV-17" if len(asked) == 3 else "NewTask", "parameters": '{"to": "office"}'}
            answers = {
                "/api/task/create": {"GUID": guid},
                "/api/queue/lastTask/Letters": task,
                "/api/task/update": [],
                "/api/asset/read/bank": {"Text": "robot"},
                "/api/asset/update": [],
                "/api/log/create": {"guid": guid},
            }
            self.send_response(200 if self.path in answers else 400)
            self.end_headers()
            self.wfile.write(json.dumps(answers.get(self.path, f"no {self.path}")).encode())

        do_GET = do_POST = do_PUT = answer  # noqa: N815 - http.server's names

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Orchestrator)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    script = tmp_path / "main.py"
    script.write_text(EVERY_CALL, "utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ROBOT_")}
    environment |= {"PYTHONPATH": str(Path(robot_job.__file__).parents[1]), "no_proxy": "*"}
    try:
        done = subprocess.run(
            [sys.executable, script, f"http://127.0.0.1:{server.server_port}"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert done.stdout == SAID, done.stderr
    assert done.stderr.splitlines()[-1].endswith('RobotJobError: 400: "no /api/queue/lastTask/Nowhere"')
    assert {header for _, _, header, _ in asked} == {"Basic Z3VpZA=="}
    assert [(verb, path) for verb, path, _, _ in asked] == [
        ("POST", "/api/task/create"),
        ("POST", "/api/task/create"),
        ("GET", "/api/queue/lastTask/Letters"),
        ("PUT", "/api/task/update"),
        ("GET", "/api/queue/lastTask/Letters"),
        ("GET", "/api/asset/read/bank"),
        ("PUT", "/api/asset/update"),
        ("POST", "/api/log/create"),
        ("GET", "/api/queue/lastTask/Nowhere"),
    ]
    assert asked[0][3] == {"queue_guid": "Letters", "name": "INV-17", "parameters": '{"to": "office"}'}
    assert asked[1][3]["parameters"] == '{"": ""}'
