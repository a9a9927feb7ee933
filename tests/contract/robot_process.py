"""The robot as a process of its own, in a home of its own: `python -m app …`, as a user or Task Scheduler starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).resolve().parents[2]
GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"
PATIENCE = 20.0


def toml(values: Mapping[str, Any]) -> str:
    """`values` as a settings file."""
    lines = []
    for key, value in values.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        lines.append(f"{key} = {text}" if isinstance(value, (bool, int, float)) else f"{key} = '{text}'")
    return "\n".join(lines) + "\n"


class Home:
    """A user's home with the robot's settings, scripts and data in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scripts = folder / "scripts"
        self.data = folder / "data"
        self.config = folder / "robot.toml"
        self.scripts.mkdir(parents=True)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_CONFIG_DIRS": str(folder / "machine"),
            "XDG_DATA_HOME": str(folder / "share"),
            "TMPDIR": str(folder / "tmp"),
            "LANG": "C.UTF-8",
        }
        (folder / "tmp").mkdir()
        self._started: list[subprocess.Popen[str]] = []

    def settings(self, host: str, **changes: Any) -> None:
        """Write `robot.toml`: quick and ending when idle, unless changed."""
        values = {
            "host": host,
            "robot_guid": GUID,
            "when_idle": "exit",
            "data_dir": "data",
            "heartbeat_seconds": 1,
            "poll_seconds": 0.1,
            "request_timeout": 5,
            "logoff_countdown": 0,
            "language": "en",
        }
        self.config.write_text(toml(values | changes), "utf-8")

    def script(self, name: str, text: str) -> Path:
        """Put a script into the scripts folder."""
        file = self.scripts / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    def start(self, *arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start `robot ARGUMENTS`; `end` takes care of it."""
        process = subprocess.Popen(
            [sys.executable, "-m", "app", *arguments],
            cwd=ROOT,
            env=self.environment | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._started.append(process)
        return process

    def start_robot(self) -> subprocess.Popen[str]:
        """Start `robot run --headless --config …`."""
        return self.start("run", "--headless", "--config", str(self.config))

    def run(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Finished:
        """Run `robot ARGUMENTS` to its end."""
        return finish(self.start(*arguments, environment=environment))

    def run_robot(self) -> Finished:
        """Run `robot run --headless --config …` to its end."""
        return finish(self.start_robot())

    def end(self) -> None:
        """Kill what a failed test has left."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def written(self) -> dict[Path, bytes]:
        """Everything below the data folder, byte for byte."""
        return {file: file.read_bytes() for file in self.data.rglob("*") if file.is_file()}

    @property
    def log_file(self) -> Path:
        """The robot's own log."""
        return self.data / "logs" / "robot.log"

    def log(self) -> str:
        """What is in it."""
        return self.log_file.read_text("utf-8")

    def processes(self) -> list[psutil.Process]:
        """Whatever still runs on behalf of this home."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("HOME") == str(self.folder) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found


class Finished:
    """How a command ended."""

    def __init__(self, code: int, output: str, errors: str) -> None:
        self.code = code
        self.output = output
        self.errors = errors

    def __repr__(self) -> str:
        return f"exit code {self.code}\n{self.output}\n{self.errors}"


def finish(process: subprocess.Popen[str]) -> Finished:
    """Wait for the end of a command. Whatever happens in it, nobody is shown a traceback of the robot's."""
    output, errors = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in errors, errors
    return Finished(process.returncode, output, errors)


def interrupt(process: subprocess.Popen[str]) -> None:
    """Press Ctrl-C."""
    process.send_signal(signal.SIGINT)


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Poll until `condition` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "never happened"
        time.sleep(0.01)
