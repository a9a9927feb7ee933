"""`robot sandbox`: the embedded Orchestrator alone, with its page, until Ctrl-C."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Final

from app.base import hosts
from app.base.errors import ExitCode
from app.base.i18n import _
from app.commands.arguments import port
from app.sandbox.engine import Sandbox
from app.sandbox.examples import robot_toml
from app.sandbox.server import SandboxServer

if TYPE_CHECKING:
    import argparse

DEFAULT_PORT: Final = 4500

# Always the same, so that a robot.toml written for the sandbox still fits after its restart.
SANDBOX_ROBOT_GUID: Final = "5a9db0c5-0000-4000-8000-000000000001"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where it listens."""
    parser.add_argument(
        "--port", type=port, default=DEFAULT_PORT, metavar=_("PORT"), help=_("port on loopback; 0 = any free")
    )
    parser.add_argument(
        "--host", default="127.0.0.1", metavar=_("ADDRESS"), help=_("address to listen on; loopback unless given")
    )


def run(options: argparse.Namespace) -> ExitCode:
    """Serve until Ctrl-C; prints the address and settings for a robot. UsageError if the address can't be had."""
    sandbox = Sandbox()
    sandbox.add_robot(SANDBOX_ROBOT_GUID, _("My robot"))
    with SandboxServer(sandbox, options.host, options.port) as server:
        sys.stdout.write(_greeting(server.url, options.host))
        sys.stdout.flush()
        never = threading.Event()
        try:
            # With a time limit, since Ctrl-C doesn't interrupt an endless wait on Windows.
            while not never.wait(1.0):
                pass
        except KeyboardInterrupt:
            sys.stdout.write("\n" + _("The sandbox is closed.") + "\n")
    return ExitCode.OK


def _greeting(url: str, host: str) -> str:
    lines = [
        _("The sandbox is at {url} — open it in a browser. Ctrl-C ends it.").format(url=url),
        "",
        _("To let a robot work for it, save this as robot.toml:"),
        "",
        robot_toml(url, SANDBOX_ROBOT_GUID),
        _("and start it with:"),
        "",
        "    robot run --config robot.toml --headless",
        "",
    ]
    if not hosts.is_loopback(host):
        lines.insert(1, _("Warning: it listens on {host}. Everybody who reaches it can use it.").format(host=host))
    return "\n".join(lines) + "\n"
