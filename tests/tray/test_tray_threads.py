"""The refresher and the threads of clicks: nothing is lost, nothing is held up, all of them end."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.robot.state import RobotState, Snapshot
from app.tray import refresher as refresher_module
from app.tray.background import Background
from app.tray.icon import Face
from app.tray.refresher import Refresher
from tests.tray.tray_screen import SECONDS, eventually


class Icon:
    """An icon that writes down what it is told."""

    def __init__(self) -> None:
        self.worn: list[tuple[Face, str]] = []
        self.told: list[tuple[str, str]] = []
        self.closed = threading.Event()

    def wear(self, face, tooltip):
        self.worn.append((face, tooltip))

    def tell(self, title, text):
        self.told.append((title, text))

    def untell(self):
        self.told.append(("taken away", ""))

    def close(self):
        self.closed.set()


def shown(*items, notifications: bool = True) -> Icon:
    """The icon after a refresher has worked through `items`."""
    icon, refresher = Icon(), Refresher(lambda: datetime.now(UTC), notifications=lambda: notifications)
    for item in items:
        refresher.put(item)
    refresher.close()
    refresher.start(icon)
    refresher.stop()
    assert icon.closed.is_set()
    return icon


def test_snapshots_are_shown_in_order():
    """What was published before the icon was ready is shown, in order, and the end comes last."""
    icon = shown(Snapshot(connected=True), Snapshot(state=RobotState.OFFLINE, problem="x"), Snapshot(paused=True))
    assert [face for face, _ in icon.worn] == [Face.READY, Face.OFFLINE, Face.PAUSED]


def test_unchanged_look_is_not_set_again():
    """A change that the icon doesn't show doesn't touch it."""
    assert len(shown(Snapshot(connected=True), Snapshot(connected=True, starts_with_windows=True)).worn) == 1


def test_no_failure_is_missed(failed):
    """A failed job is told even when the next snapshot is there already."""
    icon = shown(Snapshot(), Snapshot(last=failed), Snapshot(state=RobotState.WORKING, last=failed))
    assert [title for title, _ in icon.told] == ["Job failed: payroll"]


def test_notifications_can_be_switched_off(failed):
    """With `notifications = false` nothing is shown."""
    icon = shown(Snapshot(), Snapshot(last=failed), notifications=False)
    assert icon.told == []


def test_the_text_of_a_cancelled_log_off_goes(failed):
    """As soon as nobody leaves any more; a failure stays until it is read."""
    leaving = Snapshot(state=RobotState.LEAVING)
    icon = shown(Snapshot(), leaving, Snapshot(stays=True), Snapshot(stays=True, paused=True))
    assert [title.split(" in ")[0] for title, _ in icon.told] == ["Log-off", "taken away"]
    icon = shown(Snapshot(), Snapshot(last=failed), Snapshot(last=failed, state=RobotState.WORKING))
    assert len(icon.told) == 1


def test_elapsed_time_moves_without_a_snapshot(monkeypatch, job):
    """While a job runs the tooltip is refreshed by itself."""
    monkeypatch.setattr(refresher_module, "ELAPSED_SECONDS", 0.01)
    icon, refresher = Icon(), Refresher(lambda: datetime.now(UTC), notifications=lambda: True)
    refresher.put(Snapshot(state=RobotState.WORKING, job=replace(job, started_at=datetime.now(UTC))))
    refresher.start(icon)
    assert eventually(lambda: len(icon.worn) > 1)
    refresher.stop()
    assert icon.worn[0][1] != icon.worn[1][1]


def test_broken_icon_ends_the_loop(caplog):
    """If the icon can't be changed, its loop is ended, so that the program learns of it; the error is logged."""

    class Broken(Icon):
        def wear(self, face, tooltip):
            raise OSError("the taskbar is gone")

    icon, refresher = Broken(), Refresher(lambda: datetime.now(UTC), notifications=lambda: True)
    refresher.put(Snapshot())
    refresher.start(icon)
    assert icon.closed.wait(SECONDS)
    refresher.stop()
    assert "could not be refreshed" in caplog.text


def test_second_click_on_the_same_item_is_ignored():
    """An action that is still at work isn't started again; another one is."""
    background, go, done = Background(), threading.Event(), []
    assert background.start("check", lambda: go.wait(SECONDS))
    assert not background.start("check", lambda: done.append("again"))
    assert background.start("about", lambda: done.append("about"))
    go.set()
    background.close(SECONDS)
    assert done == ["about"]


def test_failing_click_is_logged(caplog):
    """An action that fails is logged and can be tried again."""
    background = Background()
    background.start("history", lambda: 1 // 0)
    assert eventually(lambda: "history" in caplog.text)
    assert eventually(lambda: background.start("history", lambda: None))
    background.close(SECONDS)


def test_closed_background_starts_nothing():
    """After the end no click has an effect."""
    background = Background()
    background.close(0)
    assert not background.start("stop", lambda: pytest.fail("started"))


def test_stuck_action_does_not_hold_up_the_end(caplog):
    """A dialog that nobody answers costs the end a bounded time, and is said."""
    background, go = Background(), threading.Event()
    background.start("about", lambda: go.wait(SECONDS))
    background.close(0.01)
    assert "tray-about" in caplog.text
    go.set()
