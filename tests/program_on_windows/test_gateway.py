"""The channel of a run in the installed program: a named pipe of this run alone, whatever knocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.orchestrator.vocabulary import JobStatus

if TYPE_CHECKING:
    from tests.program_on_windows.robot import InstalledRobot

KNOCKS = r"""
    import json, os, pathlib, time

    class Raw:
        def __init__(self, variable=None):
            address, self.key = (variable or os.environ["ROBOT_GATEWAY"]).rsplit("|", 1)
            end = time.monotonic() + 10
            while True:
                try:
                    self.pipe = open(address[len("pipe:"):], "r+b", buffering=0)
                    return
                except OSError:  # all instances are taken, for a moment
                    if time.monotonic() > end:
                        raise
                    time.sleep(0.01)

        def __call__(self, call, **arguments):
            request = json.dumps({"key": self.key, "call": call, **arguments}).encode() + b"\n"
            try:
                while request:
                    request = request[self.pipe.write(request):]
            except OSError:  # it was closed; what was said before that can still be read
                pass
            answer = b""
            while not answer.endswith(b"\n"):
                part = self.pipe.read(65536)
                if not part:
                    return None
                answer += part
            return json.loads(answer)

    earlier = pathlib.Path("earlier.txt")
"""
FIRST = (
    KNOCKS
    + r"""
    raw = Raw()
    task = raw("api", path="/api/queue/lastTask/orders")["value"]["value"]
    assert raw("api", path="/api/task/update", fields={"guid": task["guid"], "status": 2})["value"]["queued"]
    created = raw("api", path="/api/task/create", fields={"queue_guid": "orders", "name": "новая"})
    assert created["value"]["value"]["guid"]
    for path in ("/api/job/update", "/api/queue/lastTask/%2e%2e/%2e%2e/job/update", "http://evil.example/api/"):
        assert raw("api", path=path)["error"]["kind"] == "usage"
    raw("mask", secret="s3cret")
    print("s3cret")
    assert raw("log", level="Info", text="x" * 3_000_000) == {"value": None}
    crowd = [Raw() for _ in range(15)]
    assert all(one("progress", done=1) == {"value": None} for one in crowd)
    assert Raw()("progress", done=1)["error"]["kind"] == "busy"
    crowd.pop().pipe.close()
    for _ in range(1000):  # until the robot has noticed that one has gone
        wrong = Raw(os.environ["ROBOT_GATEWAY"][:-1] + "!")
        kind = wrong("progress", done=1)["error"]["kind"]
        if kind != "busy":
            break
        time.sleep(0.02)
    assert kind == "denied"
    assert wrong("progress", done=1) is None
    earlier.write_text(os.environ["ROBOT_GATEWAY"])
    print("done")
"""
)
SECOND = (
    KNOCKS
    + r"""
    address, key = earlier.read_text().rsplit("|", 1)
    try:
        open(address[len("pipe:"):], "r+b", buffering=0)
    except FileNotFoundError:
        print("gone")
    here = os.environ["ROBOT_GATEWAY"].rsplit("|", 1)[0]
    print(Raw(f"{here}|{key}")("progress", done=1)["error"]["kind"])
"""
)


def test_only_the_run_itself_gets_in_and_only_while_it_runs(robot: InstalledRobot):
    """Calls pass, tricks don't; the next run finds neither the pipe of the one before nor any use for its secret."""
    robot.configure(share_credentials=False)
    first = robot.sandbox.add_task("orders", "first")
    job = robot.run_job("knocks", FIRST)
    assert job.final_reports == [JobStatus.SUCCESS], robot.job_output()
    assert robot.printed() == ["***", "done"]
    assert {(task.name, int(task.status)) for task in robot.sandbox.tasks.all()} == {("first", 2), ("новая", 0)}
    assert first.status == 2
    job = robot.run_job("again", SECOND)
    assert job.final_reports == [JobStatus.SUCCESS], robot.job_output()
    assert robot.printed() == ["***", "done", "gone", "denied"]
