"""Waiting for a stop and being called by it, also in processes that the script has started.

Those have no line to the robot of their own for it. The stop is noted in the folder of the run, which is looked into.
"""

import sys
import time

from . import _told
from ._arguments import as_callback
from ._own import own

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_LOOK = 0.1  # seconds between two looks
_LONGEST = 1e9  # seconds; whole numbers can be larger than any moment


def wait(seconds: float) -> bool:
    """`robot_job.wait` where there is no host."""
    end = time.monotonic() + min(seconds, _LONGEST)
    while not _told():
        left = end - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(left, _LOOK))
    return True


def on_stop(host: "Any", callback: "Callable[[], object]") -> None:
    """`robot_job.on_stop`."""
    as_callback("robot_job.on_stop", callback)
    # Here and not when the stop comes: Python takes the thread that imports it first for the main thread and waits for
    # that one at its end, but the thread that hears of the stop never ends.
    threading = own("threading")
    if host is None:
        threading.Thread(target=_watch, args=(callback,), name="robot_job.on_stop", daemon=True).start()
        return
    host.start_callback = _start
    if host.add_callback(callback):
        _start(callback)


def _watch(callback: "Callable[[], object]") -> None:
    while not _told():
        time.sleep(_LOOK)
    _start(callback)


def _start(callback: "Callable[[], object]") -> None:
    # Not a daemon, so that the end of the script waits for it; the calling thread's own kind would be inherited.
    own("threading").Thread(target=_run, args=(callback,), name="robot_job.on_stop", daemon=False).start()


def _run(callback: "Callable[[], object]") -> None:
    try:
        callback()
    except BaseException as error:  # noqa: BLE001 - a broken callback must not end in the robot's own frames
        frames = error.__traceback__.tb_next if error.__traceback__ else None  # without this function
        error.__traceback__ = frames
        sys.excepthook(type(error), error, frames)
