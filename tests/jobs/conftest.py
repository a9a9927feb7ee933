"""A scripts folder and a runner for it: every test here starts real processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.jobs.jobbench import PATIENCE, Bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A place to run scripts in; nothing of them outlives the test."""
    bench = Bench(tmp_path)
    yield bench
    for running in bench.started:
        running.abort()
        assert running.wait(PATIENCE)
