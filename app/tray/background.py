"""Threads for what a click starts: the tray's own loop is never held up, and the end waits for all of them.

Opening a page or asking a question may take as long as a person takes. Each action has at most one thread: a second
click on an item that is still at work does nothing. `close` waits a bounded time; dialogs are dismissed before it.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from app.base.threads import OwnedThread

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("robot.tray")


class Background:
    """Owns the threads of clicks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._threads: dict[str, OwnedThread] = {}
        self._closed = False

    def start(self, name: str, work: Callable[[], None]) -> bool:
        """Run `work` in a thread of its own; False if `name` is still at work or this is closed."""
        with self._lock:
            running = self._threads.get(name)
            if self._closed or (running is not None and running.alive):
                return False
            # Left behind at the end: a program that is told to end doesn't wait for a person who went home.
            thread = self._threads[name] = OwnedThread(f"tray-{name}", lambda _ended: self._guarded(name, work))
            thread.start()
        return True

    @staticmethod
    def _guarded(name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:
            log.exception("The tray could not do what was asked: %s", name)

    def close(self, seconds: float) -> None:
        """Take no more work and wait, at most `seconds`, for what is running."""
        with self._lock:
            self._closed = True
            threads = list(self._threads.values())
        deadline = time.monotonic() + seconds
        for thread in threads:
            thread.stop(max(0.0, deadline - time.monotonic()))
