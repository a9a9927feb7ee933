r"""`robot setup STEP`: what the installer and the uninstaller leave to the robot's own code. For them, not for people.

They hand over, in the environment, because a process list shows command lines:

    ROBOT_SETUP_COMMAND_LINE   their own command line, as Windows has it
    ROBOT_SETUP_MESSAGE        where to write what their window shall say (UTF-16)

A step that fails says why there and in `%TEMP%\Robot-setup.log`.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.base import paths
from app.base.errors import ExitCode, RobotError
from app.base.i18n import _, current_language, set_language
from app.base.os_reasons import describe_os_error
from app.setup.parameters import Parameters, WrongParameterError, cut_folder, read
from app.setup.report import append_to_log, write_message

if TYPE_CHECKING:
    from collections.abc import Callable

_SYSTEM: Final = "S-1-5-18"
USUAL_WAIT: Final = 10.0  # minutes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The step, and what it needs."""
    parser.add_argument("step", choices=sorted(STEPS))
    parser.add_argument(
        "--remove", dest="kind", action="store_const", const="remove", default="install", help=argparse.SUPPRESS
    )
    parser.add_argument("--wait", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--robots", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--program", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--old-program", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--all-users", action="store_true", help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> ExitCode:
    """One step."""
    try:
        code: ExitCode = STEPS[options.step](options)
    except WrongParameterError:
        _report(lambda: _wrong(options.kind))
    except RobotError as error:
        problem = str(error)
        _report(lambda: [problem])
    except OSError as error:
        reason = describe_os_error(error)
        _report(lambda: [reason.for_people()])
    else:
        return code
    return ExitCode.USAGE


def _check(options: argparse.Namespace) -> ExitCode:
    """Whether the parameters can be meant."""
    _parameters(options.kind)
    return ExitCode.OK


def _wait(options: argparse.Namespace) -> ExitCode:
    """Ask the robots of every session to make way, and note how they were started; 5 if one is still at work."""
    from app.system.restarts import note
    from app.system.running_robots import wait_for_the_end

    told = _parameters(options.kind).wait
    minutes = next(wait for wait in (options.wait, told, USUAL_WAIT) if wait is not None)
    ended = wait_for_the_end(
        minutes * 60,
        all_sessions=True,
        make_way=options.kind == "install",
        before_they_end=lambda pids: note(pids, options.robots),
    )
    return ExitCode.OK if ended else ExitCode.ALREADY_RUNNING


def _start_again(options: argparse.Namespace) -> ExitCode:
    """Start what was noted; 5 if nothing was."""
    from app.system.restarts import noted, start_again

    starts = noted(options.robots)
    for start in starts:
        start_again(start, options.program)
    return ExitCode.OK if starts else ExitCode.ALREADY_RUNNING


def _settings(options: argparse.Namespace) -> ExitCode:
    """Write what the parameters say into settings files; the GUID never into one that every user may read."""
    from app.setup.settings_files import write

    told = dict(_parameters(options.kind).settings)
    if options.all_users:
        guid = {"robot_guid": told.pop("robot_guid")} if "robot_guid" in told else {}
        write(paths.machine_settings_file(), told, shared=True)
        told = guid
    write(paths.user_settings_file(), told, alone=not options.all_users)
    return ExitCode.OK


def _autostart(options: argparse.Namespace) -> ExitCode:
    """As the parameters say; without a word, what there is follows the program."""
    from app.commands.autostart import start_command
    from app.system import autostart

    wish = _parameters(options.kind).autostart
    if wish == "none" or options.kind == "remove":
        autostart.disable()
    elif wish:
        kind: autostart.Kind = "task" if wish == "task" else "startup"
        autostart.enable(kind, start_command(None, kind))
    else:
        autostart.follow(start_command, options.old_program)
    return ExitCode.OK


def _purge(options: argparse.Namespace) -> ExitCode:
    """Remove what is the user's."""
    from app.setup.purge import purge

    if left := purge(machine=options.all_users):
        append_to_log(f"could not be removed: {line}" for line in left)
    return ExitCode.OK


STEPS: Final[dict[str, Callable[[argparse.Namespace], ExitCode]]] = {
    "check": _check,
    "wait": _wait,
    "start-again": _start_again,
    "settings": _settings,
    "autostart": _autostart,
    "purge": _purge,
}


def _parameters(kind: str) -> Parameters:
    """Raises WrongParameterError."""
    line, folder = cut_folder(os.environ.get("ROBOT_SETUP_COMMAND_LINE", ""), kind)
    return read(_split(line)[1:], folder, kind, for_the_system=_is_the_system())


def _wrong(kind: str) -> list[str]:
    """What is wrong with the parameters, in the language of the moment."""
    try:
        _parameters(kind)
    except WrongParameterError as error:
        return [_("Wrong parameters; nothing was changed."), *error.lines]
    return []


def _report(words: Callable[[], list[str]]) -> None:
    """In English for the log, in the user's language for the window."""
    language = current_language()
    set_language("en")
    append_to_log(words())
    set_language(language)
    lines = words()
    if file := os.environ.get("ROBOT_SETUP_MESSAGE"):
        write_message(lines, Path(file))
    if sys.stderr is not None:
        sys.stderr.write("\n".join(lines) + "\n")


if sys.platform == "win32":
    from app.base.account import user_sid_text
    from app.base.command_line import split_command_line

    def _split(line: str) -> list[str]:
        return split_command_line(line)

    def _is_the_system() -> bool:
        return user_sid_text() == _SYSTEM

else:
    import shlex

    def _split(line: str) -> list[str]:
        """Good enough for tests: no installer of ours runs here."""
        return shlex.split(line)

    def _is_the_system() -> bool:
        return False
