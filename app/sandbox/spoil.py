"""How an answer gets onto the socket: as it should, or spoiled by a fault."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import sys
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from uvicorn.protocols.http.h11_impl import H11Protocol

from app.sandbox.faults import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send

_LINGER_NOT: Final = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)
_PIECE: Final = b" " * 65536
_LOGIN_PAGE: Final = (
    b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form>Password</form></body></html>"
)
_NOTICE: Final = b"<br />\n<b>Notice</b>:  Undefined index: Extra in <b>/var/www/api.php</b> on line <b>17</b><br />\n"
_WARNING: Final = b"<br />\n<b>Warning</b>:  count(): Parameter must be an array in <b>/var/www/api.php</b><br />\n"
_WITHOUT_BODY: Final = (204, 205, 304)  # https://www.rfc-editor.org/rfc/rfc9110#section-15
_OF_AN_ADDRESS: Final = "%/:=&?~#+!$,;'@()*[]"  # characters that stay as they are in a Location
_JSON_TYPE: Final = "application/json; charset=utf-8"
# What a request that never took effect is half answered with.
_STAND_IN: Final = {"ErrorText": "", "HeartbeatErrorCode": 0, "ConsumeJobErrorCode": 0, "HasNewJob": 0}


class SandboxProtocol(H11Protocol):
    """uvicorn's protocol, which also shows the application the connection: `scope["state"]["transport"]`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """Keep the transport where each request's scope copies it from."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. `unframed` leaves Content-Length out, so that it is sent in chunks."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    unframed: bool = False


def json_answer(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """A JSON value as the Orchestrator's PHP writes it."""
    return Answer(status, json.dumps(value).encode(), {"Content-Type": _JSON_TYPE, **(headers or {})})


def spoiled(  # noqa: C901, PLR0911, PLR0912 - one case for each kind
    fault: Fault, true_answer: Answer | None
) -> Answer | None:
    """What is answered instead of `true_answer` (None: the request didn't take effect); None = nothing at all."""
    answer = true_answer or json_answer(200, _STAND_IN)
    match fault.kind:
        case FaultKind.DROP:
            return None
        case FaultKind.STATUS:
            headers = {} if fault.status in _WITHOUT_BODY else {"Content-Type": "text/html"}
            if fault.retry_after is not None:
                headers["Retry-After"] = str(fault.retry_after)
            return Answer(fault.status, *_error(fault, headers))
        case FaultKind.HTML:
            return Answer(200, _LOGIN_PAGE, {"Content-Type": "text/html; charset=utf-8"})
        case FaultKind.REDIRECT:
            return Answer(307, b"", {"Location": quote(fault.location, safe=_OF_AN_ADDRESS)})
        case FaultKind.TRUNCATED:
            return Answer(200, answer.body[: len(answer.body) // 2], {"Content-Type": _JSON_TYPE})
        case FaultKind.WRONG_TYPES:
            return json_answer(200, _wrong_types(json.loads(answer.body)))
        case FaultKind.NOTICE:
            return Answer(
                answer.status, _NOTICE + answer.body + _WARNING, {**answer.headers, "Content-Type": "text/html"}
            )
        case FaultKind.HUGE:
            return Answer(200, answer.body + b" " * fault.size, {"Content-Type": _JSON_TYPE}, unframed=True)
        case FaultKind.GZIP_BOMB:
            headers = {"Content-Type": _JSON_TYPE, "Content-Encoding": "gzip"}
            return Answer(200, _gzip_bomb(answer.body, fault.size), headers)
        case FaultKind.NO_JOB:
            value = {"ConsumeJobErrorCode": 102, "ErrorText": "", "Job": None, "ProcessVersion": None, "Task": None}
            return json_answer(200, value)
        case FaultKind.BODY:
            return Answer(200, fault.body.encode(), {"Content-Type": _JSON_TYPE})
        case FaultKind.DELAY | FaultKind.RESET | FaultKind.DRIP:
            return answer


def _error(fault: Fault, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    """Body and headers of an HTTP error: the Orchestrator's own if `fault` has its words, else a gateway's page."""
    if fault.status in _WITHOUT_BODY:
        return b"", headers
    if fault.body:
        return fault.body.encode(), headers | {"Content-Type": _JSON_TYPE}
    return f"<html><body>{fault.status}</body></html>".encode(), headers


async def send_answer(answer: Answer, send: Send) -> None:
    """Send it properly; the connection stays open."""
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    if not answer.unframed:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def break_off(scope: Scope, receive: Receive) -> None:
    """Close the connection without an answer."""
    scope["state"]["transport"].abort()
    await _gone(receive)


async def reset_in_body(answer: Answer, scope: Scope, receive: Receive) -> None:
    """Send half of the body, then reset the connection (RST, not FIN)."""
    transport: asyncio.Transport = scope["state"]["transport"]
    transport.write(_raw_head(answer) + answer.body[: len(answer.body) // 2])
    await asyncio.sleep(0.05)  # RST overtakes what the other side hasn't read yet
    if not transport.is_closing():
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        transport.abort()
    await _gone(receive)


async def drip(answer: Answer, seconds: float, scope: Scope, receive: Receive) -> None:
    """Send the answer byte by byte, then close."""
    transport: asyncio.Transport = scope["state"]["transport"]
    transport.write(_raw_head(answer))
    for byte in answer.body:
        if transport.is_closing():
            break
        transport.write(bytes([byte]))
        await asyncio.sleep(seconds)
    transport.close()
    await _gone(receive)


def _raw_head(answer: Answer) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} Spoiled", f"Content-Length: {len(answer.body)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


async def _gone(receive: Receive) -> None:
    # uvicorn answers 500 in the application's place unless it has noticed that the connection is gone.
    while (await receive())["type"] != "http.disconnect":
        pass


def _wrong_types(value: Any) -> Any:
    """The same shape, with every value of a type that doesn't belong there."""
    if not isinstance(value, dict):
        return 17
    wrong: tuple[Any, ...] = ({"unexpected": []}, [[1]], True, "17.5e", -1.5)
    return {key: wrong[index % len(wrong)] for index, key in enumerate(value)}


def _gzip_bomb(body: bytes, size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    pieces = [packer.compress(_PIECE) for _unused in range(size // len(_PIECE))]
    return b"".join([*pieces, packer.compress(body), packer.flush()])
