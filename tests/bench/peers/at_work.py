"""One peer on this machine: its server, its worker, and the process that asks it for jobs."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import psutil

from tests.bench.idle import cpu_seconds
from tests.bench.peers.scripts import SCRIPTS
from tests.bench.peers.setting_up import ROOT
from tests.contract.robot_process import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_UP_SECONDS: Final = 120.0
_STOP_SECONDS: Final = 20.0


class Calls(Protocol):
    """An adapter, wherever it lives."""

    def call(self, name: str, *arguments: Any) -> Any:
        """Call one of its methods."""


class Near:
    """An adapter in this process."""

    def __init__(self, adapter: object) -> None:
        self._adapter = adapter

    def call(self, name: str, *arguments: Any) -> Any:
        return getattr(self._adapter, name)(*arguments)

    def close(self) -> None:
        """Nothing is to be closed."""


class Far:
    """An adapter in a process of the peer's own Python.

    Raises:
        RuntimeError: the adapter failed; from `call`.
    """

    def __init__(self, python: Path, name: str, place: Path, environment: Mapping[str, str]) -> None:
        with (place / "adapter.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(python), "-m", "tests.bench.peers.answering", name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=dict(environment),
                cwd=place,
                text=True,
                encoding="utf-8",
            )

    def call(self, name: str, *arguments: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps({"call": name, "with": arguments}), file=self._process.stdin, flush=True)
        answer = json.loads(self._process.stdout.readline() or '{"error": "the adapter has ended"}')
        if "error" in answer:
            raise RuntimeError(f"{name}: {answer['error']}")
        return answer["value"]

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate()


@dataclass(frozen=True)
class Weight:
    """What a tree of processes holds and has used.

    Attributes:
        pss: MB, with each shared page divided among those who share it.
        uss: MB that would be free if it ended.
        cpu: seconds so far, by process.
    """

    pss: float
    uss: float
    cpu: Mapping[int, float]

    def cpu_since(self, before: Weight) -> float:
        """Seconds that it has used since; what has ended in between is left out."""
        return sum(seconds - before.cpu.get(pid, 0.0) for pid, seconds in self.cpu.items())


class PeerAtWork:
    """See above. `end` kills whatever is left of it."""

    def __init__(self, adapter: Near | Far, place: Path, environment: Mapping[str, str]) -> None:
        self.adapter = adapter
        self.place = place
        self.about: dict[str, Any] = adapter.call("about")
        self._environment = {**environment, **self.about["environment"]}
        self._servers: list[subprocess.Popen[bytes]] = []
        self.worker: subprocess.Popen[bytes] | None = None
        self._seen: set[psutil.Process] = set()
        (place / "scripts").mkdir(exist_ok=True)
        for name, text in SCRIPTS.items():
            (place / "scripts" / f"{name}.py").write_text(text, "utf-8")
        os.mkfifo(place / "scripts" / "alive")
        (place / "scripts" / "starts").touch()

    @property
    def title(self) -> str:
        return str(self.about["title"])

    def set_up(self) -> None:
        """Make what it needs, start its server, and wait until that answers."""
        self.adapter.call("prepare")
        self._servers = [self._start(command) for command in self.adapter.call("servers")]
        wait_until(lambda: self.adapter.call("is_up"), _UP_SECONDS)
        self.adapter.call("settle")

    def start_worker(self) -> float:
        """Start the worker; the moment before."""
        command = self.adapter.call("worker")
        begun = time.monotonic()
        self.worker = self._start(command)
        return begun

    def stop_worker(self) -> None:
        """End it in its own way, by SIGTERM; what is left of it is killed."""
        if not self.worker:
            return
        tree = _tree(self.worker.pid)
        self.worker.terminate()
        try:
            self.worker.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.worker.kill()
            self.worker.wait()
        for process in tree:
            with contextlib.suppress(psutil.Error):
                process.kill()
        self.worker = None

    def kill_worker(self) -> None:
        """SIGKILL to the process that was started, and to no other."""
        assert self.worker
        self._seen.update(_tree(self.worker.pid))
        self.worker.kill()
        self.worker.wait()
        self.worker = None

    def freeze(self, *, frozen: bool) -> None:
        """Stop its server for as long as others are measured, or let it go on."""
        for server in self._servers:
            for process in _tree(server.pid):
                with contextlib.suppress(psutil.Error):
                    process.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)
        if self._servers and not frozen:
            time.sleep(1.0)

    def starts(self) -> list[list[int]]:
        """The processes of each start of a tree script so far: itself, its child, one in a session of its own."""
        lines = (self.place / "scripts" / "starts").read_text("utf-8").splitlines()
        return [[int(word) for word in line.split()] for line in lines]

    def marks(self) -> list[float]:
        """When the script `mark` ran."""
        file = self.place / "scripts" / "marks"
        return [float(line) for line in file.read_text("utf-8").split()] if file.exists() else []

    def weigh(self) -> tuple[Weight, Weight]:
        """The worker, and what stands beside it."""
        assert self.worker
        return _weigh([self.worker.pid]), _weigh([server.pid for server in self._servers])

    def end(self) -> None:
        """Kill everything."""
        self.freeze(frozen=False)
        self.stop_worker()
        for server in self._servers:
            self._seen.update(_tree(server.pid))
            server.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(_STOP_SECONDS)
        for pids in self.starts():
            kill_all(pids)
        for process in self._seen:
            with contextlib.suppress(psutil.Error):
                process.kill()
        for server in self._servers:
            server.wait()
        self.adapter.close()

    def _start(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with (self.place / "programs.log").open("ab") as log:
            return subprocess.Popen(
                command, env=self._environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens at now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def alive(pids: Sequence[int]) -> list[int]:
    """Those that live; one that only waits to be collected doesn't."""
    found = []
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                found.append(pid)
    return found


def kill_all(pids: Sequence[int]) -> None:
    """Those that live."""
    for pid in alive(pids):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _tree(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []


def _weigh(pids: Sequence[int]) -> Weight:
    pss = uss = 0.0
    cpu = {}
    for process in [process for pid in pids for process in _tree(pid)]:
        with contextlib.suppress(psutil.Error, OSError):
            memory = process.memory_full_info()
            pss, uss = pss + memory.pss, uss + memory.uss
            cpu[process.pid] = cpu_seconds(process.pid)
    return Weight(pss / 1e6, uss / 1e6, cpu)
