"""On the author's desk (`robot try`): breakpoints at the terminal of who tries, and a debugger that is waited for.

Imported only where the robot asks for it; in a job nothing of this is there. What it asks for is JSON in one variable:

    breakpoints    [port, secret] of the robot's end, through which it hears what is typed; or null
    debug          {"port", "missing", "waiting"}: for debugpy, and what to print; or null
"""

import os
import sys
import time

VARIABLE = "ROBOT_TRY"
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .control import Host

_LOOK_SECONDS = 0.05


def prepare(host: "Host", wish: str) -> None:
    """Do what is wished before the script's first line.

    Raises:
        SystemExit: there is no debugpy; the text says so.
    """
    import json

    wishes = json.loads(wish)
    if wishes["breakpoints"] and "PYTHONBREAKPOINT" not in os.environ:
        import pdb  # noqa: T100 - for the script

        hook = _hook(*wishes["breakpoints"])
        sys.breakpointhook = hook
        pdb.set_trace = hook  # the older habit
    if wishes["debug"]:
        _wait_for_debugger(host, **wishes["debug"])


def _hook(port: int, secret: str) -> "Callable[..., None]":
    """What `breakpoint()` calls: Python's own debugger, which hears through the robot what is typed."""
    debuggers = {}  # type: dict[int, Any] # by process: a fork has one of its own

    def hook(*_arguments: "Any", **_more: "Any") -> None:
        debugger = debuggers.get(os.getpid())
        if debugger is None:
            import pdb  # noqa: T100
            import socket

            connection = socket.create_connection(("127.0.0.1", port))
            connection.sendall(secret.encode("ascii") + b"\n")
            typed = connection.makefile("r", encoding="utf-8")
            # Its words go where the script's go, in their order. nosigint: a stop must go on reaching the script.
            debugger = debuggers[os.getpid()] = pdb.Pdb(stdin=typed, stdout=sys.stdout, nosigint=True)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        debugger.set_trace(sys._getframe(1))  # noqa: SLF001 - as pdb itself

    return hook


def _wait_for_debugger(host: "Host", port: int, missing: str, waiting: str) -> None:
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")  # it would warn of modules that Python has frozen
    try:
        import debugpy  # type: ignore[import-not-found] # noqa: T100
    except ImportError:
        raise SystemExit(missing) from None
    debugpy.listen(("127.0.0.1", port))  # noqa: T100
    print(waiting, flush=True)  # noqa: T201 - for the person at the terminal
    while not (debugpy.is_client_connected() or host.stop_requested):
        time.sleep(_LOOK_SECONDS)
