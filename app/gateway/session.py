"""What one run's script asks, request by request: its key, the call, the answer.

A request is a line of JSON, `{"key": …, "call": …, …}`; its answer another, `{"value": …}` or
`{"error": {"kind": …, "text": …}}`. Nothing of either reaches a log.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import logging
import math
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.base.errors import RobotError
from app.base.i18n import _
from app.base.plain_text import without_escapes
from app.gateway.asking import Asking
from app.gateway.errors import BusyError, ClosedError, DeniedError, FailedError, GatewayError, UsageError
from app.gateway.evidence import Evidence
from app.gateway.published import LOG_CREATE, Kind, find_call, read_fields
from app.gateway.records import Progress
from app.gateway.wire import LINE_BYTES, LINE_SECONDS, Lines, LineTooLongError
from app.orchestrator.vocabulary import LogLevel

if TYPE_CHECKING:
    from app.gateway.records import GatewayParts
    from app.gateway.wire import Wire
    from app.jobs.output import OutputLog
    from app.orchestrator.vocabulary import JobOrder

_log = logging.getLogger("robot.jobs")
MESSAGE_LIMIT: Final = 16 * 1024  # characters
RESULT_LIMIT: Final = 64 * 1024  # bytes
_LONGEST_PATIENCE: Final = 600.0  # seconds
_SHORTEST_SECRET, _LONGEST_SECRET, _MOST_SECRETS = 3, 4096, 500
_MOST_EXACT: Final = 2**53  # beyond it a number with a fraction does as well, and everything can hold that
_LEVELS: Final = {level.value.lower(): level for level in LogLevel}


class Session:
    """One run's. Its threads are the connections'."""

    def __init__(self, parts: GatewayParts, order: JobOrder, log: OutputLog, secret: str) -> None:
        self._parts = parts
        self._order = order
        self._output = log
        self._secret = secret.encode()
        self._closed = False
        self._lock = threading.Lock()
        self._hidden: set[str] = set()
        self._asking = Asking(parts, order.guid, self._hide)
        self._evidence = Evidence(parts.evidence, order.guid)

    def hurry(self) -> None:
        """A Stop has come: nothing is waited for any longer than one answer takes."""
        self._asking.hurry()

    def close(self) -> None:
        """The run is over: whatever is asked from now on, and what is being asked, is answered so."""
        self._closed = True
        self._asking.close()

    def let_go(self) -> None:
        """Close the connections to the Orchestrator; after the last answer."""
        self._asking.let_go()

    def serve(self, wire: Wire) -> None:
        """Answer what comes over `wire`, until its end.

        Raises:
            OSError: it is broken, or what comes is too slow.
        """
        lines = Lines(wire)
        ends = False
        while not ends:
            try:
                line = lines.next()
            except LineTooLongError:
                wire.send(_error(_too_big()), LINE_SECONDS)
                return
            if line is None:
                return
            answer, ends = self._answer(line)
            wire.send(answer, LINE_SECONDS)

    def _answer(self, line: bytes) -> tuple[bytes, bool]:
        """The answer's line, and whether nothing more is to be said on this connection."""
        try:
            return _reply(self._carry_out(_read(line))), False
        except GatewayError as error:
            return _error(error), isinstance(error, DeniedError)
        except RobotError as error:
            return _error(FailedError(error.message)), False
        except Exception as error:  # noqa: BLE001 - its text may hold what the script sent
            at = error.__traceback__
            while at and at.tb_next:
                at = at.tb_next
            where = f"{at.tb_frame.f_code.co_filename}:{at.tb_lineno}" if at else "?"
            _log.error("A script's request failed: %s at %s", type(error).__name__, where)
            return _error(FailedError(_("The robot can't do that; its log says why."))), False

    def _carry_out(self, request: dict[str, Any]) -> Any:
        key = request.get("key")
        if not isinstance(key, str) or not hmac.compare_digest(key.encode("utf-8", "replace"), self._secret):
            raise DeniedError(_("This is not the key of the run."))
        if self._closed:
            raise ClosedError(_("The run is over."))
        call = _CALLS.get(str(request.get("call")))
        if call is None:
            raise UsageError(_("The robot knows no such call: {name}").format(name=ascii(request.get("call"))[:80]))
        return call(self, request)

    # ------------------------------------------------------------------ the calls

    def _api(self, request: dict[str, Any]) -> dict[str, Any]:
        call, path = find_call(request.get("path"))
        fields = read_fields(call, request.get("fields"))
        patience = _number(request, "patience", 0.0)
        if call.kind is Kind.CHANGE:
            if call.path == LOG_CREATE:
                folded = {key.lower(): value for key, value in fields.items()}
                self._put_message(folded.get("level", LogLevel.INFO.value), folded.get("message", ""))
            else:
                self._parts.changes.put(self._order.guid, call.path, fields)
            return {"status": 200, "text": "[]", "value": None, "queued": True}
        return self._asking.ask(call, path, fields, min(patience, _LONGEST_PATIENCE))

    def _message(self, request: dict[str, Any]) -> None:
        self._put_message(_text(request, "level", LogLevel.INFO.value), _text(request, "text"))

    def _put_message(self, level: str, text: str) -> None:
        known = _LEVELS.get(level.strip().lower())
        if known is None:
            raise UsageError(_("The level of a message is one of {levels}.").format(levels=", ".join(LogLevel)))
        fields = {"level": known.value, "message": self._output.masked(without_escapes(text))[:MESSAGE_LIMIT]}
        self._parts.changes.put(self._order.guid, LOG_CREATE, fields)

    def _progress(self, request: dict[str, Any]) -> None:
        total = None if request.get("total") is None else _number(request, "total")
        text = "" if request.get("text") is None else _text(request, "text")
        shown = self._output.masked(text)[:MESSAGE_LIMIT]
        self._parts.notes.progress(self._order, Progress(_number(request, "done"), total, shown))

    def _result(self, request: dict[str, Any]) -> None:
        text = _text(request, "json")
        if len(text.encode("utf-8", "replace")) > RESULT_LIMIT:
            raise UsageError(_("A result has at most {count} bytes.").format(count=RESULT_LIMIT))
        try:
            json.loads(text, parse_constant=_refuse)
        except (ValueError, RecursionError):
            raise UsageError(_("A result is JSON text.")) from None
        self._parts.notes.result(self._order, self._output.masked(text))

    def _mask(self, request: dict[str, Any]) -> None:
        secret = _text(request, "secret")
        if not _SHORTEST_SECRET <= len(secret) <= _LONGEST_SECRET:
            raise UsageError(
                _("What is to be masked has {least} to {most} characters.").format(
                    least=_SHORTEST_SECRET, most=_LONGEST_SECRET
                )
            )
        self._hide(secret)

    def _hide(self, secret: str) -> None:
        """Mask a secret in the run's log and in what it says, also line by line, and as JSON and Python show it."""
        escaped = json.dumps(secret), json.dumps(secret, ensure_ascii=False), repr(secret)
        as_bytes = repr(secret.encode("utf-8", "replace"))[2:-1]
        forms = {secret, as_bytes, *(form[1:-1] for form in escaped), *secret.splitlines()}
        with self._lock:
            new = {form for form in forms if _SHORTEST_SECRET <= len(form) <= _LONGEST_SECRET} - self._hidden
            if len(self._hidden) + len(new) > _MOST_SECRETS:
                raise UsageError(_("A run masks at most {count} texts.").format(count=_MOST_SECRETS))
            self._hidden |= new
        for form in new:
            self._output.hide(form)

    def _screenshot(self, request: dict[str, Any]) -> str | None:
        name = "" if request.get("name") is None else _text(request, "name")
        kept = self._evidence.screenshot(self._output.masked(name))
        if kept is not None:
            self._parts.notes.kept(self._order, self._evidence.names())
        return kept

    def _attach(self, request: dict[str, Any]) -> str:
        path = _text(request, "path")
        kept = self._evidence.attach(path, self._output.masked(Path(path).name))
        self._parts.notes.kept(self._order, self._evidence.names())
        return kept


_CALLS: Final = {
    "api": Session._api,  # noqa: SLF001 - the class's own table
    "log": Session._message,  # noqa: SLF001
    "progress": Session._progress,  # noqa: SLF001
    "result": Session._result,  # noqa: SLF001
    "mask": Session._mask,  # noqa: SLF001
    "screenshot": Session._screenshot,  # noqa: SLF001
    "attach": Session._attach,  # noqa: SLF001
}


def refuse_connection(wire: Wire) -> None:
    """One too many, or one that comes too late."""
    with contextlib.suppress(OSError):
        wire.send(_error(BusyError(_("A run has too many connections to the robot."))), 0.1)
    with contextlib.suppress(OSError):
        wire.close()


def _read(line: bytes) -> dict[str, Any]:
    """A request.

    Raises:
        UsageError: it is none.
    """
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        raise UsageError(_("A request is one line of JSON.")) from None
    if not isinstance(request, dict):
        raise UsageError(_("A request is one line of JSON."))
    return request


def _reply(value: Any) -> bytes:
    line = _line({"value": value})
    if len(line) > LINE_BYTES and isinstance(value, dict) and value.get("text"):
        line = _line({"value": {**value, "text": ""}})
    return line if len(line) <= LINE_BYTES else _error(_too_big())


def _error(error: GatewayError) -> bytes:
    return _line({"error": {"kind": error.kind, "text": str(error)}})


def _line(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer).encode("ascii") + b"\n"


def _too_big() -> UsageError:
    return UsageError(_("A request or an answer has at most {count} bytes.").format(count=LINE_BYTES))


def _text(request: dict[str, Any], key: str, otherwise: str | None = None) -> str:
    value = request.get(key, otherwise)
    if not isinstance(value, str):
        raise UsageError(_("{key} must be a text.").format(key=key))
    return value


def _number(request: dict[str, Any], key: str, otherwise: float | None = None) -> float:
    value = request.get(key)
    value = otherwise if value is None else value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        with contextlib.suppress(OverflowError):  # a whole number beyond all others
            found = float(value)
            if math.isfinite(found):
                return value if abs(found) < _MOST_EXACT else found
    raise UsageError(_("{key} must be a number.").format(key=key))


def _refuse(constant: str) -> None:
    """For `json.loads`: NaN and Infinity, which Python takes for JSON and nobody else does."""
    raise ValueError(constant)
