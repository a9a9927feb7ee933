"""The picture of the screen of a run that fails or is killed (`screenshots`, `recorder_seconds`): when.

At the moment of the exception, while the script's windows are still there: its host makes a file and holds still until
the robot has taken it away (`app.jobs.child.host`). Before a kill. Otherwise when its process has ended badly.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.jobs.channel import Camera

FILE_NAME: Final = "fails"  # in the run's private folder
_LOOK_SECONDS: Final = 0.05  # between two looks for the host's file
_CAMERA_SECONDS: Final = 1.0  # between two pictures of a recording
_TAKING_SECONDS: Final = 1.0  # a kill waits for so long
_KEEPING_SECONDS: Final = 5.0  # the job's end does

_log = logging.getLogger("robot.jobs")


class LastPicture:
    """One run's; there is one picture at most. Has a thread of its own, which looks for the host's file.

    Args:
        file: what the host makes when its script fails.
        camera: takes the pictures.
    """

    def __init__(self, file: Path, camera: Camera) -> None:
        self._file = file
        self._camera = camera
        self._wanted = threading.Event()
        self._taken = threading.Event()
        self._over = False
        self._said: list[str] = []
        self._thread = threading.Thread(target=self._watch, name="job picture", daemon=True)
        self._thread.start()

    def take(self) -> None:
        """Take it now, if there is none; returns within about a second."""
        self._wanted.set()
        self._taken.wait(_TAKING_SECONDS)

    def close(self) -> list[str]:
        """The run is over; a picture that was taken is kept by then. What there is to say of it in the run's log."""
        self._over = True
        self._wanted.set()
        self._thread.join(_KEEPING_SECONDS)
        return self._said

    def _watch(self) -> None:
        keep: Callable[[], list[str]] | None = None
        try:
            next_look = time.monotonic()
            while not self._wanted.wait(_LOOK_SECONDS) and not self._file.exists():
                if time.monotonic() >= next_look:
                    next_look = time.monotonic() + _CAMERA_SECONDS
                    self._camera.look()
            if not self._over:
                keep = self._camera.take()
        except Exception:  # noqa: BLE001 - the job goes its way without a picture
            _log.exception("No picture of the screen")
        finally:
            self._taken.set()
            with contextlib.suppress(OSError):
                self._file.unlink(missing_ok=True)
        if keep is not None:
            self._said = keep()
