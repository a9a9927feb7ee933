"""The bundled interpreter, as a script sees it: `sys.executable` takes the arguments that `python` takes.

Scripts start `[sys.executable, "other.py"]` and `[sys.executable, "-m", "package"]`, and multiprocessing starts
`[sys.executable, "-c", …, "--multiprocessing-fork", …]`. In the Windows program `sys.executable` is robot-cli.exe, so
within a run it answers to them. https://docs.python.org/3/using/cmdline.html
"""

from __future__ import annotations

import os
import runpy
import sys
from typing import Final

from app.jobs.child import host
from app.jobs.environment import MARK_VARIABLE

_FLAGS: Final = frozenset("bBdEhiIOPqRsSuvx")  # what they ask for is fixed in a bundled interpreter, or of no matter
_FLAGS_WITH_VALUE: Final = ("-X", "-W")


def is_meant(arguments: list[str]) -> bool:
    """Whether a program within a run means Python rather than a command of the robot."""
    return MARK_VARIABLE in os.environ and bool(_without_flags(arguments))


def main(arguments: list[str]) -> None:
    """Run `-c code`, `-m module` or a script with its arguments, as `python` would."""
    host.prepare_bundled()
    kind, *rest = _without_flags(arguments)
    if kind == "-c":
        sys.argv[:] = ["-c", *rest[1:]]
        sys.path.insert(0, "")
        module = type(sys)("__main__")
        sys.modules["__main__"] = module
        exec(compile(rest[0], "<string>", "exec"), module.__dict__)  # noqa: S102 - as python -c
    elif kind == "-m":
        sys.argv[:] = rest
        sys.path.insert(0, os.getcwd())  # noqa: PTH109
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv[:] = [kind, *rest]
        sys.path.insert(0, os.path.dirname(os.path.abspath(kind)))  # noqa: PTH100, PTH120
        runpy.run_path(kind, run_name="__main__")


def _without_flags(arguments: list[str]) -> list[str]:
    """`arguments` from `-c`, `-m` or the script on; empty if there is nothing of that kind."""
    rest = list(arguments)
    while rest:
        first = rest[0]
        if first in ("-c", "-m"):
            return rest if len(rest) > 1 else []
        if first.startswith(_FLAGS_WITH_VALUE):
            del rest[: 2 if first in _FLAGS_WITH_VALUE else 1]
        elif len(first) > 1 and first[0] == "-" and set(first[1:]) <= _FLAGS:
            del rest[0]
        else:
            return rest if os.path.isfile(first) else []  # noqa: PTH113
    return []
