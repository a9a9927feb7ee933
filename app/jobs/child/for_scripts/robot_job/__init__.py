"""What a script may ask of the robot that runs it. `import robot_job` works in every script of the robot.

    import robot_job

    for task in robot_job.queue("Invoices"):
        with task:
            post(task.parameters["number"])
        robot_job.progress(1, text=task.name)

Nothing else is needed: neither address nor GUID nor an HTTP library. What is asked of the Orchestrator goes through the
robot, in the name of this job. Without a robot (by hand, on the author's desk) the import works as well, and what
needs a robot says so; the wheel `robot_job` has a pytest plugin that plays one.

How a script is stopped: one that has called `stop_requested`, `wait` or `on_stop` is left to finish by itself. One that
never does gets a `KeyboardInterrupt` in its main thread.

Python 3.9 or later, standard library only; may be used in threads and in processes that the script starts.
"""

# Each script that imports it pays for this file: what not every script needs lies in modules of its own, imported at
# the first use.
import os
import sys

TYPE_CHECKING = False  # importing the real one takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._assets import Asset, asset, set_asset
    from ._errors import BusinessError, RobotJobError
    from ._job import folder, job_guid, job_name, parameters, process_version_guid, task
    from ._queues import Queue, QueueTask, queue
    from ._reports import attach, log, mask, progress, result, screenshot

__all__ = [
    "Asset",
    "BusinessError",
    "Queue",
    "QueueTask",
    "RobotJobError",
    "asset",
    "attach",
    "folder",
    "job_guid",
    "job_name",
    "log",
    "mask",
    "on_stop",
    "parameters",
    "process_version_guid",
    "progress",
    "queue",
    "result",
    "screenshot",
    "set_asset",
    "stop_requested",
    "task",
    "wait",
]
_HOMES = {
    "_assets": ("Asset", "asset", "set_asset"),
    "_errors": ("BusinessError", "RobotJobError"),
    "_job": ("folder", "job_guid", "job_name", "parameters", "process_version_guid", "task"),
    "_queues": ("Queue", "QueueTask", "queue"),
    "_reports": ("attach", "log", "mask", "progress", "result", "screenshot"),
}


def stop_requested() -> bool:
    """Has the operator asked this job to stop? False where no robot runs the script.

    From the first call on, the script is told of a stop and not interrupted: look between two steps, and end.

        for invoice in invoices:
            if robot_job.stop_requested():
                break
            post(invoice)
    """
    host = _host()
    return bool(host.ask()) if host is not None else _told()


def wait(seconds: float) -> bool:
    """Sleep for so many seconds, or until the operator asks this job to stop; True if he has.

    Like `stop_requested`, it says that the script wants to be told and not interrupted.

        while not robot_job.wait(60):
            look_into_the_mailbox()
    """
    if not isinstance(seconds, (int, float)) or seconds != seconds:  # noqa: PLR0124 - NaN
        from ._arguments import as_number

        seconds = as_number("robot_job.wait", "seconds", seconds)
    host = _host()
    if host is not None:
        return bool(host.wait(seconds))
    from . import _children

    return _children.wait(seconds)


def on_stop(callback: "Callable[[], object]") -> None:
    """Call `callback()` on a thread of its own when the operator asks this job to stop.

    A stop that has come already calls it at once. What the callback raises is printed, and the script goes on. Like
    `stop_requested`, it says that the script wants to be told and not interrupted.

        robot_job.on_stop(browser.close)
    """
    from . import _children

    _children.on_stop(_host(), callback)


def _host() -> "Any":
    """The robot's side in the script's own process; None in processes that the script has started."""
    host = sys.modules.get("_robot_host")
    return host if host is not None and getattr(host, "pid", None) == os.getpid() else None


def _told() -> bool:
    """For processes that the script has started: has the stop been noted in the run's folder?"""
    run = os.environ.get("ROBOT_RUN_FOLDER")
    return bool(run) and os.path.exists(os.path.join(str(run), "ending"))  # noqa: PTH110, PTH118 - pathlib is slow to import


if not TYPE_CHECKING:  # who checks types is to be told of a name that isn't there

    def __getattr__(name: str) -> "Any":
        for home, names in _HOMES.items():
            if name in names:
                __import__(__name__ + "." + home)
                value = globals()[name] = getattr(sys.modules[__name__ + "." + home], name)
                return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> "list[str]":
    return sorted({*globals(), *__all__})
