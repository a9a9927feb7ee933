"""The real icon on a virtual screen: looked at, clicked, asked for its name."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from PIL import ImageChops

from app.robot.state import RobotState, Snapshot, StateBoard
from app.tray import dialogs
from app.tray.icon import Face
from app.tray.menu import Action, build_menu
from app.tray.tray import Tray, TrayUnavailableError
from tests.tray.tray_screen import SECONDS, Screen, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.screen

LEFT, RIGHT = 1, 3
FACES = {
    Face.READY: Snapshot(connected=True),
    Face.PAUSED: Snapshot(connected=True, paused=True),
    Face.WORKING: Snapshot(state=RobotState.WORKING),
    Face.STOPPING: Snapshot(state=RobotState.STOPPING),
    Face.LEAVING: Snapshot(state=RobotState.LEAVING),
    Face.OFFLINE: Snapshot(state=RobotState.OFFLINE),
    Face.ERROR: Snapshot(state=RobotState.ERROR),
}


class Desk:
    """A person at the screen: sees the icon, opens its menu, clicks."""

    def __init__(self, screen: Screen, board: StateBoard) -> None:
        self.screen = screen
        self.board = board
        self.icon = eventually(lambda: screen.window("robotSystemTrayIcon"))
        assert self.icon, "the icon did not show"

    def show(self, snapshot: Snapshot) -> None:
        """Publish all of a snapshot."""
        self.board.publish(**{name: getattr(snapshot, name) for name in snapshot.__dataclass_fields__})

    def click_icon(self, button: int, times: int = 1) -> None:
        left, top, width, height = self.screen.place(self.icon)
        self.screen.click(left + width // 2, top + height // 2, button, times=times)

    def menu(self):
        return self.screen.window("robot-menu")

    def click_entry(self, index: int, entries) -> None:
        """Click one entry of the menu with these entries, where it is drawn."""
        from app.tray.linux.popup import MARGIN, layout

        rows = layout(entries)
        place = eventually(lambda: self.screen.place_of_popup(rows[-1][2] + MARGIN))
        assert place, "the menu did not open"
        left, top, width, _height = place
        _entry, upper, lower = rows[index]
        self.screen.click(left + width // 2, top + (upper + lower) // 2)

    def choose(self, action: Action) -> None:
        """Through the menu, and the submenu that takes its place, to an action."""
        assert eventually(lambda: self.menu() is None)
        self.click_icon(RIGHT)
        entries = build_menu(self.board.snapshot, datetime.now(UTC))
        for index, entry in enumerate(entries):
            if entry.action is action:
                return self.click_entry(index, entries)
            for place, child in enumerate(entry.children):
                if child.action is action:
                    self.click_entry(index, entries)
                    return self.click_entry(place, entry.children)
        raise AssertionError(action)


@pytest.fixture
def desk(screen, recorder) -> Iterator[Desk]:
    """The tray of a recording robot, and a person before it; the tray ends without leaving a thread."""
    before = set(threading.enumerate())
    board = StateBoard(Snapshot(connected=True))
    tray = Tray(board, recorder, recorder, notifications=lambda: True)
    thread = threading.Thread(target=tray.run)
    thread.start()
    try:
        yield Desk(screen, board)
    finally:
        tray.close()
        thread.join(SECONDS)
        assert not thread.is_alive()
        assert eventually(lambda: screen.window("robotSystemTrayIcon") is None)
        assert eventually(lambda: set(threading.enumerate()) <= before), threading.enumerate()


def test_faces_look_different(desk):
    """The tray shows each face pixel by pixel, and in shades of grey no two are alike."""
    from app.tray.linux.icon import cell_image

    seen = {}
    for face, snapshot in FACES.items():
        desk.show(snapshot)
        drawn = cell_image(face, *desk.screen.place(desk.icon)[2:])
        assert eventually(lambda wanted=drawn: desk.screen.picture(desk.icon) == wanted), face
        seen[face] = desk.screen.picture(desk.icon).convert("L")
    for one, other in combinations(seen, 2):
        difference = ImageChops.difference(seen[one], seen[other])
        assert sum(value > 60 for value in difference.get_flattened_data()) >= 15, (one, other)


def test_tooltip_names_state_job_and_time(desk, job):
    """The tooltip is the icon's name in UTF-8, Cyrillic included."""
    started = datetime.now(UTC) - timedelta(seconds=75)
    desk.board.publish(state=RobotState.WORKING, job=replace(job, name="Счета", started_at=started))
    assert eventually(lambda: desk.screen.title(desk.icon).startswith("Robot: Working: Счета — 1:1"))


def test_every_item_is_clicked(desk, recorder, job):
    """With a job running, every item that makes sense then does its own when it is clicked on the screen."""
    desk.board.publish(state=RobotState.WORKING, job=job)
    clicked = {
        Action.PAUSE: "pause",
        Action.STOP: "stop_job",
        Action.FORCE_STOP: "abort_job",
        Action.OPEN: "open_page",
        Action.JOB_LOG: "open_job_log",
        Action.ROBOT_LOG: "open_robot_log",
        Action.LOGS_FOLDER: "open_logs_folder",
        Action.HISTORY: "open_history",
        Action.SETTINGS: "open_settings",
        Action.ORCHESTRATOR: "open_orchestrator",
        Action.CHECK: "run_check",
        Action.ABOUT: "show_about",
        Action.CLOSE: "quit",
    }
    for count, (action, call) in enumerate(clicked.items(), 1):
        desk.choose(action)
        assert eventually(lambda wanted=count: len(recorder.calls) == wanted), action
        assert recorder.calls[-1] == call
    assert len(recorder.questions) == 2


def test_items_of_other_states(desk, recorder):
    """Resume and Cancel log-off are clicked in the states where they make sense."""
    desk.board.publish(paused=True)
    desk.choose(Action.RESUME)
    assert eventually(lambda: recorder.calls == ["resume"])
    desk.board.publish(state=RobotState.LEAVING, leaving_at=datetime.now(UTC) + timedelta(seconds=30))
    desk.choose(Action.CANCEL_LEAVING)
    assert eventually(lambda: recorder.calls == ["resume", "cancel_leaving"])


def test_disabled_item_does_nothing(desk, recorder):
    """A click on an item that makes no sense leaves the menu open; Escape closes it."""
    desk.choose(Action.STOP)
    assert desk.menu() is not None
    assert eventually(lambda: desk.screen.press_escape() or desk.menu() is None)
    assert recorder.calls == []


def test_click_elsewhere_closes_the_menu(desk, recorder):
    """The menu goes away when the person clicks somewhere else."""
    desk.click_icon(RIGHT)
    assert eventually(desk.menu)
    assert eventually(lambda: desk.screen.click(5, 5) or desk.menu() is None)
    assert recorder.calls == []


def test_a_click_opens_the_page(desk, recorder):
    """A left click is Open; a double click is one click."""
    desk.click_icon(LEFT, times=2)
    assert eventually(lambda: recorder.calls == ["open_page"])
    desk.choose(Action.ABOUT)
    assert eventually(lambda: recorder.calls == ["open_page", "show_about"])


NOTIFY_SEND = """#!/bin/sh
cd "$(dirname "$0")"
echo "$*" >> told
case "$*" in *--action=default*) ;; *) exit 0 ;; esac
[ -e old ] && exit 1
while [ ! -e click ]; do sleep 0.05; done
echo default
"""


@pytest.fixture
def desktop(tmp_path, monkeypatch):
    """A desktop that shows notifications: those told stand in `told`, a file `click` clicks, `old` knows no clicks."""
    program = tmp_path / "notify-send"
    program.write_text(NOTIFY_SEND)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path


def test_a_click_on_a_notification_leads_to_the_run(desktop, desk, recorder, failed):
    """In one click, to the job that failed last; an older notification does nothing any more."""
    desk.board.publish(last=failed)
    assert eventually((desktop / "told").exists)
    desk.board.publish(last=replace(failed, guid="guid-9", name="rates"))
    assert eventually(lambda: "rates" in (desktop / "told").read_text())
    (desktop / "click").touch()
    assert eventually(lambda: recorder.calls == ["open_page history/guid-9"])


def test_a_desktop_without_clicks_shows_the_notification(desktop, desk, recorder, failed):
    """An older notify-send is asked without."""
    (desktop / "old").touch()
    desk.board.publish(last=failed)
    assert eventually(lambda: (desktop / "told").exists() and len((desktop / "told").read_text().splitlines()) == 2)
    assert recorder.calls == []


def test_open_menu_does_not_hold_up_the_end(desk):
    """The tray ends while its menu is open (the fixture waits for that)."""
    desk.click_icon(RIGHT)
    assert eventually(desk.menu)


@pytest.mark.parametrize(("line", "answer"), [(-1, True), (-2, False)])
def test_question(screen, line, answer):
    """A question is asked in the middle of the screen and answered by a click."""
    assert eventually(lambda: screen.window("robot-menu") is None)  # that of another test
    answers = []
    thread = threading.Thread(target=lambda: answers.append(dialogs.confirm("Force stop", "Stop “invoices” at once?")))
    thread.start()
    box = eventually(lambda: screen.window("robot-menu"))
    left, top, width, height = screen.place(box)
    from app.tray.linux.popup import MARGIN, ROW

    screen.click(left + width // 2, top + height - MARGIN + line * ROW + ROW // 2)
    thread.join(SECONDS)
    assert answers == [answer]


def test_dismissed_question_is_a_no(screen):
    """When the program ends, an open question counts as answered with No."""
    answers = []
    thread = threading.Thread(target=lambda: answers.append(dialogs.confirm("Close program", "Sure?")))
    thread.start()
    assert eventually(lambda: screen.window("robot-menu"))
    dialogs.dismiss()
    thread.join(SECONDS)
    assert answers == [False]


@pytest.mark.usefixtures("screen")
def test_closed_before_it_runs(recorder):
    """A tray that is closed before its loop begins ends at once."""
    tray = Tray(StateBoard(), recorder, recorder, notifications=lambda: True)
    tray.close()
    tray.run()


@pytest.mark.usefixtures("screen")
def test_screen_without_a_tray(monkeypatch, recorder):
    """Where there is no tray, that is said by an error of its own, and nothing is left running."""
    before = set(threading.enumerate())
    with Screen(with_tray=False) as bare:
        monkeypatch.setenv("DISPLAY", bare.display_name)
        with pytest.raises(TrayUnavailableError, match="no tray"):
            Tray(StateBoard(), recorder, recorder, notifications=lambda: True).run()
    assert eventually(lambda: set(threading.enumerate()) <= before)


@pytest.mark.usefixtures("screen")
def test_no_screen(monkeypatch, recorder):
    """Without an X display the error says so."""
    monkeypatch.delenv("DISPLAY")
    with pytest.raises(TrayUnavailableError, match="can't be made"):
        Tray(StateBoard(), recorder, recorder, notifications=lambda: True).run()


@pytest.mark.usefixtures("screen")
def test_lost_tray(monkeypatch, recorder):
    """If the tray goes away the program learns of it, so that the robot can go on without; nothing is left running."""
    before = set(threading.enumerate())
    board = StateBoard(Snapshot(connected=True))
    with Screen() as other:
        monkeypatch.setenv("DISPLAY", other.display_name)
        lost = []

        def run():
            with pytest.raises(TrayUnavailableError) as raised:
                Tray(board, recorder, recorder, notifications=lambda: True).run()
            lost.append(str(raised.value))

        thread = threading.Thread(target=run)
        thread.start()
        assert eventually(lambda: other.window("robotSystemTrayIcon"))
        other.end("trayer")
        board.publish(paused=True)
        thread.join(SECONDS)
        assert lost == ["the tray icon was lost"]
    assert eventually(lambda: set(threading.enumerate()) <= before)
