"""A minimal Orchestrator for five hundred real robots: eight slots, and a note of each request."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from tests.fleet.server import SERVICE, WORKERS

if TYPE_CHECKING:
    from typing import Self

REPLY: Final = b'{"HeartbeatErrorCode": 0, "ErrorText": "", "HasNewJob": 0}'


class RealServer:
    """Serves on a thread of its own while the context lasts.

    Attributes:
        state: "up"; "down": 503 at once; "dark": no answer.
        came: when which robot asked, by `time.monotonic`.
        port: of 127.0.0.1.
    """

    def __init__(self) -> None:
        self.state = "up"
        self.came: list[tuple[float, str]] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._slots: asyncio.Semaphore
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()))
        self._over: asyncio.Event

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._slots, self._over = asyncio.Semaphore(WORKERS), asyncio.Event()
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    int(line.split(b":")[1])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length")
                )
                fields = parse_qs((await reader.readexactly(length)).decode())
                self.came.append((time.monotonic(), fields["RobotGUID"][0]))
                if self.state == "dark":
                    await reader.read()  # until the robot has given up
                    break
                status, body = (b"503 Service Unavailable", b"") if self.state == "down" else (b"200 OK", REPLY)
                if self.state == "up":
                    async with self._slots:
                        await asyncio.sleep(SERVICE["Ready"])
                writer.write(b"HTTP/1.1 %s\r\nContent-Type: application/json\r\n" % status)
                writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()
