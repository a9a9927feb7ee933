"""What a script tells people: messages, progress, a result, pictures, files; and what they must never see."""

import os
import sys

from . import _gateway
from ._arguments import as_number, as_text
from ._errors import RobotJobError
from ._own import own
from ._texts import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

_LEVELS = ("Info", "Warning", "Error", "Critical", "Debug")
_SHORTEST_SECRET = 3


def log(text: object, level: str = "Info") -> None:
    """Send a message of this job to the Orchestrator's Jobs screen. For the run's own log: `print`.

    Args:
        text: what is to be read there.
        level: Info, Warning, Error, Critical or Debug.

    Messages are sent in batches; the script doesn't wait. Without a robot it is printed.

        robot_job.log("the bank sent no statement", "Warning")

    Raises:
        RobotJobError: there is no such level.
    """
    known = [each for each in _LEVELS if each.lower() == str(level).lower()]
    if not known:
        raise RobotJobError(
            say("The level {level} is none of {levels}", level=level, levels=", ".join(_LEVELS)), "usage"
        )
    if _gateway.there():
        _gateway.call("log", level=known[0], text=str(text))
    else:
        _print(f"{known[0]}: {text}")


def progress(done: float, total: "float | None" = None, text: str = "") -> None:
    """Show how far the script is: in the tray, in `robot status`, in the history.

    Args:
        done: so much is done.
        total: of so much; None if nobody knows.
        text: what it is at.

    As often as you like. Without a robot it is printed.

        robot_job.progress(17, 200, "INV-17")

    Raises:
        RobotJobError: `done` or `total` is no number.
    """
    done = as_number("robot_job.progress", "done", done)
    total = None if total is None else as_number("robot_job.progress", "total", total)
    if _gateway.there():
        _gateway.call("progress", done=done, total=total, text=str(text))
    else:
        _print(f"{done:g}{'' if total is None else f' / {total:g}'} {text}".rstrip())


def result(value: "Any") -> None:
    """Keep what came of the run: anything that JSON can hold, at most 64 KiB. The last one counts.

    It stands in the history and is the run's last message on the Jobs screen. Without a robot it is printed.

        robot_job.result({"posted": 17, "failed": ["INV-3"]})

    Raises:
        RobotJobError: it can't be written as JSON, or is too large.
    """
    text = as_json(value)
    if _gateway.there():
        _gateway.call("result", json=text)
    else:
        _print(f"result: {text}")


def mask(secret: str) -> None:
    """Replace `secret` (3 characters or more) by `***` in this run's log, messages and history from now on.

    Passwords of assets are masked by themselves.

        robot_job.mask(token)

    Raises:
        RobotJobError: it is too short, or no text.
    """
    as_text("robot_job.mask", "secret", secret)
    if len(secret) < _SHORTEST_SECRET:
        raise RobotJobError(say("A secret to mask has at least 3 characters"), "usage")
    if _gateway.there():
        _gateway.call("mask", secret=secret)


def screenshot(name: str = "") -> "Path | None":
    """Take a picture of the screen and keep it with the run; its path, or None where there is no screen.

    except TimeoutError:
        robot_job.screenshot("the bank's page")
        raise
    """
    name = as_text("robot_job.screenshot", "name", name or "")
    if not _gateway.there():
        _print("screenshot: " + (name or "-"))
        return None
    found = _gateway.call("screenshot", name=name)
    return own("pathlib").Path(found) if found else None


def attach(path: "str | os.PathLike[str]") -> "Path":
    """Keep a copy of a file with the run: the history shows it. The path of the copy; without a robot, of the file.

        robot_job.attach(report)

    Raises:
        RobotJobError: there is no such file, or it is too large.
    """
    given = path if isinstance(path, (bytes, os.PathLike)) else as_text("robot_job.attach", "path", path)
    file = os.path.abspath(os.fsdecode(given))  # noqa: PTH100
    if not os.path.isfile(file):  # noqa: PTH113
        raise RobotJobError(say("There is no file {path}", path=file), "usage")
    if _gateway.there():
        file = _gateway.call("attach", path=file)
    else:
        _print("attached: " + file)
    return own("pathlib").Path(file)  # type: ignore[no-any-return]


def as_json(value: "Any") -> str:
    """`value` as JSON text.

    Raises:
        RobotJobError: it can't be written so.
    """
    try:
        return str(own("json").dumps(value, ensure_ascii=False, allow_nan=False))  # a NaN is no JSON to anybody else
    except (TypeError, ValueError, RecursionError) as error:
        raise RobotJobError(say("This can't be written as JSON: {error}", error=error), "usage") from None


def _print(text: str) -> None:
    """Where there is no robot, the console is all there is; what it has no letter for is shown by its number."""
    letters = getattr(sys.stdout, "encoding", None) or "utf-8"
    print("[robot_job] " + text.encode(letters, "backslashreplace").decode(letters))  # noqa: T201
