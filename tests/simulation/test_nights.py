"""The simulation itself: it is repeatable, finds what it must find, and the nights that found something stay good."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.simulation.known_bugs import KNOWN_BUGS
from tests.simulation.mutants import ROOT


def simulate(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, as a process."""
    command = [sys.executable, "-m", "tests.simulation", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)


def test_some_nights() -> None:
    """Whatever these seeds bring, every outcome arrives as it was, nothing runs twice, nobody is left in silence."""
    done = simulate("--nights", "400", "--seed", "1")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_seed_is_a_night() -> None:
    """The same seed tells the same story, step by step."""
    first, second = (simulate("--seed", "163", "--tell").stdout for _ in range(2))
    assert "carried out" in first
    assert first == second


@pytest.mark.parametrize("name", KNOWN_BUGS)
def test_a_known_bug_can_be_put_back(name: str) -> None:
    """The piece of source that mends it is there, once: else nobody knows whether the simulation would find it."""
    assert KNOWN_BUGS[name].source()


@pytest.mark.parametrize("name", ["late-8", "leaves-early"])
def test_a_known_bug_is_found(name: str) -> None:
    """A simulation that doesn't find it proves nothing; `dev.py simulate --mutants` tries all of them."""
    done = simulate("--worker", "--first", "--seed", "1", "--nights", "1500", "--mutant", name)
    assert "seed " in done.stdout, done.stdout + done.stderr
