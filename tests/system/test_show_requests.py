"""A robot that runs shows itself to whoever starts it once more."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import pytest

from app.system.show_requests import ShowRequests, ask_to_open, ask_to_show

if TYPE_CHECKING:
    from pathlib import Path

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"
OTHER = "5a9db0c5-0000-4000-8000-000000000001"
PATIENCE = 10


@pytest.fixture(autouse=True)
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this user's locks, as `SingleInstance` has made it."""
    if sys.platform != "win32":
        monkeypatch.setattr("app.system.show_requests.user_state_dir", lambda: tmp_path)
    (tmp_path / "locks").mkdir()
    return tmp_path / "locks"


def test_each_start_is_heard(locks: Path) -> None:
    """By this robot however its GUID is written, and by no other one; afterwards nothing is left."""
    heard = threading.Semaphore(0)
    other = threading.Semaphore(0)
    asked = threading.Semaphore(0)
    with ShowRequests(GUID, heard.release, asked.release), ShowRequests(OTHER, other.release, other.release):
        for _start in range(2):
            ask_to_show(GUID.upper())
            assert heard.acquire(timeout=PATIENCE)
        assert ask_to_open(GUID.upper())
        assert asked.acquire(timeout=PATIENCE)
        assert not heard.acquire(blocking=False)
        assert not other.acquire(blocking=False)
    assert not heard.acquire(blocking=False)
    assert list(locks.iterdir()) == []


def test_nobody_is_asked_in_vain() -> None:
    """Where no robot runs, nothing happens, and whoever wants the page is told so."""
    ask_to_show(GUID)
    assert not ask_to_open(GUID)


@pytest.mark.skipif(sys.platform == "win32", reason="an event goes with its process")
def test_what_a_killed_robot_has_left_is_taken_over(locks: Path) -> None:
    """Its socket lies there and nobody listens."""
    with ShowRequests(GUID, lambda: None, lambda: None):
        name = next(locks.iterdir()).name
    (locks / name).touch()
    heard = threading.Event()
    with ShowRequests(GUID, heard.set, lambda: None):
        ask_to_show(GUID)
        assert heard.wait(PATIENCE)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody can be asked by such a path")
def test_a_long_path_keeps_nobody_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home deep down is longer than a socket's address may be."""
    deep = tmp_path / ("д" * 80) / ("e" * 80)
    (deep / "locks").mkdir(parents=True)
    monkeypatch.setattr("app.system.show_requests.user_state_dir", lambda: deep)
    heard = threading.Event()
    with ShowRequests(GUID, lambda: None, heard.set):
        assert ask_to_open(GUID)
        assert heard.wait(PATIENCE)
    assert list((deep / "locks").iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows needs no file for it")
def test_without_a_place_the_robot_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in which no socket can be made is no reason not to work."""
    monkeypatch.setattr("app.system.show_requests.user_state_dir", lambda: tmp_path / ("x" * 200))
    with ShowRequests(GUID, lambda: pytest.fail("nobody asks"), lambda: pytest.fail("nobody asks")):
        ask_to_show(GUID)
