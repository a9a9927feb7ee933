"""`robot try` and the Ctrl-C of somebody in a hurry."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

from app.orchestrator.vocabulary import JobStatus
from app.program.trying import trial
from app.settings.model import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a signal that a process sends itself ends it there")


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    """What is ignored here is ignored by every program that a later test starts."""
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP")]
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_ctrl_c_in_the_moment_in_which_the_script_starts_is_a_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process is there and its job not yet in hand: it isn't left behind by an exception."""
    (tmp_path / "mine.py").write_text("import time\ntime.sleep(60)\n", "utf-8")
    values = {"host": "http://127.0.0.1:9", "robot_guid": GUID, "scripts": tmp_path, "data_dir": tmp_path / "data"}
    start = trial.JobRunner.start
    processes: list[Any] = []

    def pressed(*arguments: Any) -> Any:
        job = start(*arguments)
        processes.append(job.identity)
        os.kill(os.getpid(), signal.SIGINT)
        return job

    monkeypatch.setattr(trial.JobRunner, "start", pressed)
    settings = Settings.from_values(values)
    assert trial.Trial(settings, trial.Wanted("mine")).run() is JobStatus.STOPPED
    with pytest.raises(ProcessLookupError):
        os.kill(processes[0].pid, 0)
