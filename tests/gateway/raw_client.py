"""The other end of a channel, as bare as can be: what a script could do without `robot_job`. Stdlib only."""

from __future__ import annotations

import json
import os
import socket
from typing import Any


class Raw:
    """One connection, by the variable of a run (default: of this process)."""

    def __init__(self, variable: str | None = None) -> None:
        address, self.secret = (variable or os.environ["ROBOT_GATEWAY"]).rsplit("|", 1)
        self.sock = socket.socket(socket.AF_UNIX)  # type: ignore[attr-defined, unused-ignore]  # POSIX'
        self.sock.settimeout(30)
        try:
            self.sock.connect(address[len("unix:") :])
        except OSError:
            self.sock.close()
            raise
        self.file = self.sock.makefile("rb")

    def say(self, data: bytes) -> None:
        """Send bytes."""
        self.sock.sendall(data)

    def hear(self) -> Any:
        """The next line's value; None at the end."""
        line = self.file.readline()
        return json.loads(line) if line else None

    def __call__(self, call: str, **arguments: Any) -> Any:
        """The whole answer."""
        self.say(json.dumps({"key": self.secret, "call": call, **arguments}).encode() + b"\n")
        return self.hear()

    def api(self, path: str, fields: dict[str, Any] | None = None, **more: Any) -> Any:
        """The value of a call that must be answered well."""
        answer = self("api", path=path, fields=fields or {}, **more)
        if "value" not in answer:
            raise AssertionError(answer)
        return answer["value"]

    def close(self) -> None:
        """Hang up."""
        self.file.close()
        self.sock.close()
