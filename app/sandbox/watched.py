"""Something that others look at while it changes."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable


class Watched:
    """Says when it has changed. Every method may be called from any thread.

    Attributes:
        version: grows with every change.
        changed: the lock of everything that may change; notified of every change.
    """

    def __init__(self) -> None:
        self.version = 0
        self.changed = threading.Condition(threading.RLock())
        self._listeners: list[Callable[[], None]] = []

    def wait_for(self, predicate: Callable[[Self], bool], timeout: float) -> bool:
        """Wait until `predicate(self)` holds, looking after every change; False after `timeout` seconds."""
        with self.changed:
            return self.changed.wait_for(lambda: predicate(self), timeout)

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after every change, from the changing thread; returns the way to end that."""
        with self.changed:
            self._listeners.append(listener)

        def unsubscribe() -> None:
            with self.changed:
                self._listeners.remove(listener)

        return unsubscribe

    def touch(self) -> None:
        """Something has changed."""
        with self.changed:
            self.version += 1
            self.changed.notify_all()
            for listener in self._listeners:
                listener()
