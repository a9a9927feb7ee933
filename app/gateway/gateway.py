"""Opens the channel of each run. Cheap: what answers a script is loaded when one first asks.

script ──▶ door (this run's) ──▶ one thread a connection ──▶ session: key, call ──▶ Orchestrator, at once
                                                                              ├──▶ journal, delivered in order
                                                                              └──▶ log's mask, board, evidence
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import threading
from typing import TYPE_CHECKING, Final, Self

from app.gateway.doors import make_doors
from app.jobs.environment import GATEWAY_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.gateway.doors import Door
    from app.gateway.last_picture import ScriptCamera
    from app.gateway.records import GatewayParts
    from app.gateway.session import Session
    from app.gateway.wire import Wire
    from app.jobs.output import OutputLog
    from app.jobs.run_folder import RunFolder
    from app.orchestrator.vocabulary import JobOrder

_log = logging.getLogger("robot.jobs")
MOST_CONNECTIONS: Final = 16
_SECRET_BYTES: Final = 24  # 32 characters
_JOIN_SECONDS: Final = 2.0


class Gateway:
    """All channels of one robot; a context."""

    def __init__(self, parts: GatewayParts) -> None:
        self._parts = parts
        self._doors = make_doors()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._doors.close()

    def open(self, order: JobOrder, folder: RunFolder, log: OutputLog) -> ScriptChannel:
        """See `app.jobs.channel.Channels`."""
        channel = ScriptChannel(self._parts, order, log)
        channel.open(self._doors.open(folder.path, channel.let_in))
        return channel


class ScriptChannel:
    """One run's; see `app.jobs.channel.RunChannel`."""

    def __init__(self, parts: GatewayParts, order: JobOrder, log: OutputLog) -> None:
        self._parts = parts
        self._order = order
        self._log = log
        self._secret = secrets.token_urlsafe(_SECRET_BYTES)
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._wires: dict[threading.Thread, Wire] = {}
        self._stopped = self._closed = False
        self.variables: Mapping[str, str] = {}

    def open(self, door: Door) -> None:
        """Scripts are told of this door."""
        self._door = door
        self.variables = {GATEWAY_VARIABLE: f"{door.address}|{self._secret}"}

    def stop_asked(self) -> None:
        """See `RunChannel`."""
        with self._lock:
            self._stopped = True
            session = self._session
        if session is not None:
            session.hurry()

    def camera(self, *, still: bool, seconds: int) -> ScriptCamera:
        """See `RunChannel`."""
        from app.gateway.last_picture import ScriptCamera  # late: where it is asked for

        return ScriptCamera(self._parts, self._order, still=still, seconds=seconds)

    def close(self) -> None:
        """See `RunChannel`."""
        self._door.close()
        with self._lock:
            self._closed = True
            session = self._session
            visitors = dict(self._wires)
        if session is not None:
            session.close()
        for thread, wire in visitors.items():
            with contextlib.suppress(OSError):
                wire.close()
            thread.join(_JOIN_SECONDS)  # what it still waits for (a full disk) is bounded by its own patience
        if session is not None:
            session.let_go()
        self._parts.notes.over(self._order, asked=session is not None)

    def let_in(self, wire: Wire) -> None:
        """Somebody knocks: a thread of its own answers him. Called on the doors' thread."""
        thread = threading.Thread(target=self._serve, args=(wire,), name="robot-script-call", daemon=True)
        with self._lock:
            if self._closed or len(self._wires) >= MOST_CONNECTIONS:
                turn_away = True
            else:
                turn_away = False
                self._wires[thread] = wire
                session = self._session = self._session or self._new_session()
        if turn_away:
            from app.gateway.session import refuse_connection

            refuse_connection(wire)
            return
        if self._stopped:
            session.hurry()
        thread.start()

    def _new_session(self) -> Session:
        from app.gateway.session import Session  # late: most scripts never ask

        return Session(self._parts, self._order, self._log, self._secret)

    def _serve(self, wire: Wire) -> None:
        session = self._session
        try:
            if session is not None:
                session.serve(wire)
        except OSError:
            pass  # whoever asked has gone, or took too long
        except Exception as error:  # noqa: BLE001 - its text may hold what the script sent
            _log.error("A script's connection ended by %s, which nobody foresaw", type(error).__name__)
        finally:
            with self._lock:
                self._wires.pop(threading.current_thread(), None)
            with contextlib.suppress(OSError):
                wire.close()
