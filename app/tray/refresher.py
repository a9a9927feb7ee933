"""Keeps the icon true: one thread, through which every change of image, tooltip and notification passes.

Publishers must not wait for the screen, and a slow taskbar must not hold up the robot.

It ends by `close`: what is queued before it is still shown, then the icon's event loop is told to end.
"""

from __future__ import annotations

import logging
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final

from app.base.threads import OwnedThread
from app.robot.state import RobotState, Snapshot
from app.tray import texts
from app.tray.icon import Face, face_of
from app.tray.notifications import Notification, notifications_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from app.tray.platform_icon import PlatformIcon

JOIN_SECONDS: Final = 3.0  # a screen that is gone may hold the thread for ever
ELAPSED_SECONDS: Final = 5.0  # between two tooltips while a job runs
COUNTDOWN_SECONDS: Final = 1.0  # while the log-off counts down

log = logging.getLogger("robot.tray")


class Refresher:
    """The owned thread between the board and the icon.

    Attributes:
        told: the notification that was shown last and still holds.
    """

    def __init__(self, now: Callable[[], datetime], *, notifications: Callable[[], bool]) -> None:
        self._now = now
        self._notifications = notifications
        self._queue: SimpleQueue[Snapshot | None] = SimpleQueue()
        self._thread: OwnedThread | None = None
        self._shown: tuple[Face, str] | None = None
        self.told: Notification | None = None

    def put(self, snapshot: Snapshot) -> None:
        """Something to show; returns at once, from any thread."""
        self._queue.put(snapshot)

    def close(self) -> None:
        """End, and the icon's loop with it; returns at once, from any thread, also before `start`."""
        self._queue.put(None)

    def start(self, icon: PlatformIcon) -> None:
        """Begin to show; called when the icon takes calls."""
        self._thread = OwnedThread("tray-refresh", lambda _ended: self._run(icon), join_seconds=JOIN_SECONDS)
        self._thread.start()

    def stop(self) -> None:
        """`close`, and wait for the end."""
        self.close()
        if self._thread is not None:
            self._thread.stop()

    def _run(self, icon: PlatformIcon) -> None:
        try:
            self._loop(icon)
        except Exception:
            log.exception("The tray icon could not be refreshed")
        finally:
            icon.close()

    def _loop(self, icon: PlatformIcon) -> None:
        snapshot: Snapshot | None = None
        while True:
            try:
                new = self._queue.get(timeout=_pace(snapshot))
            except Empty:
                new = snapshot
            if new is None:
                return
            self._untell_what_is_over(icon, new)
            for told in notifications_for(snapshot, new, self._now()):
                self._tell(icon, told)
            snapshot = new
            self._wear(icon, snapshot)

    def _tell(self, icon: PlatformIcon, told: Notification) -> None:
        log.info("Notification: %s: %s", told.title, told.text)
        if self._notifications():
            self.told = told
            icon.tell(told.title, told.text)

    def _untell_what_is_over(self, icon: PlatformIcon, snapshot: Snapshot) -> None:
        """“Log-off in 15 seconds” must not stay when it was cancelled."""
        if self.told is not None and self.told.while_in not in {None, snapshot.state}:
            self.told = None
            icon.untell()

    def _wear(self, icon: PlatformIcon, snapshot: Snapshot) -> None:
        shown = face_of(snapshot), texts.tooltip(snapshot, self._now())
        if shown != self._shown:
            icon.wear(*shown)
            self._shown = shown


def _pace(snapshot: Snapshot | None) -> float | None:
    """Seconds until the texts change by themselves; None if only a new snapshot changes them."""
    if snapshot is None:
        return None
    if snapshot.state is RobotState.LEAVING:
        return COUNTDOWN_SECONDS
    return ELAPSED_SECONDS if snapshot.job is not None else None
