"""What a script may ask of the robot that runs it. `import robot_job` works in every script of the robot.

    import robot_job

    task = robot_job.task() or {}
    for invoice in task.get("parameters", []):
        if robot_job.stop_requested():
            break
        handle(invoice)

A script that calls `stop_requested` or `on_stop` is not interrupted by a soft stop: it is left to finish by itself. One
that calls neither gets a `KeyboardInterrupt` in its main thread.
"""
# ruff: noqa: INP001 - a folder of its own, so that scripts find nothing else of the robot in it

import os
import sys

TYPE_CHECKING = False  # importing the real one takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_own = {}  # type: dict[str, Any] # what `_pythons_own` has found

__all__ = ["on_stop", "stop_requested", "task"]


def stop_requested() -> bool:
    """Has the operator asked this job to stop? False where no robot runs the script."""
    host = _host()
    return bool(host.ask()) if host is not None else False


def on_stop(callback: "Callable[[], object]") -> None:
    """Call `callback()` on a thread of its own when the operator asks this job to stop.

    A stop that has come already calls it at once. What the callback raises is printed, and the script goes on.
    """
    host = _host()
    if host is None:
        return
    # Here and not when the stop comes: Python takes the thread that imports it first for the main thread and waits for
    # that one at its end, but the thread that hears of the stop never ends.
    _pythons_own("threading")
    host.start_callback = _start
    if host.add_callback(callback):
        _start(callback)


def task() -> "dict[str, Any] | None":
    """The Task of this job with its `parameters` parsed; None if the job has none."""
    path = os.environ.get("ROBOT_TASK_FILE")
    if not path:
        return None
    json = _pythons_own("json")
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib is slow to import
        found = json.load(file)
    return found if isinstance(found, dict) else None


def _host() -> "Any":
    return sys.modules.get("_robot_host")


def _start(callback: "Callable[[], object]") -> None:
    threading = _pythons_own("threading")
    # Not a daemon, so that the end of the script waits for it; the calling thread's own kind would be inherited.
    threading.Thread(target=_run, args=(callback,), name="robot_job.on_stop", daemon=False).start()


def _run(callback: "Callable[[], object]") -> None:
    try:
        callback()
    except BaseException as error:  # noqa: BLE001 - a broken callback must not end in the robot's own frames
        frames = error.__traceback__.tb_next if error.__traceback__ else None  # without this function
        error.__traceback__ = frames
        sys.excepthook(type(error), error, frames)


def _pythons_own(name: str) -> "Any":
    """The standard library's module `name`, also where the script has one of that name beside it."""
    if name not in _own:
        folders = getattr(_host(), "folders", ())
        hidden = any(os.path.exists(os.path.join(each, name + end)) for each in folders for end in (".py", ""))  # noqa: PTH110, PTH118
        _own[name] = _imported_without(folders, name) if hidden else __import__(name)
    return _own[name]


def _imported_without(folders: "tuple[str, ...]", name: str) -> "Any":
    """Import `name` as if nothing lay in `folders`, and leave no trace of it."""
    modules, path = dict(sys.modules), sys.path[:]
    inside = tuple(os.path.join(each, "") for each in folders)  # noqa: PTH118
    for each, module in modules.items():
        if each != "__main__" and str(getattr(module, "__file__", None)).startswith(inside):
            del sys.modules[each]
    sys.path[:] = [each for each in path if each not in folders]
    try:
        return __import__(name)
    finally:
        sys.path[:] = path
        for each in set(sys.modules) - set(modules):
            del sys.modules[each]
        sys.modules.update(modules)
