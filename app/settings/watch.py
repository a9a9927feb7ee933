"""Notices that a settings file was changed, made or removed, or that a policy was."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING, Final, Self

from app.base.threads import OwnedThread
from app.settings import policy

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable
    from pathlib import Path

log = logging.getLogger("robot.settings")
LOOK_SECONDS: Final = 2.0


class SettingsWatch:
    """Calls `on_change` on a thread of its own when one of `files` has another time or size than before.

    So it does when the policies are others than before.

    Before means: when this object was made. Make it before the files are read for the first time, and no change is
    missed, however long the start takes. What `on_change` raises is logged; it is called again with each look until it
    has taken the change.

    Looking every two seconds needs no library and also works on network drives, where change notices get lost.
    """

    def __init__(
        self, files: Iterable[Path], on_change: Callable[[], None], look_seconds: float = LOOK_SECONDS
    ) -> None:
        self._files = tuple(files)
        self._on_change = on_change
        self._look_seconds = look_seconds
        self._taken = self._look()
        self._complained_of = self._taken
        self._thread = OwnedThread("robot-settings-watch", self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.stop()

    def _look(self) -> list[object]:
        seen: list[object] = [policy.policy_layers()]
        for file in self._files:
            found = None
            with contextlib.suppress(OSError):
                stat = file.stat()
                found = (stat.st_mtime_ns, stat.st_size)
            seen.append(found)
        return seen

    def _run(self, ended: threading.Event) -> None:
        while not ended.wait(self._look_seconds):
            now = self._look()  # before the files are read: what is saved meanwhile is seen next time
            if now == self._taken:
                continue
            try:
                self._on_change()
            except Exception:
                if now != self._complained_of:
                    log.exception("The changed settings can't be taken; it is tried again")
                self._complained_of = now
            else:
                self._taken = now
