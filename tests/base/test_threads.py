"""Threads with an owner: told to end, waited for, never in silence."""

from __future__ import annotations

import threading

import pytest

from app.base.threads import OwnedThread


def test_it_runs_until_it_is_told_to_end():
    """Inside the context the thread runs under its name; after it the thread has gone."""
    ran = threading.Event()

    def run(ended: threading.Event) -> None:
        ran.set()
        ended.wait()

    with OwnedThread("diligent", run) as owned:
        assert ran.wait(5)
        assert "diligent" in {thread.name for thread in threading.enumerate()}
        assert owned.alive
    assert "diligent" not in {thread.name for thread in threading.enumerate()}
    assert not owned.alive


def test_one_that_does_not_end_is_left_behind_and_named(caplog):
    """The owner waits no longer than it said, and the log has the thread's name."""
    free = threading.Event()
    owned = OwnedThread("stubborn", lambda _ended: free.wait(), join_seconds=0.01)
    owned.start()
    try:
        assert not owned.stop()
        assert "stubborn" in caplog.text
    finally:
        free.set()
    assert owned.stop()


def test_what_it_raises_is_logged(caplog):
    """A defect is in the log with its traceback, and the owner goes on."""

    def fail(_ended: threading.Event) -> None:
        raise ZeroDivisionError("nobody foresaw this")

    owned = OwnedThread("broken", fail)
    owned.start()
    assert owned.stop()
    assert "broken" in caplog.text
    assert "nobody foresaw this" in caplog.text


def test_one_that_was_never_started_can_be_stopped():
    """Owners that fail half-way through their start need no care."""
    assert OwnedThread("idle", lambda _ended: None).stop()


def test_it_may_stop_itself():
    """On the thread itself nothing is waited for, which would be for ever."""
    said: list[bool] = []
    owned: OwnedThread
    owned = OwnedThread("own", lambda _ended: said.append(owned.stop()))
    owned.start()
    assert owned.stop()
    assert said == [False]


def test_it_runs_once():
    """A second start is a defect of the owner."""
    with OwnedThread("once", lambda ended: ended.wait()) as owned, pytest.raises(RuntimeError):
        owned.start()
