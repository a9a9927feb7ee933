"""Interpreters that are forked, not started: each is as one that was started, and none shares what it shouldn't."""

from __future__ import annotations

import os
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

import psutil
import pytest

from app.jobs import spares, waiting
from app.jobs.child import stem
from app.jobs.child.spare import ARGUMENT
from app.jobs.interpreter import bundled_interpreter
from app.jobs.processes import forks
from app.jobs.spares import Spares
from tests.jobs.jobbench import PATIENCE, alive, until
from tests.jobs.test_spares import Ahead, ahead, all_children, command_line

if TYPE_CHECKING:
    from pathlib import Path

    from app.jobs.interpreter import Interpreter

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows can't fork")
__all__ = ["ahead"]


def stems() -> set[int]:
    """The processes that are there to be forked."""
    return {pid for pid in all_children() if stem.ARGUMENT in command_line(pid)}


def test_a_fork_is_the_robots_own_child_in_a_session_of_its_own(ahead: Ahead) -> None:
    """Nothing of the process that it was forked from is above it, and that one goes on to the next."""
    ahead.bench.write(
        "import os\nprint(os.getpid(), os.getppid(), os.getsid(0), os.getpgrp(), len(os.listdir('/proc/self/fd')))"
    )
    ahead.spare()
    (origin,) = stems()
    for _ in range(3):
        spare = ahead.spare()
        pid, _ending = ahead.run()
        assert pid == spare.pid != origin
        assert ahead.output() == f"{pid} {os.getpid()} {pid} {pid} 5\n"
    assert stems() == {origin}


def test_forks_draw_their_own_random_numbers(ahead: Ahead) -> None:
    """What is random in one job is not the same in the next."""
    ahead.bench.write("import random, uuid, tempfile\nprint(random.random(), uuid.uuid4(), tempfile.mktemp())")
    seen: set[str] = set()
    for _ in range(3):
        ahead.spare()
        ahead.run()
        seen |= {*ahead.output().split()}
    assert len(seen) == 9


def test_after_some_forks_there_is_another_stem(ahead: Ahead, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Python draws by lot at its start is shared by a number of jobs, not by all."""
    monkeypatch.setattr(waiting, "_FORKS", 2)
    ahead.bench.write("print(hash('lot'))")
    hashes: list[str] = []
    first = None
    for _ in range(4):
        ahead.spare()
        first = first or stems()
        ahead.run()
        hashes.append(ahead.output())
    ahead.spare()
    assert first
    assert not any(map(alive, first))
    assert len(set(hashes)) in (2, 3)


@pytest.mark.parametrize(
    "customized",
    [
        pytest.param(
            "import threading\nthreading.Thread(target=__import__('time').sleep, args=(300,), daemon=True).start()",
            id="thread",
        ),
        pytest.param("kept = open(__file__)", id="file"),
        pytest.param("import of_the_author", id="module"),
    ],
)
def test_an_interpreter_with_something_of_its_own_is_not_forked(
    ahead: Ahead, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, customized: str
) -> None:
    """A thread, a file, a module that isn't Python's: each job has it from its own start."""
    (tmp_path / "sitecustomize.py").write_text(f"import os, sys\n{customized}\nsys.customized = os.getpid()")
    (tmp_path / "of_the_author.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    ahead.bench.write("import os, sys\nprint(sys.customized == os.getpid())")
    for _ in range(2):
        spare = ahead.spare()
        assert not stems()
        pid, _ending = ahead.run()
        assert pid == spare.pid
        assert ahead.output() == "True\n"


@pytest.mark.parametrize("fate", ["killed", "stopped"])
def test_a_stem_that_can_not_be_forked_any_more_costs_nothing_but_time(
    ahead: Ahead, fate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dead or silent: the jobs run, each once, and it has gone."""
    monkeypatch.setattr(waiting, "_FORK_SECONDS", 0.2 if fate == "stopped" else 5.0)
    ahead.bench.write("open('runs', 'a').write('run\\n')")
    ahead.spare()
    (origin,) = stems()
    if fate == "killed":
        psutil.Process(origin).kill()
    else:
        psutil.Process(origin).suspend()
    for _ in range(3):
        _pid, ending = ahead.run()
        assert ending.exit_code == 0
    until(lambda: not alive(origin))
    assert (ahead.bench.scripts / "runs").read_text() == "run\n" * 3


def test_where_a_fork_can_not_reach_the_robot_interpreters_are_started(
    ahead: Ahead, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system may keep one process from another's pipes: that is heard at once, and not tried again."""
    monkeypatch.setattr(forks, "os", SimpleNamespace(**{**vars(os), "getpid": lambda: 1 << 30}))
    ahead.bench.write("print('done')")
    for _ in range(3):
        ahead.runner.expect_job()
        _pid, ending = ahead.run()
        assert ending.exit_code == 0
        assert ahead.output() == "done\n"
    spare = ahead.spare()
    assert not stems()
    assert ahead.run()[0] == spare.pid


def test_one_that_comes_too_late_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for it any more when it is begun, on a busy machine: neither it nor what it is forked from stays."""
    monkeypatch.setattr(spares, "_START_SECONDS", 0.05)
    dismissed = threading.Event()
    before = all_children()
    late = Spares(tmp_path)

    def wish() -> tuple[Interpreter, dict[str, str]]:
        dismissed.wait(PATIENCE)
        return bundled_interpreter(), dict(os.environ)

    late.expect(wish)
    late.dismiss()
    dismissed.set()
    late.close()
    assert not all_children() - before


def test_what_waits_is_called_so(ahead: Ahead) -> None:
    """Whoever looks at the processes sees which one waits for a job and which one is there to be forked."""
    spare = ahead.spare()
    (origin,) = stems()
    assert ARGUMENT in spare.cmdline()
    assert stem.ARGUMENT in command_line(origin)
    ahead.runner.expect_none()
    assert not alive(origin)
    assert not alive(spare.pid)
