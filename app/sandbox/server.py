"""The sandbox on a socket."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

from app.base.errors import UsageError
from app.base.i18n import _
from app.base.os_reasons import describe_os_error
from app.sandbox.spoil import SandboxProtocol
from app.sandbox.web import make_app
from app.web.server import WebServer, listen_on

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from app.sandbox.engine import Sandbox


def _advice(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return _("Choose another port with --port, or end the program that uses this one.")
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return _("Give an address of this machine with --host, or leave it out.")
    return _("Choose another port with --port.")


class SandboxServer:
    """Serves a sandbox over HTTP while the context lasts, or between `start` and `stop`.

    A stopped server may be started again; it keeps its port, as an Orchestrator that was away for a while.

    Args:
        sandbox: what it serves.
        host: the address to listen on.
        port: 0 = any free one.
    """

    def __init__(self, sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0) -> None:
        self.sandbox = sandbox
        self.host = host
        self.port = port
        self._server: WebServer | None = None

    @property
    def url(self) -> str:
        """`http://127.0.0.1:12345`, without a slash at the end."""
        shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        return f"http://[{shown}]:{self.port}" if ":" in shown else f"http://{shown}:{self.port}"

    def start(self) -> None:
        """Listen and serve; returns when requests are answered. UsageError if the address can't be had."""
        sock = self._listen()
        self.port = sock.getsockname()[1]
        server = WebServer(make_app(self.sandbox, self.host), sock, SandboxProtocol, name="sandbox-server")
        if not server.start():
            raise UsageError(_("The sandbox could not be started."))
        self._server = server

    def stop(self) -> None:
        """Break off every connection and wait for the thread; does nothing if it isn't running."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _listen(self) -> socket.socket:
        try:
            return listen_on(self.host, self.port)
        except OSError as error:
            raise UsageError(
                _("The sandbox can't listen on {host}, port {port}: {error}").format(
                    host=self.host, port=self.port, error=describe_os_error(error).for_people()
                ),
                _advice(error),
            ) from None
