"""The tray: puts board, robot and icon together, on the main thread.

    robot threads ── snapshots ──▶ Refresher ── image, tooltip, notification ──▶ icon (main thread)
    icon ── click ──▶ Background ── Clicks ──▶ RobotControls, TrayActions

Order of the end: the board no longer calls; the refresher shows what is queued and ends the icon's loop; open
dialogs are dismissed; the threads of clicks are joined. Nothing here ends the robot: the program's root does.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from app.tray import dialogs
from app.tray.background import Background
from app.tray.clicks import Clicks, TrayActions
from app.tray.menu import MAIN, Action, MenuEntry, build_menu
from app.tray.platform_icon import IconEvents, PlatformIcon, TrayUnavailableError
from app.tray.refresher import JOIN_SECONDS, Refresher

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.robot.state import RobotControls, StateBoard

__all__ = ["Tray", "TrayActions", "TrayUnavailableError"]

LOOK_SECONDS: Final = 0.3  # that a menu waits for

log = logging.getLogger("robot.tray")


class Tray:
    """The icon with its menu. Created anywhere; `run` belongs to the main thread.

    Args:
        board: what to show.
        controls: what a person may ask of the robot.
        actions: what else the program offers.
        notifications: asked each time whether notifications are shown; the settings may change while the robot runs.
            They are logged in any case.
        before_menu: looks at what the menu shows and the robot doesn't publish; a slow one doesn't hold the menu up.
    """

    def __init__(
        self,
        board: StateBoard,
        controls: RobotControls,
        actions: TrayActions,
        *,
        notifications: Callable[[], bool],
        before_menu: Callable[[], None] | None = None,
    ) -> None:
        self._board = board
        self._actions = actions
        self._before_menu = before_menu
        self._clicks = Clicks(board, controls, actions)
        self._background = Background()
        self._refresher = Refresher(_now, notifications=notifications)
        self._closing = threading.Event()

    def run(self) -> None:
        """Show the icon and serve it until `close`; blocks.

        Raises:
            TrayUnavailableError: there is no place for an icon, or it was lost. The robot can go on without it.
        """
        icon = _create_icon(
            IconEvents(
                menu=self._menu,
                chosen=self._chosen,
                clicked=lambda: self._chosen(MAIN),
                told_clicked=self._told_clicked,
                background=self._background.start,
            )
        )
        unsubscribe = self._board.subscribe(self._refresher.put)
        try:
            icon.show(ready=lambda: self._refresher.start(icon))
        finally:
            unsubscribe()
            self._refresher.stop()
            dialogs.dismiss()
            self._background.close(JOIN_SECONDS)
        if not self._closing.is_set():
            raise TrayUnavailableError("the tray icon was lost")

    def close(self) -> None:
        """End `run`; returns at once, from any thread."""
        self._closing.set()
        self._refresher.close()

    def _menu(self) -> tuple[MenuEntry, ...]:
        look = self._before_menu
        if look is not None:
            looked = threading.Event()

            def work() -> None:
                look()
                looked.set()

            if self._background.start("look", work):
                looked.wait(LOOK_SECONDS)
        return build_menu(self._board.snapshot, _now())

    def _told_clicked(self) -> None:
        """A notification was clicked: do what it is about."""
        told = self._refresher.told
        if told is None:
            return
        if told.page:
            log.info("Clicked on a notification: %s", told.page)
            self._background.start("told", lambda: self._actions.open_page(told.page))
        else:
            self._chosen(told.action)

    def _chosen(self, action: Action) -> None:
        log.info("Chosen in the tray: %s", action)
        self._background.start(action, lambda: self._clicks.carry_out(action))


def _now() -> datetime:
    return datetime.now(UTC)


def _create_icon(events: IconEvents) -> PlatformIcon:
    """The icon of this platform; raises TrayUnavailableError."""
    try:
        if sys.platform == "win32":
            from app.tray.windows.icon import Win32Icon

            return Win32Icon(events)
        # pystray chooses its backend when it is imported; GTK's would want a main loop of its own.
        os.environ.setdefault("PYSTRAY_BACKEND", "xorg")
        from app.tray.linux.icon import X11Icon

        return X11Icon(events)
    except TrayUnavailableError:
        raise
    except Exception as error:  # no desktop or display: a class of Xlib, whose import needs one
        raise TrayUnavailableError(f"the icon can't be made: {error}") from error
