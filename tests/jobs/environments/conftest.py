"""Scripts with requirements, and a builder in uv's place."""

from __future__ import annotations

import json
import shutil
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.jobs.jobbench import PATIENCE, Bench

if TYPE_CHECKING:
    from collections.abc import Iterator

IMPORTING = "import sys, made_by_fake\nprint(made_by_fake.word, sys.prefix)\n"


def environments(bench: Bench) -> list[str]:
    """What lies in the folder of environments, without the locks."""
    folder = bench.settings.data_dir / "environments"
    return sorted(entry.name for entry in folder.iterdir() if entry.suffix != ".lock") if folder.exists() else []


class FakeUv:
    """See `fake_uv.py`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        script = folder / "fake_uv.py"
        shutil.copyfile(Path(__file__).with_name("fake_uv.py"), script)
        self.program = folder / "uv"
        self.program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)

    def behave(self, how: str) -> None:
        """`fail`, `hang`, `slow`, or well."""
        (self.folder / "behaviour").write_text(how)

    @property
    def calls(self) -> list[dict[str, Any]]:
        """What it was started with: arguments, environment."""
        file = self.folder / "calls"
        return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []

    @property
    def builds(self) -> int:
        """How often it was asked for an environment."""
        return sum(call["arguments"][0] == "venv" for call in self.calls)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A place to run scripts in; nothing of them outlives the test."""
    bench = Bench(tmp_path)
    yield bench
    for running in bench.started:
        running.abort()
        assert running.wait(PATIENCE)


@pytest.fixture
def uv(tmp_path: Path) -> FakeUv:
    """A builder in uv's place."""
    return FakeUv(tmp_path / "fake uv")
