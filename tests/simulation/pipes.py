"""The channel between a script and the gateway: played doors and wires; what listens on them is the real one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.simulation.primitives import SimThread, start_in
from tests.simulation.scheduler import scheduler

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.simulation.scheduler import Life


class _Way:
    """Bytes in one direction. No lock of anybody's: the two ends are two processes, either of which may be killed."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._closed = False
        self._waiting: SimThread | None = None

    def put(self, data: bytes) -> None:
        if self._closed:
            raise BrokenPipeError
        self._data += data
        self._wake()

    def close(self) -> None:
        self._closed = True
        self._wake()

    def get(self, limit: int, seconds: float | None) -> bytes:
        now = scheduler()
        deadline = None if seconds is None else now.now + seconds
        while not self._data and not self._closed:
            if deadline is not None and now.now >= deadline:
                raise TimeoutError
            self._waiting = now.current
            now.park(deadline)
        data = bytes(self._data[:limit])
        del self._data[:limit]
        return data

    def _wake(self) -> None:
        if self._waiting is not None:
            scheduler().wake(self._waiting)
            self._waiting = None


class Pipe:
    """One connection: the robot's end is a `Wire`, the script asks through the other."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._there, self._back = _Way(), _Way()

    # ------------------------------------------------------------------ the robot's end

    def receive(self, limit: int, seconds: float | None) -> bytes:
        return self._there.get(limit, seconds)

    def send(self, data: bytes, _seconds: float) -> None:
        scheduler().maybe_yield()
        self._back.put(data)

    def close(self) -> None:
        """Either end has gone."""
        self._there.close()
        self._back.close()

    # ------------------------------------------------------------------ the script's end

    def ask(self, **request: Any) -> dict[str, Any] | None:
        """The answer; None if nobody is there any more."""
        try:
            self._there.put(json.dumps({"key": self._key, **request}).encode() + b"\n")
            answer = bytearray()
            while not answer.endswith(b"\n"):
                if not (some := self._back.get(1 << 20, None)):
                    return None
                answer += some
        except BrokenPipeError:
            return None
        found: dict[str, Any] = json.loads(answer)
        return found


class Doors:
    """What stands in the place of the system's doors; of one robot."""

    def open(self, _folder: Path, on_visitor: Callable[[Any], None]) -> Door:
        life = scheduler().current.life
        assert life is not None
        return Door(life, on_visitor)

    def close(self) -> None:
        """They are closed one by one."""


class Door:
    """One run's."""

    address = "door"

    def __init__(self, life: Life, on_visitor: Callable[[Any], None]) -> None:
        self._life = life
        self._on_visitor: Callable[[Any], None] | None = on_visitor

    def knock(self, key: str) -> Pipe | None:
        """A connection; None if nobody opens."""
        if self._on_visitor is None or self._life.dead:
            return None
        pipe, on_visitor = Pipe(key), self._on_visitor
        start_in(self._life, SimThread(target=lambda: on_visitor(pipe), name="doors"))
        return pipe

    def close(self) -> None:
        self._on_visitor = None
