"""The line to the robot: a local socket or pipe of this run, JSON, one object a line.

    request   {"key": "<the run's secret>", "call": "<name>", ...}
    answer    {"value": ...} or {"error": {"kind": "...", "text": "..."}}

A connection carries one request after another, so no two threads share one: a free one is taken, or a new one is made.
The script itself keeps one for the next request. Processes that it starts keep none, as there may be many of them and a
run has only so many places at the robot; a place is waited for.
"""

import errno
import os
import sys
import time

from ._errors import RobotJobError
from ._own import own
from ._texts import NO_ROBOT, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CHUNK = 65536
_BUSY_FOR = 10.0  # seconds in which a free place at the robot is waited for
_PAUSE = 0.02
_ENDING = ("busy", "denied")  # kinds of errors after which the robot ends the connection
# No place at the robot just now. For a pipe whose instances are all taken, C has no word of its own.
_TAKEN = (errno.EINVAL, errno.ENOENT) if sys.platform == "win32" else (errno.EAGAIN,)
_kept_before = []  # type: list[bool]
_free = []  # type: list[_Line] # at most one; a list, whose pop and append no other thread can break into


def there() -> bool:
    """Does a robot listen?"""
    return bool(os.environ.get("ROBOT_GATEWAY"))


def need(what: str) -> None:
    """Raise a RobotJobError that says so if there is no robot."""
    if not there():
        raise RobotJobError(say(NO_ROBOT, what=what), "no robot")


def api(path: str, fields: "dict[str, Any] | None" = None, patience: float = 0) -> "Any":
    """A call of the Orchestrator's API: what its answer holds, keys in lower case, None for nothing.

    Args:
        path: `/api/...`, names in it quoted.
        fields: texts and numbers.
        patience: seconds for which the robot goes on while the Orchestrator can't be reached.

    Raises:
        RobotJobError: of any kind.
    """
    return answer(path, fields, patience).get("value")


def answer(path: str, fields: "dict[str, Any] | None" = None, patience: float = 0) -> "dict[str, Any]":
    """The same with `status`, `text` and `queued`."""
    found = call("api", path=path, fields=fields or {}, patience=patience)
    return found if isinstance(found, dict) else {}


def quoted(name: str) -> str:
    """A name or GUID as a part of a path."""
    return str(own("urllib.parse").parse.quote(name, safe=""))


def call(what: str, /, **arguments: "Any") -> "Any":
    """Ask the robot.

    Raises:
        RobotJobError: it said no, or doesn't answer.
    """
    address, _bar, key = os.environ.get("ROBOT_GATEWAY", "").partition("|")
    request = own("json").dumps({"key": key, "call": what, **arguments}, default=_sendable).encode("ascii") + b"\n"
    end = time.monotonic() + _BUSY_FOR
    while True:
        found = _exchanged(address, request)
        problem = found.get("error")
        if not problem:
            return found.get("value")
        if problem.get("kind") != "busy" or time.monotonic() > end:
            raise RobotJobError(problem.get("text", ""), problem.get("kind", "failed"))
        time.sleep(_PAUSE)


def _sendable(value: object) -> str:
    """What JSON has no word for, as a text: a date, a Decimal, a UUID in a task's field.

    Raises:
        RobotJobError: bytes, of which nobody knows what letters they are.
    """
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise RobotJobError(say("Bytes can't be sent; decode them to a text"), "usage")
    return str(value)


def _exchanged(address: str, request: bytes) -> "dict[str, Any]":
    """The answer to `request`."""
    line = _take(address)
    try:
        found = own("json").loads(line.ask(request))  # type: dict[str, Any]
    except _TurnedAwayError as error:
        line.close()
        return {"error": {"kind": "busy", "text": say("The robot does not answer: {error}", error=error)}}
    except OSError as error:
        line.close()
        raise RobotJobError(say("The robot does not answer: {error}", error=error), "closed") from None
    except BaseException:  # a stop's interrupt: the answer is still on its way
        line.close()
        raise
    if (found.get("error") or {}).get("kind") in _ENDING:
        line.close()
    else:
        _keep(line)
    return found


class _TurnedAwayError(OSError):
    """The other end was closed before the request was sent: it can be sent again."""


class _Line:
    """One connection."""

    def __init__(self, address: str) -> None:
        self.address, self.pid = address, os.getpid()
        kind, _colon, place = address.partition(":")
        if kind == "pipe":
            self._file = open(place, "r+b", buffering=0)  # noqa: PTH123, SIM115 - kept open
            self._send, self._receive, self.close = self._write, self._read, self._file.close
            return
        socket = own("socket")
        if kind == "unix":
            self._socket = socket.socket(socket.AF_UNIX)
            where = place  # type: Any
        else:  # a robot that a test plays
            self._socket = socket.socket(socket.AF_INET)
            host, _colon, port = place.rpartition(":")
            where = (host, int(port))
        self._send, self._receive, self.close = self._socket.sendall, self._socket.recv, self._socket.close
        try:
            self._socket.connect(where)
        except BaseException:
            self._socket.close()
            raise

    def ask(self, request: bytes) -> bytes:
        """Send a line, and wait for the one that answers it.

        Raises:
            OSError: there is no answer.
        """
        unsent = None  # type: OSError | None
        try:
            self._send(request)
        except OSError as error:  # it has said why before it closed; C has no word for each way in which a pipe ends
            unsent = error
        parts = []  # type: list[bytes]
        while not parts or not parts[-1].endswith(b"\n"):
            try:
                part = self._receive(_CHUNK)
            except OSError:
                if unsent is None:
                    raise
                part = b""
            if not part:
                if unsent is not None:
                    raise _TurnedAwayError(*unsent.args) from None
                raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
            parts.append(part)
        return b"".join(parts)

    def _write(self, request: bytes) -> None:
        while request:
            request = request[self._file.write(request) :]

    def _read(self, most: int) -> bytes:
        return self._file.read(most) or b""


def _take(address: str) -> _Line:
    """A free connection, or a new one.

    Raises:
        RobotJobError: nobody listens there.
    """
    try:
        line = _free.pop()
    except IndexError:
        return _connected(address)
    if line.pid == os.getpid() and line.address == address:
        return line
    line.close()  # the parent's: its own end stays open
    return _connected(address)


def _keep(line: _Line) -> None:
    host = sys.modules.get("_robot_host")
    if _free or getattr(host, "pid", None) != os.getpid():
        line.close()
        return
    if not _kept_before:
        _kept_before.append(True)
        own("atexit").register(_close_all)
    _free.append(line)


def _close_all() -> None:
    while _free:
        _free.pop().close()


def _connected(address: str) -> _Line:
    end = time.monotonic() + _BUSY_FOR
    while True:
        try:
            return _Line(address)
        except OSError as error:
            if error.errno not in _TAKEN or time.monotonic() > end:
                raise RobotJobError(say("The robot does not answer: {error}", error=error), "closed") from None
        time.sleep(_PAUSE)
