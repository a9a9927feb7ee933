"""`robot sandbox`: the embedded Orchestrator alone, with its page, until Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.base import hosts
from app.base.errors import ExitCode, UsageError
from app.base.i18n import _
from app.commands.arguments import port
from app.sandbox.engine import Sandbox
from app.sandbox.examples import robot_toml
from app.sandbox.server import SandboxServer

if TYPE_CHECKING:
    import argparse

DEFAULT_PORT: Final = 4500
SAVE_SECONDS: Final = 5.0  # at most so much is lost when the console is closed

# Always the same, so that a robot.toml written for the sandbox still fits after its restart.
SANDBOX_ROBOT_GUID: Final = "5a9db0c5-0000-4000-8000-000000000001"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where it listens, and what it begins and ends with."""
    parser.add_argument(
        "--port", type=port, default=DEFAULT_PORT, metavar=_("PORT"), help=_("port on this machine; 0 = any free")
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        metavar=_("ADDRESS"),
        help=_("address to listen on; this machine only unless given"),
    )
    parser.add_argument(
        "--load",
        type=Path,
        metavar=_("FILE"),
        help=_("begin with the queues, assets, jobs … of this file (.toml, .json)"),
    )
    parser.add_argument(
        "--save", type=Path, metavar=_("FILE"), help=_("keep everything in this file, for --load (.toml, .json)")
    )


def run(options: argparse.Namespace) -> ExitCode:
    """Serve until Ctrl-C; prints the address and settings for a robot.

    Raises:
        UsageError: the address can't be had, a file can't be read or written, or what it says is wrong.
    """
    sandbox = Sandbox()
    _prepare(sandbox, options)
    robot = next(iter(sandbox.robots.values()))
    _end_as_by_ctrl_c()
    # Around the greeting too: who has read its first line may press Ctrl-C.
    with contextlib.suppress(KeyboardInterrupt), SandboxServer(sandbox, options.host, options.port) as server:
        sys.stdout.write(_greeting(server.url, options.host, robot.guid))
        sys.stdout.flush()
        _serve(sandbox, options.save)
    if options.save:  # before a word is said: the terminal may be gone
        from app.sandbox.state_file import save_state

        save_state(sandbox, options.save)
    sys.stdout.write("\n" + _("The sandbox is closed.") + "\n")
    if options.save:
        sys.stdout.write(_("Saved: {file}").format(file=options.save) + "\n")
    return ExitCode.OK


def _end_as_by_ctrl_c() -> None:
    """What a service manager, `kill` or a closed terminal sends lets it save its world as well."""
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):  # the latter is not on Windows
            number = getattr(signal, name, None)
            if number and signal.getsignal(number) is signal.SIG_DFL:  # `nohup` has it ignored
                signal.signal(number, signal.default_int_handler)


def _prepare(sandbox: Sandbox, options: argparse.Namespace) -> None:
    if options.load or options.save:
        from app.sandbox.state_file import check_name, load_state

        if options.save:
            check_name(options.save)
        # A file that is to be kept up from the first day isn't there on that day.
        if options.load and (options.load != options.save or options.load.exists()):
            load_state(sandbox, options.load)
    if not sandbox.robots:
        sandbox.add_robot(SANDBOX_ROBOT_GUID, _("My robot"))


def _serve(sandbox: Sandbox, save: Path | None) -> None:
    """Until Ctrl-C; with time limits, since Ctrl-C doesn't interrupt an endless wait on Windows."""
    never = threading.Event()
    saved = -1
    while not never.wait(SAVE_SECONDS if save else 1.0):
        if save and sandbox.version != saved:
            from app.sandbox.state_file import save_state

            saved = sandbox.version
            with contextlib.suppress(UsageError):  # a disk that is full for a while; the last one says it
                save_state(sandbox, save)


def _greeting(url: str, host: str, robot_guid: str) -> str:
    lines = [
        _("The sandbox is at {url} — open it in a browser. Ctrl-C ends it.").format(url=url),
        "",
        _("To let a robot work for it, save this as robot.toml:"),
        "",
        robot_toml(url, robot_guid),
        _("and start it with:"),
        "",
        "    robot run --config robot.toml --headless",
        "",
    ]
    if not hosts.is_loopback(host):
        lines.insert(1, _("Warning: it listens on {host}. Everybody who reaches it can use it.").format(host=host))
    return "\n".join(lines) + "\n"
