"""The robots' side of the sandbox as an ASGI application: read, carry out, record, answer or spoil."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from app.sandbox import spoil
from app.sandbox.contract import RobotRequest
from app.sandbox.faults import FaultKind, When
from app.sandbox.records import MASK, RecordedRequest
from app.sandbox.router import answer
from app.sandbox.snapshot import readable

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from app.sandbox.contract import Reply
    from app.sandbox.engine import Sandbox
    from app.sandbox.faults import Fault

SUMMARY_LENGTH: Final = 2000  # letters
READABLE: Final = 1024 * 1024  # bytes of an answer that are looked at
_SET_BY_RECORD: Final = datetime.fromtimestamp(0, UTC)


class RobotApi:
    """Answers everything that isn't the page or the control API."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        request = await _read(scope, receive)
        if request is None:
            return
        fault = self._sandbox.faults.take(request.path, request.form)
        if fault is not None and fault.kind is FaultKind.DELAY and fault.when is When.BEFORE:
            await asyncio.sleep(fault.seconds)
        reply = answer(self._sandbox, request) if fault is None or fault.takes_effect else None
        true_answer = spoil.json_answer(reply.status, reply.value, reply.headers) if reply else None
        shown = true_answer if fault is None else spoil.spoiled(fault, true_answer)
        # Recorded before it is sent: whoever holds the answer finds the record.
        self._record(request, reply, shown, fault)
        if shown is None:
            await spoil.break_off(scope, receive)
        elif fault is None:
            await spoil.send_answer(shown, send)
        elif fault.kind is FaultKind.RESET:
            await spoil.reset_in_body(shown, scope, receive)
        elif fault.kind is FaultKind.DRIP:
            await spoil.drip(shown, fault.seconds, scope, receive)
        else:
            if fault.kind is FaultKind.DELAY and fault.when is When.AFTER:
                await asyncio.sleep(fault.seconds)
            await spoil.send_answer(shown, send)

    def _record(
        self, request: RobotRequest, reply: Reply | None, shown: spoil.Answer | None, fault: Fault | None
    ) -> None:
        self._sandbox.record(
            RecordedRequest(
                number=0,
                time=_SET_BY_RECORD,
                method=request.method,
                path=request.path,
                authorization=request.headers.get("authorization", ""),
                form=request.form,
                status_code=shown.status if shown else None,
                complaints=reply.complaints if reply else (),
                reply=_summary(request.path, shown),
                fault=fault.kind if fault else "",
                lost=fault is not None and fault.takes_effect and fault.kind is not FaultKind.DELAY,
            )
        )


def _summary(path: str, shown: spoil.Answer | None) -> str:
    """The beginning of what was answered; without the passwords of assets."""
    if shown is None:
        return ""
    if path.startswith("/api/asset/read/"):
        return MASK
    return readable(shown.body[:READABLE].decode("utf-8", "replace"))[:SUMMARY_LENGTH]


async def _read(scope: Scope, receive: Receive) -> RobotRequest | None:
    """The whole request, its body cut just above the limit; None if the robot went away."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = scope["query_string"].decode("latin-1")
    empty = RobotRequest(scope["method"], scope["path"], headers, b"", query)
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        if len(body) <= empty.limit:
            body += message.get("body", b"")
        more = message.get("more_body", False)
    return replace(empty, body=bytes(body))
