"""A script's environment: made once, used by whoever wants the same, ended with its job, never half used."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from app.jobs.environments.store import Environments
from app.jobs.outcome import Asked, EndingKind, final_status
from app.jobs.processes.leftovers import kill_leftovers
from app.orchestrator.vocabulary import JobOrder, JobStatus
from tests.jobs.environments.conftest import IMPORTING, environments
from tests.jobs.jobbench import GUID, alive, linux, until

pytestmark = linux  # the builder in uv's place is a shell's script; tests/program_on_windows has pip on Windows

ROBOT = """
import json, sys
from pathlib import Path
from app.jobs.runner import JobRunner
from app.orchestrator.vocabulary import JobOrder
from app.settings.model import Settings
settings = Settings.from_values(json.loads(sys.argv[1]))
runner = JobRunner(settings, Path(sys.argv[2]))
runner.start(JobOrder("job-0", "script"), Path(sys.argv[3]), "mark-of-the-dead").wait(60)
"""


def of_the_builder(uv) -> list[int]:
    """Every process that lives and carries the mark with which the builder was started."""
    mark = uv.calls[0]["environment"]["ROBOT_RUN_MARK"]
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if alive(process.pid) and process.environ().get("ROBOT_RUN_MARK") == mark:
                found.append(process.pid)
    return found


def test_requirements_beside_the_script_get_it_an_environment(bench, uv):
    """The first job makes it, with the builder's output in its log; the second one finds it."""
    bench.write("package-of-nobody\n", "requirements.txt")
    ending = bench.run(IMPORTING, uv=uv.program)
    assert ending.exit_code == 0, bench.text()
    (name,) = environments(bench)
    word, prefix = bench.output().splitlines()[-1].split(" ", 1)
    assert (word, prefix) == ("made", str(bench.settings.data_dir / "environments" / name))
    assert "fake uv installs\n" in bench.text()
    assert ending.last_line.startswith("made ")
    install = uv.calls[1]["arguments"]
    assert install[install.index("--requirement") + 1] == str(bench.scripts / "requirements.txt")
    assert bench.run(uv=uv.program).exit_code == 0
    assert uv.builds == 1


def test_the_script_is_no_child_of_the_builder(bench, uv):
    """It runs by the environment's own python, as the robot's child."""
    bench.write("package-of-nobody\n", "requirements.txt")
    bench.run("import os, sys\nprint(os.getppid(), sys.executable)", uv=uv.program)
    parent, python = bench.output().splitlines()[-1].split(" ", 1)
    assert int(parent) == os.getpid()
    assert Path(python).parent.parent.parent == bench.settings.data_dir / "environments"


def test_a_script_that_prints_nothing_has_no_last_line(bench, uv):
    """What the builder said last isn't taken for the script's."""
    bench.write("package-of-nobody\n", "requirements.txt")
    assert bench.run("raise SystemExit(3)", uv=uv.program).last_line == ""


def test_a_failed_build_is_failed_with_the_builders_last_line(bench, uv):
    """Nothing of it is left, and the next job tries again."""
    bench.write("unobtainium\n", "requirements.txt")
    uv.behave("fail")
    ending = bench.run(IMPORTING, uv=uv.program)
    assert final_status(Asked.NOTHING, ending) is JobStatus.FAILED
    assert ending.message.endswith("error: no such package: unobtainium")
    assert ending.message in bench.text()
    assert environments(bench) == []
    uv.behave("")
    assert bench.run(uv=uv.program).exit_code == 0


@pytest.mark.parametrize(
    ("asked", "kind", "status"),
    [
        (Asked.STOP, EndingKind.STOPPED_ITSELF, JobStatus.STOPPED),
        (Asked.ABORT, EndingKind.KILLED_BY_ABORT, JobStatus.ABORTED),
    ],
)
def test_stop_and_abort_end_the_build(bench, uv, asked, kind, status):
    """The script isn't started, the builder and all that it started is gone, and so is what it had made."""
    bench.write("package-of-nobody\n", "requirements.txt")
    uv.behave("hang")
    running = bench.start("print('never')", uv=uv.program)
    bench.wait_for("hanging")
    assert len(of_the_builder(uv)) == 2
    assert list(bench.runs_dir.iterdir()) == [], "no credential lies about while others' programs run"
    running.request_stop() if asked is Asked.STOP else running.abort()
    ending = bench.ending(running)
    assert ending.kind is kind
    assert final_status(asked, ending) is status
    assert of_the_builder(uv) == []
    assert environments(bench) == []
    assert "never" not in bench.output()
    assert running.identity is None


def test_a_stop_after_the_build_reaches_the_script(bench, uv):
    """As with any job."""
    bench.write("package-of-nobody\n", "requirements.txt")
    running = bench.start("import time\nprint('ready')\ntime.sleep(60)", uv=uv.program)
    assert running.identity
    bench.wait_for("ready")
    running.request_stop()
    assert bench.ending(running).kind is EndingKind.STOPPED_ITSELF


def test_one_build_for_all_who_want_the_same(bench, uv):
    """Other processes wait for the one that makes it; a wait ends by a stop, too."""
    bench.write("package-of-nobody\n", "requirements.txt")
    uv.behave("slow")
    first = bench.start(IMPORTING, uv=uv.program)
    until((uv.folder / "begun").exists)
    second, third = (bench.start(order=JobOrder(f"job-{n}", "script"), uv=uv.program) for n in (2, 3))
    bench.wait_for("waiting for it")
    third.request_stop()
    assert bench.ending(third).kind is EndingKind.STOPPED_ITSELF
    (uv.folder / "go").touch()
    assert [bench.ending(job).exit_code for job in (first, second)] == [0, 0]
    assert uv.builds == 1


def test_a_crashed_builders_lock_frees_itself(bench, uv):
    """A robot that was killed while it made an environment leaves neither a lock nor half an environment in use."""
    bench.write("package-of-nobody\n", "requirements.txt")
    bench.write(IMPORTING)
    uv.behave("hang")
    values = {"host": "http://o", "robot_guid": GUID, "scripts": str(bench.scripts), "uv": str(uv.program)}
    values["data_dir"] = str(bench.settings.data_dir)
    robot = subprocess.Popen(
        [sys.executable, "-c", ROBOT, json.dumps(values), str(bench.runs_dir), str(bench.log)],
        cwd=Path(__file__).parents[3],
    )
    bench.wait_for("hanging")
    robot.kill()
    robot.wait()
    assert environments(bench)[0].startswith("_")
    # As a robot does at its start.
    assert kill_leftovers(None, None, "mark-of-the-dead")  # one or two: the builder may have ended with the robot
    assert not kill_leftovers(None, None, "mark-of-the-dead")
    uv.behave("")
    assert bench.run(uv=uv.program).exit_code == 0, bench.text()
    assert [name[0] == "_" for name in environments(bench)] == [False]


def test_unused_environments_go(bench, uv):
    """After `keep_logs_days` since the last use; one that is being made stays, and so does one that was used."""
    bench.write("package-of-nobody\n", "requirements.txt")
    bench.run(IMPORTING, uv=uv.program, keep_logs_days=7)
    (name,) = environments(bench)
    folder = bench.settings.data_dir / "environments"
    facts = folder / name / "robot-environment.json"
    store = Environments(bench.settings, folder)
    eight_days_ago = time.time() - 8 * 24 * 3600
    os.utime(facts, (eight_days_ago, eight_days_ago))
    store.sweep()  # of a robot with the default of 30 days
    assert environments(bench) == [name]
    month_ago = time.time() - 31 * 24 * 3600
    os.utime(facts, (month_ago, month_ago))
    bench.run(uv=uv.program)
    store.sweep()
    assert environments(bench) == [name]
    os.utime(facts, (month_ago, month_ago))
    uv.behave("slow")
    bench.write("another-package\n", "requirements.txt")
    running = bench.start(uv=uv.program)
    until((uv.folder / "begun").exists)
    store.sweep()
    (being_made,) = environments(bench)
    assert being_made.startswith("_")
    (uv.folder / "go").touch()
    assert bench.ending(running).exit_code == 0


def test_environments_of_somebody_else_stay(bench):
    """`data_dir` may be a folder in which somebody has a folder of that name."""
    folder = bench.settings.data_dir / "environments"
    for name in ("production", "_old", "0f3c9a17b2d4e5a6f7.bak"):
        (folder / name).mkdir(parents=True)
        (folder / name / "hosts").touch()
        os.utime(folder / name, (0, 0))
    (folder / "production.lock").touch()
    os.utime(folder / "production.lock", (0, 0))
    Environments(bench.settings, folder).sweep()
    assert len(list(folder.rglob("*"))) == 7


def test_a_robot_removes_them_as_it_starts_and_while_it_works(bench, uv):
    """Nobody has to start it anew for that: the next job will do."""
    bench.write("package-of-nobody\n", "requirements.txt")
    bench.run(IMPORTING, uv=uv.program)
    (name,) = environments(bench)
    facts = bench.settings.data_dir / "environments" / name / "robot-environment.json"
    month_ago = time.time() - 31 * 24 * 3600
    os.utime(facts, (month_ago, month_ago))
    bench.write("print('needs nothing')", "other.py")
    (bench.scripts / "requirements.txt").unlink()
    assert bench.run(order=JobOrder("job-2", "other")).exit_code == 0
    until(lambda: environments(bench) == [])


def test_a_broken_environment_is_made_anew(bench, uv):
    """One that has lost its interpreter is never used."""
    bench.write("package-of-nobody\n", "requirements.txt")
    bench.run(IMPORTING, uv=uv.program)
    (name,) = environments(bench)
    python = bench.settings.data_dir / "environments" / name / "bin" / "python"
    python.unlink()
    assert bench.run(uv=uv.program).exit_code == 0
    assert (environments(bench), uv.builds) == ([name], 2)


def test_requirements_that_change_under_the_builder_fail_the_job(bench, uv):
    """An environment never stands under a name that it wasn't made for."""
    bench.write("package-of-nobody\n", "requirements.txt")
    uv.behave("slow")
    running = bench.start(IMPORTING, uv=uv.program)
    until((uv.folder / "begun").exists)
    bench.write("another-package\n", "requirements.txt")
    (uv.folder / "go").touch()
    assert "was changed meanwhile" in bench.ending(running).message
    assert environments(bench) == []


def test_the_builder_knows_no_secret(bench, uv, monkeypatch):
    """Neither the GUID nor what would lead it to other packages is in its environment."""
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("ROBOT_GUID", bench.settings.guid)
    bench.write("package-of-nobody\n", "requirements.txt")
    bench.run(IMPORTING, uv=uv.program)
    for call in uv.calls:
        assert bench.settings.guid not in str(call)
        assert "PYTHONPATH" not in call["environment"]


def test_nothing_of_a_build_stays_in_the_process(bench, uv):
    """No thread and no file descriptor of it remains."""
    bench.write("package-of-nobody\n", "requirements.txt")
    bench.run("pass", uv=uv.program)  # whatever is loaded once

    def held():
        return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))

    before = held()
    for number in range(3):
        bench.write(f"package-{number}\n", "requirements.txt")
        assert bench.run("pass", uv=uv.program).exit_code == 0
    until(lambda: held() <= before)
