"""Command line: commands, options, exit codes (README)."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from app import __version__
from app.base.argparse_texts import translate_argparse
from app.base.errors import ExitCode, RobotError
from app.base.i18n import _, set_language

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS: Final = (
    "run",
    "demo",
    "sandbox",
    "check",
    "history",
    "autostart",
    "import-settings",
    "login",
    "finish",
    "write-settings",
)
DEFAULT_SANDBOX_PORT: Final = 4500


class _Parser(argparse.ArgumentParser):
    """argparse with our own words for mistakes: what is wrong, then where help is."""

    def error(self, message: str) -> NoReturn:
        self.exit(ExitCode.USAGE, _("robot: {problem}\nSee robot --help.\n").format(problem=message))


def build_parser() -> argparse.ArgumentParser:
    """The parser, in the user's language."""
    translate_argparse()
    parser = _Parser(
        prog="robot",
        description=_("Runs the Python scripts that Sherpa Orchestrator asks for. Without a command: run."),
    )
    parser.add_argument("--version", action="version", version=f"robot {__version__}", help=_("say the version"))
    commands = parser.add_subparsers(dest="command", metavar=_("COMMAND"), required=True, parser_class=_Parser)

    run = commands.add_parser("run", help=_("work for the Orchestrator; behind the tray icon unless --headless"))
    _add_config(run)
    _add_headless(run)

    demo = commands.add_parser("demo", help=_("try the robot with an embedded Orchestrator and a few sample jobs"))
    _add_headless(demo)

    sandbox = commands.add_parser("sandbox", help=_("start the embedded Orchestrator alone, with its web page"))
    sandbox.add_argument("--port", type=_port, default=DEFAULT_SANDBOX_PORT, help=_("port on loopback; 0 = any free"))
    sandbox.add_argument("--host", default="127.0.0.1", help=_("address to listen on; loopback unless given"))

    check = commands.add_parser("check", help=_("say whether this machine is ready"))
    _add_config(check)
    check.add_argument("--json", action="store_true", help=_("for programs: the same as JSON"))

    history = commands.add_parser("history", help=_("open the page of past runs"))
    _add_config(history)
    history.add_argument("--output", type=Path, metavar="FILE", help=_("write the page there instead of opening it"))

    autostart = commands.add_parser("autostart", help=_("start the robot at log-on, or not any more (Windows)"))
    autostart.add_argument("action", choices=["enable", "disable", "status"])
    kind = autostart.add_mutually_exclusive_group()
    kind.add_argument(
        "--task", dest="kind", action="store_const", const="task", help=_("through Task Scheduler (usual)")
    )
    kind.add_argument(
        "--startup", dest="kind", action="store_const", const="startup", help=_("through the Startup folder")
    )
    _add_config(autostart)

    taken = commands.add_parser("import-settings", help=_("take over the settings.txt of the vendor's framework"))
    taken.add_argument("file", nargs="?", type=Path, metavar="FILE", help=_("found by itself if left out"))
    _add_config(taken)

    login = commands.add_parser("login", help=_("keep the robot's GUID in Windows Credential Manager"))
    login.add_argument("--forget", action="store_true", help=_("remove it from there"))
    _add_config(login)

    finish = commands.add_parser("finish", help=_("ask this user's running robots to end after their jobs"))
    finish.add_argument("--wait", type=float, default=0, metavar=_("MINUTES"), help=_("wait for their end"))

    written = commands.add_parser("write-settings")  # the installer's; without help, so that people don't see it
    written.add_argument("file", type=Path)
    written.add_argument("--shared", action="store_true")
    return parser


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="FILE", help=_("settings file, instead of the usual ones"))


def _add_headless(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--headless", action="store_true", help=_("no tray icon; log to the console"))
    parser.add_argument("--log-format", choices=["text", "json"], default="text", help=_("lines on the console"))


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:  # noqa: PLR2004 - TCP's own bounds
        raise ValueError(text)
    return port


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. No traceback reaches a person for anything foreseen."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # None in a windowed program
            # A console or pipe in an old code page: better a question mark for one letter than no output at all.
            stream.reconfigure(errors="replace")
    set_language(_language_wish())
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in {"-h", "--help", "--version"}):
        arguments.insert(0, "run")
    options = build_parser().parse_args(arguments)
    try:
        return _dispatch(options)
    except RobotError as error:
        _complain(error)
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def _language_wish() -> str:
    """The language before the settings are read: the environment's `ROBOT_LANGUAGE`, else the system's."""
    import os

    wish = os.environ.get("ROBOT_LANGUAGE", "auto")
    return wish if wish in {"ru", "en"} else "auto"


def _complain(error: RobotError) -> None:
    """Say what went wrong on stderr, if there is one (a windowed program may have none)."""
    if sys.stderr is not None:
        sys.stderr.write(_("robot: {problem}").format(problem=error) + "\n")


def _dispatch(options: argparse.Namespace) -> int:  # noqa: PLR0911 - one return a command
    # Each command's modules are imported with it: starting the robot must not wait for the sandbox's libraries.
    if options.command == "run":
        from app.program import run

        return run.run(options.config, headless=options.headless, log_format=options.log_format)
    if options.command == "demo":
        from app.commands.demo import run_demo

        return run_demo(headless=options.headless, log_format=options.log_format)
    if options.command == "sandbox":
        from app.commands.sandbox import run_sandbox

        return run_sandbox(options.port, options.host)
    if options.command == "check":
        from app.check import run_check

        return run_check(options.config, as_json=options.json)
    if options.command == "history":
        from app.commands.history import run_history

        return run_history(options.config, options.output)
    if options.command == "autostart":
        from app.commands.autostart import run_autostart

        return run_autostart(options.action, options.kind, options.config)
    if options.command == "login":
        from app.commands.login import run_login

        return run_login(options.config, forget=options.forget)
    if options.command == "finish":
        from app.system.finish_requests import ask_running_robots_to_finish

        return ExitCode.OK if ask_running_robots_to_finish(options.wait * 60) else ExitCode.ALREADY_RUNNING
    if options.command == "write-settings":
        from app.commands.write_settings import run_write_settings

        return run_write_settings(options.file, shared=options.shared)
    from app.commands.import_settings import run_import

    return run_import(options.file, options.config)
