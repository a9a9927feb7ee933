"""The robot's end of the channel, as the pytest fixture `robot` plays it: notes what the script asks."""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._played_orchestrator import PlayedOrchestrator, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

_LARGEST_RESULT = 65536  # bytes


class PlayedGateway:
    """Answers on a port of this machine until it is closed.

    Args:
        orchestrator: what the calls are about.
        evidence: the folder for attached files.
        on_status: told of each status that a task is given.

    Attributes:
        address: the value of ROBOT_GATEWAY.
    """

    def __init__(self, orchestrator: PlayedOrchestrator, evidence: Path, on_status: Callable[[int], None]) -> None:
        self.orchestrator = orchestrator
        self.logs: list[tuple[str, str]] = []
        self.progress: list[tuple[float, float | None, str]] = []
        self.result: Any = None
        self.attached: list[Path] = []
        self.screenshots: list[str] = []
        self._evidence, self._on_status = evidence, on_status
        self._secrets: set[str] = set()
        self._key = secrets.token_urlsafe(24)
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp:127.0.0.1:{self._listener.getsockname()[1]}|{self._key}"
        self._lines: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """End every connection."""
        for each in (self._listener, *self._lines):
            with contextlib.suppress(OSError):  # wakes the thread that waits in it
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def masked(self, text: str) -> str:
        """`text` without what must not be seen."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self._lines.append(line)
            threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        try:
            with line, line.makefile("rb") as requests:
                for request in requests:
                    line.sendall(json.dumps(self._answer(request)).encode("ascii") + b"\n")
        except OSError:
            return

    def _answer(self, request: bytes) -> dict[str, Any]:
        asked = json.loads(request)
        if asked.pop("key", "") != self._key:
            return {"error": {"kind": "denied", "text": "wrong key"}}
        call = asked.pop("call")
        try:
            with self._lock:
                return {"value": getattr(self, f"_{call}")(**asked)}
        except Refused as error:
            return {"error": {"kind": error.kind, "text": str(error)}}

    def _api(self, path: str, fields: dict[str, Any], patience: float = 0) -> dict[str, Any]:  # noqa: ARG002 - it is always there
        if path == "/api/log/create":
            self.logs.append((fields.get("level", "Info"), fields.get("message", "")))
            return {"status": 200, "text": "[]", "value": None, "queued": True}
        value = self.orchestrator.ask(path, fields)
        if path.startswith("/api/asset/read/") and len(value.get("password") or "") > 2:  # noqa: PLR2004 - as mask
            self._secrets.add(value["password"])
        if path == "/api/task/update" and "status" in fields:
            self._on_status(int(fields["status"]))
        raw = dict(value or {})
        if "parameters" in raw:
            raw["parameters"] = json.dumps(raw["parameters"], ensure_ascii=False)
        return {"status": 200, "text": json.dumps(raw or []), "value": value or None, "queued": "update" in path}

    def _log(self, level: str, text: str) -> None:
        self.logs.append((level, text))

    def _progress(self, done: float, total: float | None, text: str) -> None:
        self.progress.append((done, total, text))

    def _result(self, json: str) -> None:
        if len(json.encode("utf-8", "replace")) > _LARGEST_RESULT:
            raise Refused("The result is larger than 64 KiB", "usage")
        self.result = loads(json)

    def _mask(self, secret: str) -> None:
        self._secrets.add(secret)

    def _screenshot(self, name: str) -> None:
        self.screenshots.append(name)

    def _attach(self, path: str) -> str:
        self._evidence.mkdir(exist_ok=True)
        copy = shutil.copy(path, self._evidence)
        self.attached.append(Path(copy))
        return str(copy)


loads = json.loads  # where a parameter has the module's name
