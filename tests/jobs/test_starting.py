"""Scripts on a share that hangs: a stop or an abort doesn't wait for it. That the share hangs is played."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import psutil
import pytest

from app.jobs import runner, starting
from app.jobs.outcome import EndingKind
from app.jobs.starting import StartingJob
from tests.jobs.jobbench import PATIENCE, Bench, none_is_being_started, until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from app.jobs.processes.tree import ProcessTree
    from app.jobs.scripts import Script
    from app.jobs.starting import StartedJob


class Share:
    """The folder of the scripts, which hangs at the first look until it answers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers = threading.Event()
        find_script = runner.find_script

        def find(root: Path, name: str) -> Script:
            assert self.answers.wait(PATIENCE)
            return find_script(root, name)

        monkeypatch.setattr(runner, "find_script", find)


@pytest.fixture
def share(monkeypatch: pytest.MonkeyPatch) -> Iterator[Share]:
    """It answers again before the test is over."""
    share = Share(monkeypatch)
    yield share
    share.answers.set()
    until(none_is_being_started)


@pytest.mark.parametrize("wish", ["abort", "request_stop"])
def test_the_end_of_a_job_does_not_wait_for_a_share_that_hangs(bench: Bench, share: Share, wish: str) -> None:
    """Stopped or aborted before its script is found, the job ends at once, says so, and its script never runs."""
    running = bench.start("open('ran', 'w').close()")
    assert isinstance(running, StartingJob)
    assert running.wait(0) is None
    getattr(running, wish)()
    ending = bench.ending(running)
    assert ending.kind is {"abort": EndingKind.KILLED_BY_ABORT, "request_stop": EndingKind.STOPPED_ITSELF}[wish]
    assert running.identity is None
    assert ending.message in bench.text()
    share.answers.set()
    until(none_is_being_started)
    assert not (bench.scripts / "ran").exists()
    assert bench.text().count("[robot]") == 1


def test_a_job_goes_on_when_the_share_answers(bench: Bench, share: Share) -> None:
    """What hung for a while is an ordinary job afterwards, with a process, an output and its own ending."""
    running = bench.start("print('here')")
    assert isinstance(running, StartingJob)
    share.answers.set()
    assert running.identity
    assert bench.ending(running).exit_code == 0
    assert bench.output() == "here\n"


def test_a_job_that_hung_can_be_aborted_when_it_runs(bench: Bench, share: Share) -> None:
    """The wish reaches the script that was started late."""
    running = bench.start("import time\nprint('begun', flush=True)\ntime.sleep(60)")
    share.answers.set()
    bench.wait_for("begun")
    running.abort()
    assert bench.ending(running).kind is EndingKind.KILLED_BY_ABORT


class SlowProcess:
    """A process that is there, and isn't handed out until it may be."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pids: list[int] = []
        self.there, self.may_go_on = threading.Event(), threading.Event()
        start_tree = runner.start_tree

        def start(command: list[str], folder: Path, environment: Mapping[str, str], mark: str) -> ProcessTree:
            tree = start_tree(command, folder, environment, mark)
            self.pids.append(tree.pid)
            self.there.set()
            assert self.may_go_on.wait(PATIENCE)
            return tree

        monkeypatch.setattr(runner, "start_tree", start)

    @property
    def alive(self) -> bool:
        return any(map(psutil.pid_exists, self.pids))


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> SlowProcess:
    """In the place of each one that is started."""
    return SlowProcess(monkeypatch)


def being_made(bench: Bench, process: SlowProcess) -> StartedJob:
    """A job in the moment in which its process is there and not yet in hand."""
    running = bench.start("import time\ntime.sleep(60)")
    assert process.there.wait(PATIENCE)
    return running


def test_a_process_that_is_just_being_made_is_dead_before_its_job_has_ended(bench: Bench, process: SlowProcess) -> None:
    """An abort in that moment must not be reported while the process goes on."""
    running = being_made(bench, process)
    running.abort()
    assert not running.ended.is_set()
    process.may_go_on.set()
    assert bench.ending(running).kind is EndingKind.KILLED_BY_ABORT
    assert not process.alive


def test_a_stop_while_the_process_is_being_made_reaches_the_script(bench: Bench, process: SlowProcess) -> None:
    """It ends by itself, as if it had been asked a moment later."""
    running = being_made(bench, process)
    running.request_stop()
    process.may_go_on.set()
    assert bench.ending(running).kind is not EndingKind.EXITED
    assert not process.alive


def test_an_abort_does_not_wait_for_a_process_that_never_comes(
    bench: Bench, process: SlowProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The share may hang in the very moment in which the process is made; what comes of it later is killed."""
    monkeypatch.setattr(starting, "LAUNCH_SECONDS", 0.05)
    running = being_made(bench, process)
    running.abort()
    assert bench.ending(running).kind is EndingKind.KILLED_BY_ABORT
    process.may_go_on.set()
    until(lambda: not process.alive)


def test_a_script_that_is_started_at_once_is_handed_out_as_it_is(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread waits beside an ordinary job. However busy this machine is, its start counts as quick."""
    monkeypatch.setattr(starting, "SOON_SECONDS", PATIENCE)
    running = bench.start("import time\nprint('begun', flush=True)\ntime.sleep(60)")
    bench.wait_for("begun")
    until(none_is_being_started)
    running.abort()
    assert bench.ending(running).kind is EndingKind.KILLED_BY_ABORT
