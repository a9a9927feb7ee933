"""The page on a real socket, with a robot that only notes what it is asked."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import requests

from app.base.paths import DataPaths
from app.base.redaction import Redactor
from app.history.page import write_page
from app.page.context import PageContext
from app.page.server import PageServer
from app.robot.state import StateBoard
from app.settings.loading import load_settings

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator
    from pathlib import Path

    from app.check.findings import Finding

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"
NOW = datetime(2026, 11, 24, 14, 3, tzinfo=UTC)


class Clock:
    """Stands still until it is told to move."""

    def __init__(self) -> None:
        self.moment = NOW
        self.seconds = 1000.0

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return event.wait(seconds)

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        self.seconds += seconds


@dataclass
class Asked:
    """Notes what the robot is asked for, in order."""

    calls: list[str] = field(default_factory=list)

    def stop_job(self) -> None:
        self.calls.append("stop_job")

    def abort_job(self) -> None:
        self.calls.append("abort_job")

    def pause(self) -> None:
        self.calls.append("pause")

    def resume(self) -> None:
        self.calls.append("resume")

    def cancel_leaving(self) -> None:
        self.calls.append("cancel_leaving")

    def quit(self) -> None:
        self.calls.append("quit")


@dataclass
class PlayedFacts:
    """A machine on which nothing is looked at or opened; it notes what would be."""

    findings: list[Finding] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    texts: list[Path] = field(default_factory=list)

    def check(self) -> Iterator[Finding]:
        return iter(self.findings)

    def open(self, target: Path | str) -> None:
        self.opened.append(str(target))

    def write_history(self, file: Path, data_dir: Path) -> None:
        write_page(data_dir, file)

    def licences(self) -> list[Path]:
        return self.texts


@dataclass
class Served:
    """The page, open.

    Attributes:
        root: its address with the token and a slash at the end.
        file: the settings file; `data`: the data folder.
    """

    context: PageContext
    server: PageServer
    root: str
    file: Path
    data: Path
    board: StateBoard
    asked: Asked
    facts: PlayedFacts
    clock: Clock

    def get(self, path: str, **more: Any) -> requests.Response:
        """What the server answers to a GET of a path such as `now`."""
        return requests.get(self.root + path, timeout=20, **more)

    def post(self, path: str, body: object, **more: Any) -> requests.Response:
        """What it answers to a POST of JSON."""
        return requests.post(self.root + path, json=body, timeout=20, **more)


def settings_text(data: Path, **values: object) -> str:
    """A settings file with which a robot could work."""
    given = {"host": "http://127.0.0.1:9", "robot_guid": GUID, "data_dir": str(data), **values}
    return "".join(f"{key} = {value!r}\n" for key, value in given.items())


@contextlib.contextmanager
def served(folder: Path, **changes: Any) -> Iterator[Served]:
    """The page of a robot whose settings file and data folder lie in `folder`.

    `changes` replace fields of the context.
    """
    data = folder / "data"
    file = folder / "robot.toml"
    if not file.exists():
        file.write_text(settings_text(data), "utf-8")
    asked, facts, clock, board = Asked(), PlayedFacts(), Clock(), StateBoard()
    board.publish(robot="BUH-PC-07", connected=True)
    in_force = load_settings(file, {})
    context = replace(
        PageContext(
            board=board,
            controls=asked,
            facts=facts,
            loaded=lambda: in_force,
            load=lambda: load_settings(file, {}),
            config=file,
            paths=lambda: DataPaths(data),
            clock=clock,  # type: ignore[arg-type] # it only has to tell the time
            redactor=Redactor(GUID),
        ),
        **changes,
    )
    server = PageServer(context)
    try:
        root = server.address()
        yield Served(context, server, root, file, data, board, asked, facts, clock)
    finally:
        server.close()
