"""A user's home in the field: quick settings, scripts that note their runs, and the lives of the robot's process."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psutil

from tests.contract.robot_process import ROOT, Finished, Home, toml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

PATIENCE: Final = 25.0
NOTES_ITS_RUN: Final = (
    "import os\nwith open(os.environ['HOME'] + '/ran', 'a') as ran: ran.write(os.environ['ROBOT_JOB_GUID'] + '\\n')\n"
)
# Names that end in .test are looked up here: an address in a file of that name, after as many seconds as it says.
_NAME_SERVICE: Final = """
import os, socket, time
_real = socket.getaddrinfo
def getaddrinfo(host, *args, **kwargs):
    name = host.decode() if isinstance(host, bytes) else str(host)
    if not name.endswith(".test"):
        return _real(host, *args, **kwargs)
    try:
        with open(os.environ["HOME"] + "/names/" + name) as file:
            seconds, address = file.read().split()
    except OSError:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution") from None
    time.sleep(float(seconds))
    if address == "nowhere":
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return _real(address, *args, **kwargs)
socket.getaddrinfo = getaddrinfo
"""


@dataclass
class Life:
    """One process of the robot.

    Attributes:
        ended_at, code: None while it runs.
        killed: by the test, at once.
    """

    process: subprocess.Popen[str]
    began_at: float
    ended_at: float | None = None
    code: int | None = None
    killed: bool = False

    def covers(self, moment: float) -> bool:
        """Whether it lived then."""
        return self.began_at <= moment and (self.ended_at is None or moment <= self.ended_at)


class FieldHome(Home):
    """A home whose robot asks quickly; `guid` is its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.guid = str(uuid.uuid4())
        self.guids = {self.guid}  # also those that its settings have had for a while
        self.lives: list[Life] = []

    def settings(self, host: str, **changes: Any) -> None:
        """Write `robot.toml` in one go, as editors do."""
        values = {
            "host": host,
            "robot_guid": self.guid,
            "when_idle": "exit",
            "data_dir": "data",
            "heartbeat_seconds": 1,
            "poll_seconds": 0.3,
            "request_timeout": 1,
            "logoff_countdown": 0,
            "language": "en",
        }
        self.guids.add(changes.get("robot_guid", self.guid))
        self.write(toml(values | changes))

    def write(self, text: str) -> None:
        """Put `text` in the place of `robot.toml`."""
        fresh = self.folder / "robot.new"
        fresh.write_text(text, "utf-8")
        fresh.replace(self.config)

    def notes(self, name: str, text: str = "") -> Path:
        """A script that notes its run, then does what `text` says."""
        return self.script(name, NOTES_ITS_RUN + text)

    def ran(self) -> list[str]:
        """The GUIDs of the jobs whose scripts have begun, in order."""
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / "ran").read_text().split()
        return []

    def has(self, name: str) -> bool:
        """Whether a script has made this file in the home."""
        return (self.folder / name).exists()

    def use_own_names(self) -> None:
        """The robot's name service is ours: `*.test` are the files of `name_is`."""
        folder = self.folder / "site"
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(_NAME_SERVICE)
        (self.folder / "names").mkdir()
        self.environment["PYTHONPATH"] = str(folder)

    def name_is(self, name: str, address: str, seconds: float = 0) -> None:
        """From now on `name` leads to `address` ("nowhere": it doesn't exist), which takes so many seconds to say."""
        fresh = self.folder / "names" / "new"
        fresh.write_text(f"{seconds} {address}")
        fresh.replace(fresh.with_name(name))

    def live(
        self,
        *,
        before: Callable[[], None] | None = None,
        wrapper: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
        config: Path | None = None,
    ) -> Life:
        """Start `robot run --headless`; `before` runs in its process first, `wrapper` starts it."""
        robot = (sys.executable, "-m", "app", "run", "--headless", "--config", str(config or self.config))
        command = [*wrapper, *robot]
        with (self.folder / "stderr").open("a") as errors:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                text=True,
                preexec_fn=before,  # noqa: PLW1509 - the parent's only other threads are the servers'
            )
        self._started.append(process)
        life = Life(process, time.monotonic())
        self.lives.append(life)
        return life

    def wait(self, life: Life, seconds: float = PATIENCE) -> int:
        """Wait for a life's end; its exit code."""
        try:
            life.code = life.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the robot didn't end:\n{self.last_words()}") from None
        life.ended_at = time.monotonic()
        return life.code

    def whole_life(self, **how: Any) -> int:
        """Live until there is no more work; the exit code."""
        return self.wait(self.live(**how))

    def terminate(self, life: Life, number: signal.Signals = signal.SIGTERM) -> int:
        """End a life by a signal; its exit code."""
        life.process.send_signal(number)
        return self.wait(life)

    def kill(self, life: Life) -> None:
        """Pull the plug."""
        life.killed = True
        life.process.kill()
        self.wait(life)

    def last_words(self) -> str:
        """What the robot said last, for the reader of a failed test."""
        with contextlib.suppress(OSError):
            return self.log()[-3000:]
        return (self.folder / "stderr").read_text("utf-8", "replace")[-3000:]

    @contextlib.contextmanager
    def journal_held(self) -> Iterator[None]:
        """Another program writes into the journal for as long as the context lasts."""
        other = sqlite3.connect(self.data / "journal.sqlite3", isolation_level=None, timeout=20)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()

    def end(self) -> None:
        """Kill what a failed test has left."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.wait()
        for left in self.processes():
            with contextlib.suppress(psutil.Error):
                left.kill()

    def command(self, *arguments: str) -> Finished:
        """Run `robot ARGUMENTS --config …` to its end."""
        return self.run(*arguments, "--config", str(self.config))


def umask() -> None:
    """Everybody may read what is made: the usual umask."""
    os.umask(0o022)
