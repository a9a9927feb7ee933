"""The Windows Python for the probes: under Wine in a prefix of its own; on Windows the one that runs the tests."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any, Self

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wine.prefix import Prefix

ROOT = Path(__file__).resolve().parents[2]
PROBES = Path(__file__).parent / "probes"
SECONDS = 60.0  # a start under Wine on a busy machine takes several


class Probe:
    """A probe that runs; its answers are read line by line. The context ends it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._answers: Queue[dict[str, Any] | None] = Queue()
        self._noise: list[str] = []
        self._reader = threading.Thread(target=self._read, name="probe")
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        pipe = self.process.stdout.fileno()
        text = b""
        while chunk := self._chunk(pipe):
            *lines, text = (text + chunk).split(b"\n")
            for line in lines:
                if line.startswith(b"{"):
                    self._answers.put(json.loads(line))
                else:
                    self._noise.append(line.decode(errors="replace"))
        self._answers.put(None)

    def _chunk(self, pipe: int) -> bytes:
        """Some output, or nothing at its end: services that Wine started along with a probe keep its pipe open."""
        while sys.platform != "win32" and not select.select([pipe], [], [], 0.1)[0]:
            if self.process.poll() is not None and not select.select([pipe], [], [], 0)[0]:
                return b""
        return os.read(pipe, 65536)

    def answer(self) -> dict[str, Any] | None:
        """The next line of JSON, or None at the end of the output."""
        try:
            return self._answers.get(timeout=SECONDS)
        except Empty:
            pytest.fail(f"The probe says nothing. Its other output: {self.noise()}")

    def noise(self) -> str:
        """What it has said beside its answers."""
        return "\n".join(self._noise)

    def rest(self) -> list[dict[str, Any]]:
        """Let the probe come to its end; every answer up to there."""
        self.end_input()
        answers = []
        while (answer := self.answer()) is not None:
            answers.append(answer)
        self.process.wait(SECONDS)
        assert "Traceback" not in self.noise(), self.noise()
        return answers

    def end_input(self) -> None:
        """End its standard input; most probes end with it."""
        assert self.process.stdin
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.end_input()
        self.process.kill()
        self.process.wait(SECONDS)
        self._reader.join(SECONDS)
        assert self.process.stdout
        self.process.stdout.close()


class WindowsPython:
    """Starts probes."""

    def __init__(
        self, command: list[str], environment: dict[str, str], drive_c: Path, prefix: Prefix | None = None
    ) -> None:
        self._command = command
        self._environment = environment
        self._prefix = prefix
        self.drive_c = drive_c

    def begin_session(self) -> None:
        """A new session: the program with which Wine ends one goes on for a while, and would end what comes next."""
        if self._prefix is not None:
            self._prefix.kill()

    def start(self, probe: str, *arguments: str) -> Probe:
        """The probe of that name."""
        file = str(PROBES / f"{probe}.py")
        if sys.platform != "win32":
            file = "Z:" + file.replace("/", "\\")
        return Probe(
            subprocess.Popen(
                [*self._command, file, *arguments],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        )

    def ask(self, probe: str, *arguments: str) -> list[dict[str, Any]]:
        """Run the probe to its end; its answers."""
        with self.start(probe, *arguments) as running:
            return running.rest()


@pytest.fixture(scope="session")
def windows_python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WindowsPython]:
    """The Windows Python, with `app` on its path."""
    if sys.platform == "win32":
        environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
        yield WindowsPython([sys.executable], environment, Path("C:/"))
        return
    sys.path.insert(0, str(ROOT / "build"))
    try:
        from wine import toolchain
        from wine.prefix import Prefix
    finally:
        sys.path.remove(str(ROOT / "build"))
    made = toolchain.ensure()
    prefix = Prefix(tmp_path_factory.mktemp("wine") / "prefix")
    prefix.create()
    # Windows that nobody has to see: they exist and get their messages without an X server.
    prefix.run("reg", "add", r"HKCU\Software\Wine\Drivers", "/v", "Graphics", "/d", "null", "/f", timeout=SECONDS)
    prefix.kill()  # or its desktop, which `reg` has begun without a driver, would take in no window of the probes
    environment = prefix.environment(PYTHONPATH=prefix.windows_path(ROOT), PYTHONUTF8="1")
    yield WindowsPython(["wine", str(made.python)], environment, prefix.drive_c, prefix)
    prefix.kill()
