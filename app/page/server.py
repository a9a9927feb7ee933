"""The page's server: opened when somebody wants to look, closed when nobody has looked for ten minutes.

Each opening has a port and a token of its own. A flood of connections, or one that says nothing, costs the robot no
more than a few sockets.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, ClassVar, Final

from h11 import LocalProtocolError
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.base.errors import RobotError
from app.base.i18n import _
from app.base.os_reasons import describe_os_error
from app.page.door import Door, new_token
from app.page.web import make_app
from app.web.server import WebServer, listen_on

if TYPE_CHECKING:
    import asyncio

    from app.page.context import PageContext

log = logging.getLogger("robot.page")
NOBODY_SECONDS: Final = 600.0
_END_SECONDS: Final = 1.0  # that the robot's end waits: Windows gives it five, and a check may take a minute
_HOST: Final = "127.0.0.1"


class PageProtocol(H11Protocol):
    """uvicorn's protocol with bounds: how many connections, how long one may say nothing, how long an answer may take.

    Attributes:
        most: connections; one more is closed at once. `select` on Windows takes 512 sockets of the whole process.
        patience: seconds in which a connection must ask for something.
        longest: how many such spans one answer may take.
    """

    most: ClassVar[int] = 64
    patience: ClassVar[float] = 20.0
    longest: ClassVar[int] = 15

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """Take it, or not."""
        super().connection_made(transport)
        self.access_log = False  # whoever has set up uvicorn's loggers how: the token stands in its lines
        if len(self.connections) > self.most:
            transport.abort()
        else:
            self.loop.call_later(self.patience, self._look, None, 0)

    def _look(self, before: Any, spans: int) -> None:
        if self.transport.is_closing():
            return
        cycle = self.cycle
        spans = spans + 1 if cycle is before else 1
        if cycle is None or (cycle is before and cycle.response_complete) or spans > self.longest:
            self.transport.abort()
        else:
            self.loop.call_later(self.patience, self._look, cycle, spans)


def _not_of_the_client(record: logging.LogRecord) -> bool:
    """Whether `record` is more than a request that broke off while it was answered: to uvicorn that is our defect."""
    return not (record.exc_info and isinstance(record.exc_info[1], LocalProtocolError))


class PageServer:
    """Serves the page of `context` on demand. Every method may be called from any thread."""

    def __init__(self, context: PageContext) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._server: WebServer | None = None
        self._closed = False
        self._root = ""
        self._visited_at = 0.0
        logging.getLogger("uvicorn").setLevel(logging.ERROR)  # a stranger's broken requests are no news
        logging.getLogger("uvicorn.error").addFilter(_not_of_the_client)

    def address(self, path: str = "") -> str:
        """The address of a page, as `now` or `history/<guid>`; it is served when this returns.

        Raises:
            RobotError: this machine has no port for it, or the robot ends.
        """
        with self._lock:
            self._visited_at = self._context.clock.monotonic()
            if self._closed:
                raise RobotError(_("The robot has ended; it serves no page any more."))
            if self._server is None or not self._server.alive:
                self._server = self._open()
            return self._root + path

    def close(self) -> None:
        """End it for good: whoever looks sees that the robot has ended."""
        with self._lock:
            self._closed = True
            server, self._server = self._server, None
        if server is not None:
            server.stop(_END_SECONDS)

    def _open(self) -> WebServer:
        token = new_token()
        try:
            sock = listen_on(_HOST, 0)
        except OSError as error:
            raise RobotError(
                _("The robot's page can't be served: {error}").format(error=describe_os_error(error).for_people())
            ) from None
        port = sock.getsockname()[1]
        door = Door(make_app(self._context), token, port, self._visited)
        server = WebServer(
            door, sock, PageProtocol, name="page-server", backlog=32, on_second=lambda: self._look_for_visitors(server)
        )
        if not server.start():
            raise RobotError(_("The robot's page can't be served: {error}").format(error=_("it doesn't start")))
        self._root = f"http://{_HOST}:{port}/{token}/"
        log.info("The robot's page is served, port %d", port)
        return server

    def _visited(self) -> None:
        self._visited_at = self._context.clock.monotonic()

    def _look_for_visitors(self, server: WebServer) -> None:
        """Once a second, on the server's thread. Whoever asks for the address at this moment comes first."""
        if self._lock.acquire(blocking=False):
            try:
                if self._context.clock.monotonic() - self._visited_at > NOBODY_SECONDS and self._server is server:
                    log.info("Nobody has looked at the robot's page for ten minutes; it is closed")
                    self._server = None
                    server.stop()
            finally:
                self._lock.release()
