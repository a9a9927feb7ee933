"""Threads that have an owner: whoever starts one tells it to end, and waits for that a bounded time."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("robot.program")


class OwnedThread:
    """Runs `run(ended)` on a thread of its own while the context lasts, or from `start` to `stop`.

    Args:
        name: of the thread, for logs.
        run: returns soon after the event that it is handed is set; what it raises is logged.
        join_seconds: how long `stop` waits for that. A thread that takes longer is named in the log and left behind: it
            is a daemon, so that a hanging name server or network drive can't keep the program from ending.

    Attributes:
        ended: set by `stop`: the thread is asked to end.
    """

    def __init__(self, name: str, run: Callable[[threading.Event], object], *, join_seconds: float = 5.0) -> None:
        self.ended = threading.Event()
        self._run = run
        self._join_seconds = join_seconds
        self._thread = threading.Thread(target=self._guarded, name=name, daemon=True)

    @property
    def alive(self) -> bool:
        """It was started and hasn't ended."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin. RuntimeError if it was started before."""
        self._thread.start()

    def stop(self, seconds: float | None = None) -> bool:
        """Ask the thread to end and wait for it, at most `seconds` if they are given; True once it has ended.

        True as well if it was never started. Called on the thread itself it only asks: False.
        """
        patience = self._join_seconds if seconds is None else seconds
        self.ended.set()
        if self._thread is threading.current_thread():
            return False
        if self._thread.ident is not None:
            self._thread.join(patience)
        if self._thread.is_alive():
            log.warning("The thread %s doesn't end: %g s", self._thread.name, patience)
            return False
        return True

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def _guarded(self) -> None:
        try:
            self._run(self.ended)
        except Exception:  # Python itself would tell stderr, which a windowed program hasn't
            log.exception("The thread %s has ended by an error that nobody foresaw", self._thread.name)
