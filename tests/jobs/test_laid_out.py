"""What a script will find is laid out before it is known whether it runs at all. That the share hangs is played."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from app.jobs.outcome import EndingKind
from app.jobs.runner import JobRunner
from app.orchestrator.vocabulary import JobOrder
from tests.jobs.jobbench import GUID, Bench, none_is_being_started, until

if TYPE_CHECKING:
    from pathlib import Path

    from app.jobs.starting import StartingJob

ORDER = JobOrder("job-1", "script", "version-1", {"name": "a task"})


def laid_out(bench: Bench) -> StartingJob:
    """A job that waits for its start, with all that belongs to it."""
    job = JobRunner(bench.settings, bench.runs_dir).ready(ORDER, bench.log, bench.mark)
    until((bench.runs_dir / "job-1" / "task.json").exists)
    return job


def private(bench: Bench) -> list[Path]:
    """What lies in the private folders of runs."""
    return list(bench.runs_dir.rglob("*")) if bench.runs_dir.exists() else []


def test_a_script_is_looked_at_only_when_it_is_started(bench: Bench) -> None:
    """What lies there then is what runs, whatever lay there before."""
    bench.write("print('of before')")
    with laid_out(bench) as job:
        bench.write("import os\nprint(open(os.environ['ROBOT_TASK_FILE']).read())")
        running = job.start()
    assert bench.ending(running).exit_code == 0
    assert bench.output() == '{"name": "a task"}\n'
    assert private(bench) == []


def test_nothing_is_left_of_a_job_that_is_never_started(bench: Bench) -> None:
    """No private file, no thread; its log says that it was not started."""
    bench.write("open('ran', 'w').close()")
    with laid_out(bench):
        assert any(GUID in file.read_text("utf-8") for file in private(bench) if file.name == "settings.txt")
    assert private(bench) == []
    assert none_is_being_started()
    assert not (bench.scripts / "ran").exists()
    assert "aborted before its script was started" in bench.text()


def test_nothing_is_left_of_a_job_that_is_given_up_at_once(bench: Bench) -> None:
    """However far it has come with what it lays out."""
    for _ in range(20):
        with JobRunner(bench.settings, bench.runs_dir).ready(ORDER, bench.log, bench.mark):
            pass
        assert private(bench) == []
    assert none_is_being_started()


@pytest.mark.parametrize("wish", ["abort", "request_stop"])
def test_private_files_go_although_the_share_still_hangs(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, wish: str
) -> None:
    """A job that is ended while its script is looked for leaves its credential nowhere until the share answers."""
    looks, answers = threading.Event(), threading.Event()

    def hang(_root: Path, _name: str) -> None:
        looks.set()
        answers.wait(60)
        raise OSError("gone")

    monkeypatch.setattr("app.jobs.runner.find_script", hang)
    with laid_out(bench) as job:
        running = job.start()
        assert looks.wait(60)
        getattr(running, wish)()
        assert bench.ending(running).kind in {EndingKind.KILLED_BY_ABORT, EndingKind.STOPPED_ITSELF}
        assert private(bench) == []
    answers.set()
    until(none_is_being_started)


def test_a_place_that_cannot_be_made_fails_the_job(bench: Bench) -> None:
    """It says which; the script doesn't run."""
    bench.write("open('ran', 'w').close()")
    bench.runs_dir.write_text("somebody's")
    ending = bench.run()
    assert ending.kind is EndingKind.NOT_STARTED
    assert str(bench.runs_dir) in ending.message
    assert not (bench.scripts / "ran").exists()
