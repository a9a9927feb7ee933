"""Clients for threads that send side by side: each has one to itself as long as it needs it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.orchestrator.client import OrchestratorClient


class Clients:
    """As many as were ever needed at once, each with a connection that is kept. Any thread may call."""

    def __init__(self, new_client: Callable[[], OrchestratorClient]) -> None:
        self._new_client = new_client
        self._lock = threading.Lock()  # never held while anything is waited for
        self._free: list[OrchestratorClient] = []

    @contextmanager
    def one(self) -> Iterator[OrchestratorClient]:
        """One that nobody else uses meanwhile."""
        with self._lock:
            client = self._free.pop() if self._free else self._new_client()
        try:
            yield client
        finally:
            with self._lock:
                self._free.append(client)

    def close(self) -> None:
        """Close all connections; none is in use any more."""
        for client in self._free:
            client.close()
