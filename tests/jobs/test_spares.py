"""The interpreter that is started ahead: a job can't tell, runs once, and nothing of it is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import venv
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from app.jobs import spares
from app.jobs.child import stem
from app.jobs.child.spare import ARGUMENT
from app.jobs.interpreter import bundled_interpreter
from app.jobs.outcome import EndingKind
from app.jobs.processes.leftovers import kill_leftovers
from app.jobs.runner import JobRunner
from app.jobs.spares import Spares
from app.orchestrator.vocabulary import JobOrder
from tests.jobs.jobbench import PATIENCE, alive, linux, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.jobs.outcome import Ending
    from tests.jobs.jobbench import Bench

PROBE = Path(__file__).parent / "probes" / "process.py"
ORDER = JobOrder("job-1", "script", "version-1", {"name": "Ж", "parameters": {"a": 1}})


class Ahead:
    """A runner that starts interpreters ahead, as the robot's loop has it do."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.runner = JobRunner(bench.settings, bench.runs_dir)
        self._number = 0

    def spare(self) -> psutil.Process:
        """Have one started, if there is none, and wait until it waits."""
        self.runner.expect_job()
        until(lambda: any(waits(pid) for pid in children()))
        return psutil.Process(next(pid for pid in children() if waits(pid)))

    def run(self, order: JobOrder = ORDER) -> tuple[int, Ending]:
        """Run a job; its pid and its ending."""
        self._number += 1
        running = self.runner.start(order, self.bench.log.with_name(f"{self._number}.log"), self.bench.mark)
        ending = running.wait(PATIENCE)
        assert ending is not None
        assert running.identity is not None
        return running.identity.pid, ending

    def output(self) -> str:
        """What the last job printed, without the robot's own lines."""
        text = self.bench.log.with_name(f"{self._number}.log").read_text("utf-8")
        return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("[robot]"))


def children() -> set[int]:
    """The living children of this process, but for one that is only there to be forked."""
    return {pid for pid in all_children() if stem.ARGUMENT not in command_line(pid)}


def all_children() -> set[int]:
    """The living children of this process."""
    return {each.pid for each in psutil.Process().children() if alive(each.pid)}


def command_line(pid: int) -> list[str]:
    """As other programs see it; empty if it has gone."""
    try:
        return psutil.Process(pid).cmdline()
    except psutil.Error:
        return []


def waits(pid: int) -> bool:
    """Does the spare `pid` wait for a job? Before that it starts, and first of all is still this program."""
    try:
        spare = psutil.Process(pid)
        return ARGUMENT in spare.cmdline() and (sys.platform == "win32" or spare.status() == psutil.STATUS_SLEEPING)
    except psutil.Error:
        return False


@pytest.fixture
def ahead(bench: Bench) -> Iterator[Ahead]:
    """A runner with spares, which have gone afterwards."""
    ahead = Ahead(bench)
    yield ahead
    ahead.runner.close()


def probed(text: str) -> dict[str, Any]:
    """What the probing script has seen, without what is of one process or one moment alone."""
    seen: dict[str, Any] = json.loads(text.splitlines()[-1])
    return seen


def test_a_script_can_not_tell_that_its_interpreter_was_started_ahead(ahead: Ahead) -> None:
    """Whatever a script can see of its process is as after an ordinary start; what differs the guide says."""
    ahead.bench.write(PROBE.read_text("utf-8"))
    ahead.run()
    ordinary = probed(ahead.output())
    spare = ahead.spare()
    time.sleep(0.1)  # a spare that has waited for a while
    pid, _ = ahead.run()
    assert pid == spare.pid
    seen = probed(ahead.output())
    assert {key: (ordinary[key], seen[key]) for key in ordinary if ordinary[key] != seen[key]} == {}
    assert seen.keys() == ordinary.keys()


def test_a_script_that_was_edited_meanwhile_runs_as_it_is_now(ahead: Ahead) -> None:
    """Script and module are read when the job comes, not when the interpreter starts."""
    ahead.bench.write("import helper\nprint('old', helper.WORD)")
    ahead.bench.write("WORD = 'old'", "helper.py")
    ahead.run()
    ahead.spare()
    ahead.bench.write("import helper\nprint('new', helper.WORD)")
    ahead.bench.write("WORD = 'newer'", "helper.py")
    ahead.run()
    assert ahead.output() == "new newer\n"


def test_an_idle_spare_knows_nothing_of_a_job(ahead: Ahead) -> None:
    """Neither GUID nor host nor a job's name before the job comes; nothing of an author's is open in it."""
    ahead.bench.write("print('done')")
    ahead.run()
    spare = ahead.spare()
    known = json.dumps([spare.environ(), spare.cmdline(), [each.path for each in spare.open_files()], spare.cwd()])
    for secret in (ahead.bench.settings.guid, ahead.bench.settings.host, "script.py", str(ahead.bench.scripts)):
        assert secret.lower() not in known.lower()


@pytest.mark.parametrize("fate", ["killed", "stopped"])
def test_a_spare_that_does_not_answer_costs_a_job_nothing_but_time(
    ahead: Ahead, fate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dead or silent: the job starts in the ordinary way, once, and the spare has gone without having begun it."""
    if fate == "stopped":
        if sys.platform == "win32":
            pytest.skip("a suspended process may be killed there as well")
        monkeypatch.setattr(spares, "_ANSWER_SECONDS", 0.1)
    ahead.bench.write("import os\nopen('runs', 'a').write(f'{os.getpid()}\\n')")
    spare = ahead.spare()
    if fate == "killed":
        spare.kill()
    else:
        spare.suspend()
    pid, ending = ahead.run()
    assert ending.exit_code == 0
    assert pid != spare.pid
    assert not alive(spare.pid)
    assert (ahead.bench.scripts / "runs").read_text() == f"{pid}\n"


@linux
def test_the_next_one_starts_while_a_job_waits_for_its_own(ahead: Ahead) -> None:
    """Jobs may come faster than interpreters start, and there is more than one processor."""
    ahead.bench.write("import os\nprint(os.getpid())")
    spare = ahead.spare()
    spare.suspend()
    before = children()
    running = ahead.runner.start(ORDER, ahead.bench.log, ahead.bench.mark)
    until(lambda: any(waits(pid) for pid in children() - before))
    (following,) = children() - before
    assert not running.ended.is_set()
    spare.resume()
    assert ahead.bench.ending(running).exit_code == 0
    assert f"{spare.pid}\n" in ahead.bench.log.read_text("utf-8")
    assert ahead.run()[0] == following


def test_an_interpreter_that_prints_at_its_start_is_not_used_ahead(
    ahead: Ahead, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a sitecustomize prints belongs into the log of the job, whole and in its place."""
    (tmp_path / "sitecustomize.py").write_text("print('customized')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    ahead.bench.write("print('script')")
    ahead.runner.expect_job()
    if sys.platform == "win32":
        until(lambda: any(waits(pid) for pid in children()))
    before = children()
    for _ in range(4):
        pid, _ = ahead.run()
        assert pid not in before
        assert ahead.output() == "customized\nscript\n"


def test_a_spare_does_not_outlive_a_change_of_its_environment(ahead: Ahead, tmp_path: Path) -> None:
    """A package with a .pth file that was installed meanwhile takes effect, as in every Python that is started now."""
    venv.create(tmp_path / "env", symlinks=sys.platform != "win32")
    python = next(each for each in (tmp_path / "env").glob("*/python*") if each.stem == "python")
    ahead.runner = JobRunner(replace(ahead.bench.settings, python=python), ahead.bench.runs_dir)
    ahead.bench.write("import sys\nprint(hasattr(sys, 'installed'))")
    spare = ahead.spare()
    assert ahead.run()[0] == spare.pid
    spare = ahead.spare()
    site = next((tmp_path / "env").rglob("site-packages"))
    (site / "installed.pth").write_text("import sys; sys.installed = True\n")
    assert ahead.run()[0] != spare.pid
    assert ahead.output() == "True\n"
    ahead.runner.close()


def test_variables_that_have_changed_since_are_those_of_now(ahead: Ahead, monkeypatch: pytest.MonkeyPatch) -> None:
    """A spare with the robot's variables of before is not used."""
    ahead.bench.write("import os\nprint(os.environ.get('OF_THE_USER'))")
    ahead.spare()
    monkeypatch.setenv("OF_THE_USER", "changed")
    ahead.run()
    assert ahead.output() == "changed\n"


def test_a_spare_is_for_its_own_interpreter_only(ahead: Ahead, tmp_path: Path) -> None:
    """A script with an environment of its own runs in that."""
    venv.create(ahead.bench.scripts / ".venv", symlinks=sys.platform != "win32")
    ahead.bench.write("import sys\nprint(sys.prefix)")
    spare = ahead.spare()
    ahead.run()
    assert ahead.output().strip() == str(ahead.bench.scripts / ".venv")
    assert not alive(spare.pid)


@pytest.mark.parametrize("letters", [9_000, 20_000])
def test_a_job_too_large_for_a_spare_starts_in_the_ordinary_way(ahead: Ahead, letters: int) -> None:
    """There is no room for its variables, or more of them than can be handed over at once."""
    ahead.bench.write("import os\nprint(len(os.environ['ROBOT_RUN_PROCESS_VERSION']))")
    spare = ahead.spare()
    pid, _ = ahead.run(replace(ORDER, process_version_guid="v" * letters))
    assert pid != spare.pid
    assert ahead.output() == f"{letters}\n"


@linux
def test_what_a_spare_has_become_belongs_to_the_run(ahead: Ahead) -> None:
    """The next start of the robot finds what a run left, also if its process was started before it."""
    source = "import subprocess\nsubprocess.Popen(['sleep', '300'], env={}, start_new_session=True)\n"
    ahead.bench.write(source + "print('ready', flush=True)\nimport time\ntime.sleep(300)")
    spare = ahead.spare()
    running = ahead.runner.start(ORDER, ahead.bench.log, ahead.bench.mark)
    ahead.bench.wait_for("ready")
    assert running.identity is not None
    assert running.identity.pid == spare.pid
    sleeper = spare.children()[0]
    assert kill_leftovers(None, None, ahead.bench.mark) == 2
    assert ahead.bench.ending(running).exit_code != 0
    assert not alive(sleeper.pid)


def test_a_stop_reaches_a_run_on_a_spare(ahead: Ahead) -> None:
    """As every other."""
    ahead.bench.write("import time\nprint('ready', flush=True)\ntime.sleep(300)")
    spare = ahead.spare()
    running = ahead.runner.start(ORDER, ahead.bench.log, ahead.bench.mark)
    assert running.identity is not None
    assert running.identity.pid == spare.pid
    ahead.bench.wait_for("ready")
    running.request_stop()
    assert ahead.bench.ending(running).kind is EndingKind.STOPPED_ITSELF


def test_a_spare_goes_when_nobody_needs_it(ahead: Ahead, tmp_path: Path) -> None:
    """On demand it has gone at once, after a while by itself, and after the end there is none any more."""
    before = all_children()
    ahead.spare()
    ahead.runner.expect_none()
    assert not all_children() - before

    short = Spares(tmp_path / "short", idle_seconds=0.2)
    short.expect(lambda: (bundled_interpreter(), dict(os.environ)))
    until(lambda: bool(children() - before))
    until(lambda: not all_children() - before)
    short.close()

    ahead.runner.close()
    ahead.runner.expect_job()
    time.sleep(0.1)
    assert not all_children() - before


ROBOT = """
import sys, time
from pathlib import Path
from app.jobs.interpreter import bundled_interpreter
from app.jobs.spares import Spares
import os
spares = Spares(Path(sys.argv[1]))
spares.expect(lambda: (bundled_interpreter(), dict(os.environ)))
while spares._spare is None:
    time.sleep(0.01)
print("waits", flush=True)
time.sleep(300)
"""


@pytest.mark.parametrize("held", [False, pytest.param(True, marks=linux)])
def test_a_spare_dies_with_the_robot(tmp_path: Path, *, held: bool) -> None:
    """However the robot ends; one that somebody holds still dies at the robot's next start."""
    robot = subprocess.Popen([sys.executable, "-c", ROBOT, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    with robot:
        assert robot.stdout
        robot.stdout.readline()
        waiting = psutil.Process(robot.pid).children()
        assert len(waiting) == (1 if sys.platform == "win32" else 2)  # there is one to be forked
        for each in waiting if held else ():
            each.suspend()
        robot.kill()
    if held:
        assert all(alive(each.pid) for each in waiting)
        Spares(tmp_path).sweep()
    until(lambda: not any(alive(each.pid) for each in waiting))
