"""`robot demo`: an Orchestrator on this machine, a robot that works for it, a table and a page of what happened."""

from __future__ import annotations

import contextlib
import logging
import shutil
import sys
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.live import Live
from rich.table import Table

from app.base.errors import ExitCode, RobotError
from app.base.i18n import _, current_language, decimal
from app.base.paths import PACKAGE_DIR
from app.base.threads import OwnedThread
from app.commands.arguments import add_headless
from app.history.page import write_page
from app.orchestrator.vocabulary import JobStatus
from app.program.run import start
from app.sandbox import status_names
from app.sandbox.engine import Sandbox
from app.sandbox.server import SandboxServer
from app.settings.loading import LoadedSettings
from app.settings.model import Settings
from app.system.opener import open_for_person

if TYPE_CHECKING:
    import argparse
    import threading
    from collections.abc import Iterator

    from app.sandbox.records import SandboxJob

SCRIPTS: Final = PACKAGE_DIR / "demo" / "scripts"
STOP_AFTER_SECONDS: Final = 2.0  # how long the operator of the demo lets the endless job work
PAGE: Final = "history.html"
LOGS: Final = "logs"
_REFRESH_SECONDS: Final = 0.25
_COLOURS: Final = {
    JobStatus.SUCCESS: "green",
    JobStatus.FAILED: "red",
    JobStatus.ABORTED: "red",
    JobStatus.STOPPED: "yellow",
    JobStatus.IN_PROGRESS: "cyan",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tray or not."""
    add_headless(parser)


def run(options: argparse.Namespace) -> ExitCode:
    """Run the demo until all jobs have ended; never logs off.

    Returns:
        0 when all jobs are done; otherwise the robot's own exit code.
    """
    console = Console(highlight=False)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)  # the robot's log is the demo's story
    guid = str(uuid.uuid4())
    sandbox = Sandbox()
    sandbox.add_robot(guid, _("Demo robot"))
    for name, task in (
        ("hello", {"name": "greeting", "parameters": {"to": "World"}}),
        ("broken_invoice", None),
        ("long_report", None),
        ("endless_import", None),
    ):
        sandbox.queue_job(name, task=task)
    with _kept_folder() as folder, SandboxServer(sandbox) as server, _Operator(sandbox):
        console.print(
            _("An embedded Orchestrator listens on {url}; the robot works for it.").format(url=server.url),
            soft_wrap=True,
        )
        settings = Settings.from_values(
            {
                "host": server.url,
                "robot_guid": guid,
                "scripts": SCRIPTS,
                "data_dir": folder,
                "when_idle": "exit",
                "heartbeat_seconds": 1,
                "language": current_language(),
            }
        )
        loaded = LoadedSettings(settings, ())
        if console.is_terminal:
            with _LiveTable(sandbox, console):
                code = start(lambda: loaded, None, headless=options.headless, log_format=None)
        else:
            code = start(lambda: loaded, None, headless=options.headless, log_format=options.log_format)
            console.print(jobs_table(sandbox.jobs))
        _say_what_next(console, settings)
    done = all(job.is_final for job in sandbox.jobs)
    return code if code != ExitCode.OK or done else ExitCode.INTERRUPTED


@contextlib.contextmanager
def _kept_folder() -> Iterator[Path]:
    """The robot's data folder; at the end only the page of the runs stays, with the logs that it links to."""
    folder = Path(tempfile.mkdtemp(prefix="robot-demo-"))
    try:
        yield folder
    finally:
        kept = {PAGE, LOGS} if (folder / PAGE).exists() else set()
        with contextlib.suppress(OSError):  # Windows: what a virus scanner still looks at
            for part in folder.iterdir():
                if part.name in kept:
                    continue
                if part.is_dir():
                    shutil.rmtree(part, ignore_errors=True)
                else:
                    part.unlink()
            if not kept:
                folder.rmdir()


def _say_what_next(console: Console, settings: Settings) -> None:
    """Where the page of the runs is, and how a person goes on."""
    with contextlib.suppress(RobotError):  # a demo that was broken off may have no journal
        page = write_page(settings.data_dir, settings.data_dir / PAGE)
        console.print("\n" + _("The page of these runs: {file}").format(file=page), soft_wrap=True)
        if sys.stdout is None:  # the windowed program: nobody reads what is printed
            open_for_person(page)
    steps = {
        "robot sandbox": _("an Orchestrator of your own, with a page: try your scripts"),
        "robot run": _("work for your Orchestrator; the first start writes robot.toml"),
        "robot check": _("says whether this machine is ready"),
    }
    console.print("\n" + _("What next:"))
    for command, about in steps.items():
        console.print(f"  [bold]{command:15}[/]{about}", soft_wrap=True)


def jobs_table(jobs: list[SandboxJob]) -> Table:
    """What ran and how it ended."""
    table = Table(_("Job"), _("Status"), _("Seconds"), title=_("Jobs of the demo"), title_justify="left")
    names = status_names.of_jobs()
    for job in jobs:
        times = [time for time, _status in job.history]
        seconds = decimal((times[-1] - times[0]).total_seconds()) if len(times) > 1 else ""
        colour = _COLOURS.get(job.status, "dim")
        table.add_row(job.name, f"[{colour}]{names[job.status]}[/]", seconds)
    return table


class _Operator:
    """Presses Stop a while after the endless job has begun, as a person at the Orchestrator would."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._thread = OwnedThread("demo-operator", self._run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._thread.stop()

    def _run(self, ended: threading.Event) -> None:
        endless = self._sandbox.jobs[-1]
        while not ended.is_set():
            began = self._sandbox.wait_for(lambda _sandbox: endless.status == JobStatus.IN_PROGRESS, 0.5)
            if began:
                if not ended.wait(STOP_AFTER_SECONDS):
                    self._sandbox.stop_job(endless.guid)
                return


class _LiveTable:
    """Redraws the table while the jobs run."""

    def __init__(self, sandbox: Sandbox, console: Console) -> None:
        self._live = Live(
            console=console,
            get_renderable=lambda: jobs_table(sandbox.jobs),
            refresh_per_second=1 / _REFRESH_SECONDS,
        )

    def __enter__(self) -> None:
        self._live.start()

    def __exit__(self, *_: object) -> None:
        self._live.stop()
