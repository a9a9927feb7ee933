"""A job ends and says how, whatever its script leaves in its folder and whatever fails on the way."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import psutil
import pytest

from app.jobs import run_folder, runner
from app.jobs.outcome import EndingKind
from app.jobs.run_folder import remove_tree
from tests.jobs.jobbench import alive, linux

RUN_FOLDER = "import os, pathlib, sys, time\nfolder = pathlib.Path(sys.argv[1].split('|')[3]).parent\n"


@linux
def test_a_deep_tree_in_the_run_folder(bench):
    """Success, and the next job runs; nothing of it is left."""
    ending = bench.run(RUN_FOLDER + "os.chdir(folder)\nfor _ in range(1500):\n    os.mkdir('d')\n    os.chdir('d')")
    assert (ending.kind, ending.exit_code) == (EndingKind.EXITED, 0)
    assert list(bench.runs_dir.iterdir()) == []
    assert bench.run("print('next')").last_line == "next"


@linux
def test_a_tree_deeper_than_any_path_may_be(tmp_path):
    """Folders without rights and links among it: all of it goes, and what the links lead to stays."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    top = tmp_path / "top"
    top.mkdir()
    (top / "moved-0").mkdir()
    here = Path.cwd()
    os.chdir(top)
    for number in range(3000):
        if number % 500 == 0:
            Path("link").symlink_to(outside)
            Path("dangling").symlink_to("nowhere")
            Path("file").write_text("x")
            Path("bare").mkdir()
            Path("bare").chmod(0)
        Path("d").mkdir()
        os.chdir("d")
    os.chdir(here)
    remove_tree(top)
    assert list(tmp_path.iterdir()) == [outside]
    assert (outside / "kept").exists()
    remove_tree(top)  # once more is no error


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param("os.mkfifo(ending)", marks=linux),
        pytest.param("ending.symlink_to('/dev/zero')", marks=linux),
        pytest.param("os.truncate(os.open(ending, os.O_CREAT | os.O_WRONLY), 60 * 10**9)", marks=linux),
        "ending.mkdir()",
    ],
    ids=["pipe", "link", "60 GB", "folder"],
)
def test_anything_where_the_hosts_word_should_be(bench, ending):
    """The robot reads nothing that could hold it up, and judges by the exit code."""
    running = bench.start(
        RUN_FOLDER
        + f"ending = folder / 'ending'\n{ending}\n"
        + "try:\n    print('ready')\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    os._exit(3)"
    )
    bench.wait_for("ready")
    running.request_stop()
    found = bench.ending(running)
    assert (found.kind, found.exit_code) == (EndingKind.EXITED, 3)
    assert list(bench.runs_dir.iterdir()) == []


def test_a_folder_that_cannot_be_removed_now_is_removed_later(bench, monkeypatch):
    """The job ends as it should, the next one gets a folder of its own, and with it the old one goes."""

    def busy(path: Path) -> None:
        raise PermissionError(13, "in use", str(path))

    monkeypatch.setattr(run_folder, "remove_tree", busy)
    jobs = runner.JobRunner(bench.settings, bench.runs_dir)
    for name in ("job-1", "job-1.2"):
        bench.write("print('done')")
        order = runner_order()
        assert bench.ending(jobs.start(order, bench.log, bench.mark)).last_line == "done"
        assert (bench.runs_dir / name).is_dir()
    monkeypatch.undo()
    assert bench.ending(jobs.start(runner_order(), bench.log, bench.mark)).last_line == "done"
    assert list(bench.runs_dir.iterdir()) == []


def runner_order():
    """The same job each time."""
    from app.orchestrator.vocabulary import JobOrder

    return JobOrder("job-1", "script")


def failing(*_args: object, **_options: object) -> None:
    """Whatever could be thought of, and more."""
    raise RuntimeError("not foreseen")


@pytest.mark.parametrize("step", ["finish", "close", "wait"])
def test_a_step_of_the_supervision_that_fails(bench, monkeypatch, step):
    """The job ends all the same, and what is not known is said."""
    running = bench.start("import time\nprint('ready')\ntime.sleep(60)")
    bench.wait_for("ready")
    assert running.identity
    if step == "wait":
        running.abort()
        bench.ending(running)
    real = getattr(type(running._tree), step)

    def done_and_failed(tree: object) -> None:
        real(tree)
        raise RuntimeError("not foreseen")

    monkeypatch.setattr(type(running._tree), step, failing if step == "wait" else done_and_failed)
    if step == "wait":
        running = bench.start()
    else:
        running.abort()
    ending = bench.ending(running)
    assert ending.exit_code != 0
    assert running.identity
    assert not alive(running.identity.pid)
    if step == "wait":
        assert (ending.kind, ending.exit_code) == (EndingKind.EXITED, None)
        assert "lost sight of the script" in ending.message
        assert ending.message in bench.text()


@pytest.mark.parametrize("step", ["finish", "last_line"])
def test_a_log_that_fails(bench, monkeypatch, step):
    """The outcome is told without its last line."""
    monkeypatch.setattr(runner.OutputLog, step, failing)
    ending = bench.run("print('done')")
    assert (ending.kind, ending.exit_code) == (EndingKind.EXITED, 0)
    assert list(bench.runs_dir.iterdir()) == []


def test_a_machine_without_a_thread_to_spare(bench, monkeypatch):
    """A script that nobody could watch is not left running, and the job says why."""
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == "job supervisor":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    ending = bench.run("import time; time.sleep(60)")
    assert ending.kind is EndingKind.NOT_STARTED
    assert "can't start new thread" in ending.message
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before
    assert list(bench.runs_dir.iterdir()) == []


@pytest.mark.parametrize("what", ["listdir", "timer"])
def test_a_machine_without_a_file_or_a_thread_to_spare_at_the_end(bench, monkeypatch, what):
    """Stop and Abort are passed on, and the job ends by them."""
    running = bench.start("import time\nprint('ready')\ntime.sleep(60)", stop_timeout=30)
    bench.wait_for("ready")
    with monkeypatch.context() as patch:
        if what == "timer":
            patch.setattr(threading.Timer, "start", failing)
        else:
            patch.setattr("app.jobs.child.procfs.all_stats", failing)
        running.request_stop() if what == "timer" else running.abort()
        ending = bench.ending(running)
    assert ending.kind is (EndingKind.STOPPED_ITSELF if what == "timer" else EndingKind.KILLED_BY_ABORT)


def test_output_that_cannot_be_taken_in(bench, monkeypatch):
    """The script goes on to its end although a part of its output is lost."""
    take, calls = runner.OutputLog._take, []

    def fail_once(log: runner.OutputLog, data: memoryview) -> None:
        calls.append(len(data))
        if len(calls) == 1:
            raise MemoryError
        take(log, data)

    monkeypatch.setattr(runner.OutputLog, "_take", fail_once)
    assert bench.run("import time\nprint('lost')\ntime.sleep(.2)\nprint('kept')").last_line == "kept"
