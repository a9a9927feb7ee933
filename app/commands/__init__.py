"""The commands: one file each, and one line in the table. Only the chosen one is imported.

A command's module has two functions:

    add_arguments(parser)       what may stand after the command's name
    run(options) -> int         its exit code; carries it out; raises RobotError for what ends it
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, cast

from app.base.i18n import N_

if TYPE_CHECKING:
    import argparse


class CommandModule(Protocol):
    """What the module of a command has."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Say what may stand after the command's name."""

    def run(self, options: argparse.Namespace) -> int:
        """Carry the command out; its exit code. RobotError for what ends it."""


class Command(NamedTuple):
    """A line of the table.

    Attributes:
        module: its file's name in this folder.
        help: one line for `robot --help`, marked for the catalog.
        hidden: for our own programs: neither listed nor suggested.
    """

    module: str
    help: str = ""
    hidden: bool = False

    def load(self) -> CommandModule:
        """Import the command's module: starting the robot must not wait for the sandbox's libraries."""
        return cast("CommandModule", importlib.import_module(f"app.commands.{self.module}"))


DEFAULT: Final = "run"
TABLE: Final = {
    "run": Command("run", N_("work for the Orchestrator; behind the tray icon unless --headless")),
    "demo": Command("demo", N_("try the robot with an embedded Orchestrator and a few sample jobs")),
    "sandbox": Command("sandbox", N_("start the embedded Orchestrator alone, with its web page")),
    "open": Command("open", N_("open the page of the robot that runs")),
    "status": Command("status", N_("show what the running robot does now")),
    "try": Command("try_script", N_("run one script as a job runs it, without a job")),
    "new": Command("new", N_("make a folder for a new script, with a test that passes")),
    "prepare": Command("prepare", N_("make the environments of scripts before their jobs need them")),
    "check": Command("check", N_("check whether this machine is ready")),
    "history": Command("history", N_("open the page of past runs")),
    "outbox": Command("outbox", N_("show reports that wait or were refused; send them again, or give them up")),
    "diagnose": Command("diagnose", N_("pack one archive for support, with nothing secret in it")),
    "autostart": Command("autostart", N_("start the robot at every log-on, or stop doing so (Windows)")),
    "import-settings": Command("import_settings", N_("take over the settings.txt of the vendor's framework")),
    "login": Command("login", N_("keep the robot's GUID in Windows Credential Manager")),
    "finish": Command("finish", N_("ask this user's running robots to end after their jobs")),
    "event-source": Command("event_source", hidden=True),  # the installer's for all users, or an administrator's
    "setup": Command("setup", hidden=True),  # the installer's
}
