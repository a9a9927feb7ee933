"""What the menu holds for a snapshot: a pure model, which the platform's icon shows.

Items that make no sense now are disabled, never hidden: a person finds them at the same place every time.
"""

from __future__ import annotations

from enum import StrEnum, auto
from typing import TYPE_CHECKING, Final

from app.base.dataclass import dataclass
from app.base.i18n import _
from app.robot.state import RobotState
from app.robot.words import seconds_left
from app.tray import texts

if TYPE_CHECKING:
    from datetime import datetime

    from app.robot.state import Snapshot


class Action(StrEnum):
    """What a click asks for."""

    PAUSE = auto()
    RESUME = auto()
    STOP = auto()
    FORCE_STOP = auto()
    CANCEL_LEAVING = auto()
    OPEN = auto()
    JOB_LOG = auto()
    ROBOT_LOG = auto()
    LOGS_FOLDER = auto()
    HISTORY = auto()
    SETTINGS = auto()
    AUTOSTART = auto()
    ORCHESTRATOR = auto()
    CHECK = auto()
    ABOUT = auto()
    CLOSE = auto()


@dataclass(frozen=True)
class MenuEntry:
    """One line of the menu: a command, a submenu (`children`), or a line to read (neither).

    `checked` is None for a line that has no tick at all. `main`: a click on the icon does the same.
    """

    label: str
    action: Action | None = None
    enabled: bool = True
    children: tuple[MenuEntry, ...] = ()
    checked: bool | None = None
    main: bool = False


MAIN: Final = Action.OPEN  # what a click on the icon does, and the menu shows in bold
SEPARATOR: Final = MenuEntry("", enabled=False)


def build_menu(snapshot: Snapshot, now: datetime) -> tuple[MenuEntry, ...]:
    """The whole menu, from top to bottom. `now` is aware.

    A line for what the system hasn't got (the start with Windows on Linux) is left out.
    """
    return (
        _reading(texts.status_line(snapshot, now)),
        _reading(texts.last_outcome_line(snapshot.last, now)),
        _reading(texts.connection_line(snapshot)),
        SEPARATOR,
        MenuEntry(_("Resume"), Action.RESUME) if snapshot.paused else MenuEntry(_("Pause"), Action.PAUSE),
        MenuEntry(_("Stop"), Action.STOP, snapshot.job is not None and snapshot.state is not RobotState.STOPPING),
        MenuEntry(_("Force stop…"), Action.FORCE_STOP, snapshot.job is not None),
        _cancel_leaving(snapshot, now),
        SEPARATOR,
        MenuEntry(_("Open…"), MAIN, main=True),
        MenuEntry(
            _("Logs"),
            children=(
                MenuEntry(_("This job…"), Action.JOB_LOG, _has_job_log(snapshot)),
                MenuEntry(_("Robot…"), Action.ROBOT_LOG),
                MenuEntry(_("Folder…"), Action.LOGS_FOLDER),
            ),
        ),
        MenuEntry(_("History…"), Action.HISTORY, not snapshot.no_settings),
        MenuEntry(_("Settings…"), Action.SETTINGS),
        *_autostart(snapshot),
        MenuEntry(_("Orchestrator…"), Action.ORCHESTRATOR, not snapshot.no_settings),
        MenuEntry(_("Check…"), Action.CHECK),
        MenuEntry(_("About…"), Action.ABOUT),
        SEPARATOR,
        MenuEntry(_("Close program"), Action.CLOSE),
    )


def _reading(text: str) -> MenuEntry:
    return MenuEntry(texts.trim(text, texts.MENU_UNITS), enabled=False)


def _autostart(snapshot: Snapshot) -> list[MenuEntry]:
    starts = snapshot.starts_with_windows
    return [] if starts is None else [MenuEntry(_("Start with Windows"), Action.AUTOSTART, checked=starts)]


def _cancel_leaving(snapshot: Snapshot, now: datetime) -> MenuEntry:
    if snapshot.state is not RobotState.LEAVING:
        return MenuEntry(_("Cancel log-off"), Action.CANCEL_LEAVING, enabled=False)
    left = seconds_left(snapshot.leaving_at, now)
    return MenuEntry(_("Cancel log-off ({n} s)").format(n=left), Action.CANCEL_LEAVING)


def _has_job_log(snapshot: Snapshot) -> bool:
    return snapshot.job is not None or (snapshot.last is not None and snapshot.last.log_file is not None)
