"""From what was asked and what happened to the job's final status: the whole table, end to end."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from tests.contract.orchestrator import ABORTED, FAILED, IN_PROGRESS, STOPPED, SUCCESS, Orchestrator
from tests.contract.robot_process import GUID, Home, finish, wait_until

if TYPE_CHECKING:
    from pathlib import Path

STOP, ABORT = 20, 10
BEGIN = "import os, pathlib, subprocess, sys, time\npathlib.Path(__file__ + '.begun').touch()\n"
LONG = "while True: time.sleep(60)\n"

ENDS = {
    "exit_0": ("raise SystemExit(0)", SUCCESS),
    "end_of_file": ("", SUCCESS),
    "exit_3": ("raise SystemExit(3)", FAILED),
    "exit_text": ("sys.exit('nothing to do')", FAILED),
    "exception": ("1 / 0", FAILED),
    "broken": ("def broken(:", FAILED),
    "killed": ("os.kill(os.getpid(), 9)", FAILED),
    "hard_exit": ("os._exit(7)", FAILED),
    "leaves_a_child": (
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True)",
        SUCCESS,
    ),
}

ASKED = {
    "interrupted": (LONG, (STOP,), STOPPED),
    "exits_0_when_stopped": ("try:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    pass", (STOP,), STOPPED),
    "system_exit_when_stopped": (
        "try:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    raise SystemExit(9)",
        (STOP,),
        STOPPED,
    ),
    "breaks_when_stopped": ("try:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    1 / 0", (STOP,), FAILED),
    "cooperative": (
        "import robot_job\nwhile not robot_job.stop_requested(): time.sleep(0.01)\nraise SystemExit(0)",
        (STOP,),
        STOPPED,
    ),
    "stubborn": (
        "while True:\n    try:\n        time.sleep(60)\n    except KeyboardInterrupt:\n        pass",
        (STOP,),
        ABORTED,  # by stop_timeout
    ),
    "aborted": (LONG, (ABORT,), ABORTED),
    "stopped_then_aborted": (
        "while True:\n    try:\n        time.sleep(60)\n    except KeyboardInterrupt:\n        pass",
        (STOP, ABORT),
        ABORTED,
    ),
    "aborted_with_children": (
        "for _ in range(3):\n"
        "    subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
        "subprocess.Popen(['sh', '-c', 'sleep 60 & sleep 60'])\n" + LONG,
        (ABORT,),
        ABORTED,
    ),
    "unknown_code": ("time.sleep(1.5)", (77,), SUCCESS),
}


def test_the_script_s_own_end(robot: Home, orchestrator: Orchestrator) -> None:
    """Nothing asked: exit code 0 is Success, everything else Failed, a script that can't be started included."""
    for name, (text, _) in ENDS.items():
        robot.script(name, BEGIN + text)
    jobs = {orchestrator.queue(name).guid: status for name, (_, status) in ENDS.items()}
    jobs |= {orchestrator.queue(name).guid: FAILED for name in ("nowhere", "../outside", " ")}

    assert robot.run_robot().code == 0

    ended = {job.name: job.updates for job in orchestrator.jobs}
    assert ended == {job.name: [IN_PROGRESS, jobs[job.guid]] for job in orchestrator.jobs}
    assert robot.processes() == []


def test_what_the_operator_asks(tmp_path: Path) -> None:
    """Stop, Stop with stop_timeout, Abort, Stop then Abort, and a code that nobody knows: the table's other rows.

    Three robots share the rows, because each waits for its heartbeats.
    """
    with contextlib.ExitStack() as stack:
        robots = []
        for number in range(3):
            orchestrator = stack.enter_context(Orchestrator(GUID))
            home = Home(tmp_path / str(number))
            stack.callback(home.end)
            home.settings(orchestrator.url, stop_timeout=1.5)
            for name in list(ASKED)[number::3]:
                text, asks, _ = ASKED[name]
                file = home.script(name, BEGIN + text)
                orchestrator.queue(name, asks=asks, when=file.with_name(file.name + ".begun"))
            robots.append((orchestrator, home, home.start_robot()))
        for orchestrator, home, process in robots:
            assert finish(process).code == 0
            ended = {job.name: job.updates for job in orchestrator.jobs}
            assert ended == {job.name: [IN_PROGRESS, ASKED[job.name][2]] for job in orchestrator.jobs}
            assert orchestrator.complaints == []
            assert home.processes() == []


def test_a_stop_for_no_job_is_ignored(robot: Home, orchestrator: Orchestrator) -> None:
    """Codes 10 and 20 while the robot is Ready change nothing: the job that waits is done."""
    robot.script("job", "")
    job = orchestrator.queue("job")
    replies = [(200, b'{"HeartbeatErrorCode": %d, "HasNewJob": 1}' % code) for code in (STOP, ABORT)]
    orchestrator.interfere = lambda request: replies.pop() if replies and str(request) == "heartbeat 2" else None
    assert robot.run_robot().code == 0
    assert job.updates == [IN_PROGRESS, SUCCESS]


def test_a_robot_that_died_reports_its_job_at_the_next_start(robot: Home, orchestrator: Orchestrator) -> None:
    """Kill -9 leaves nothing running; the next start reports Failed before its first heartbeat, and doesn't run it."""
    robot.script("job", BEGIN + "open('ran', 'a').write('x')\nsubprocess.Popen(['sleep', '60'])\n" + LONG)
    job = orchestrator.queue("job")
    process = robot.start_robot()
    wait_until((robot.scripts / "ran").exists)
    orchestrator.wait_for(lambda: IN_PROGRESS in job.updates)
    process.kill()
    process.communicate()
    wait_until(lambda: robot.processes() == [])
    before = len(orchestrator.requests)

    assert finish(robot.start_robot()).code == 0

    assert orchestrator.calls()[before:] == ["update 5", "heartbeat 2"]
    assert job.updates == [IN_PROGRESS, FAILED]
    assert (robot.scripts / "ran").read_text() == "x"


def test_a_file_in_the_place_of_the_runs_folder_fails_the_job_alone(robot: Home, orchestrator: Orchestrator) -> None:
    """The job is reported as Failed, and the robot ends as always."""
    robot.script("quick", "print('ok')")
    job = orchestrator.queue("quick")
    robot.data.mkdir()
    (robot.data / "runs").touch()
    assert robot.run_robot().code == 0
    assert job.updates == [IN_PROGRESS, FAILED]
