"""Command line: the parser from the command table, the language, exit codes (README)."""

from __future__ import annotations

import argparse
import contextlib
import errno
import gc
import os
import sys
from typing import TYPE_CHECKING, Final, NoReturn

from app import __version__
from app.base import module_archive
from app.base.argparse_texts import translate_argparse
from app.base.errors import ExitCode, RobotError, UsageError
from app.base.i18n import _, set_language
from app.base.os_reasons import describe_os_error
from app.base.streams import set_up_streams
from app.commands import DEFAULT, TABLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.commands import CommandModule

_USUAL_COLUMNS: Final = 80
# A write that fails names no file, an opening does.
_NO_OUTPUT: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF, errno.EFBIG})


class _Formatter(argparse.HelpFormatter):
    """argparse makes one with each argument, and asks for the terminal's width through `shutil`: 2 ms of a start."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    """Of the terminal, as `shutil.get_terminal_size` has it."""
    with contextlib.suppress(KeyError, ValueError):
        if (columns := int(os.environ["COLUMNS"])) > 0:
            return columns
    with contextlib.suppress(AttributeError, ValueError, OSError):
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or _USUAL_COLUMNS  # type: ignore[union-attr]
    return _USUAL_COLUMNS


class _Parser(argparse.ArgumentParser):
    """argparse with our own words for mistakes: what is wrong, then where help is."""

    def error(self, message: str) -> NoReturn:
        if sys.stderr is None:  # robot.exe
            from app.program.unread import tell

            tell(message, sys.argv[1:])
            self.exit(ExitCode.USAGE)
        self.exit(ExitCode.USAGE, _("robot: {problem}\nSee robot --help.\n").format(problem=message))


def parse(arguments: Sequence[str]) -> tuple[CommandModule, argparse.Namespace]:
    """The chosen command and its options, in the user's language.

    Raises:
        SystemExit: help or the version was shown (0), or the command line is wrong and that has been said (2).
    """
    translate_argparse()
    arguments = list(arguments)
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in {"-h", "--help", "--version"}):
        arguments.insert(0, DEFAULT)
    parser = _Parser(
        prog="robot",
        formatter_class=_Formatter,
        description=_("Runs the Python scripts that Sherpa Orchestrator asks for. Without a command: run."),
    )
    parser.add_argument("--version", action="version", version=f"robot {__version__}", help=_("show the version"))
    chosen = arguments[0]
    if chosen not in TABLE and not chosen.startswith("-"):
        parser.error(_unknown(chosen))
    commands = parser.add_subparsers(  # with a name, or argparse would ask the terminal for its width
        dest="command", metavar=_("COMMAND"), required=True, parser_class=_Parser, prog=parser.prog
    )
    for name, command in TABLE.items():
        if name == chosen:
            sentence = _(command.help) if command.help else ""  # of an empty text gettext gives its catalog's header
            described = f"{sentence[:1].upper()}{sentence[1:]}." if sentence else None
            command.load().add_arguments(commands.add_parser(name, description=described, formatter_class=_Formatter))
        elif chosen not in TABLE and not command.hidden:  # for --help
            commands.add_parser(name, help=_(command.help))
    options = parser.parse_args(arguments)
    return TABLE[options.command].load(), options


def _unknown(command: str) -> str:
    """That there is no such command, and which one may be meant."""
    import difflib  # late: only who mistypes waits for it

    said = _("there is no command {command}.").format(command=repr(command))
    shown = [name for name, line in TABLE.items() if not line.hidden]
    alike = difflib.get_close_matches(command.lower(), shown, n=1)
    return f"{said} " + _("Did you mean {command}?").format(command=alike[0]) if alike else said


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. No traceback reaches a person for anything foreseen."""
    set_up_streams(set_language(_language_wish()))
    command, options = parse(sys.argv[1:] if arguments is None else arguments)
    gc.enable()  # which `app.__main__` has switched off, and kept the modules' archive open
    module_archive.let_go()
    try:
        code = command.run(options)
        if sys.stdout is not None:
            sys.stdout.flush()  # here: what fails later is complained of by Python itself
    except BrokenPipeError:
        return _nobody_reads()
    except OSError as error:
        if error.filename is not None:
            reason = describe_os_error(error).for_people()
            _complain(UsageError(_("{file} can't be used: {reason}.").format(file=error.filename, reason=reason)))
            return ExitCode.USAGE
        if error.errno not in _NO_OUTPUT:
            raise
        _nobody_reads()
        reason = describe_os_error(error).for_people()
        _complain(UsageError(_("The output can't be written: {reason}.").format(reason=reason)))
        return ExitCode.USAGE
    except RobotError as error:
        _complain(error)
        return error.exit_code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    else:
        return code


def _nobody_reads() -> int:
    """The other end of stdout's pipe is closed, as by `head`: say nothing more, also at exit.

    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def _language_wish() -> str:
    """The language before the settings are read: the environment's `ROBOT_LANGUAGE`, else the system's."""
    wish = os.environ.get("ROBOT_LANGUAGE", "auto").strip()
    return wish if wish in {"ru", "en"} else "auto"


def _complain(error: RobotError) -> None:
    """Say what went wrong on stderr, if there is one (a windowed program may have none)."""
    if sys.stderr is not None and not error.said:
        sys.stderr.write(_("robot: {problem}").format(problem=error) + "\n")
