"""A short soak; `python build/dev.py bench soak` is the long one."""

from __future__ import annotations

import sys

import pytest

from tests.bench.soak import plot, soak


@pytest.mark.skipif(sys.platform == "win32", reason="counts file descriptors")
def test_many_jobs_with_random_faults_leave_nothing_behind() -> None:
    """Every job has its one right outcome; threads, files and memory stay, the disk grows by logs and history alone."""
    result = soak(60)
    assert result.problems == []
    assert plot(result.samples).startswith("<svg")
