"""`robot try`: one script as a job runs it, without a job; its output on the console, Ctrl-C is Stop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.base.errors import UsageError
from app.base.i18n import _, set_language
from app.base.os_reasons import describe_os_error
from app.commands.desk import settings_at_the_desk
from app.orchestrator.vocabulary import JobStatus
from app.program.trying.trial import Trial, Wanted
from app.settings.loading import load_settings

if TYPE_CHECKING:
    import argparse

_EXIT_CODES = {JobStatus.SUCCESS: 0, JobStatus.FAILED: 1, JobStatus.STOPPED: 7, JobStatus.ABORTED: 3}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which script, with what, against whom."""
    parser.add_argument("name", metavar=_("NAME"), help=_("the script, as jobs name it, or its path"))
    parser.add_argument(
        "--task", metavar=_("JSON"), help=_("the job's task, or its parameters; @FILE: the content of that file")
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--sandbox", action="store_true", help=_("let it ask an embedded sandbox (the default)"))
    where.add_argument(
        "--config", type=Path, metavar=_("FILE"), help=_("let it ask the real Orchestrator, that of this settings file")
    )
    parser.add_argument("--load", type=Path, metavar=_("FILE"), help=_("what is in the sandbox: TOML or JSON"))
    parser.add_argument("--debug", action="store_true", help=_("wait for a debugger (debugpy) on port 5678"))


def run(options: argparse.Namespace) -> int:
    """Try it.

    Returns:
        0 Success, 1 Failed, 7 Stopped, 3 Aborted.

    Raises:
        RobotError: wrong settings, task or state.
    """
    if options.config and options.load:
        raise UsageError(_("--load fills the sandbox, and --config asks the real Orchestrator: give one of them."))
    settings = load_settings(options.config).settings if options.config else settings_at_the_desk(None)
    set_language(settings.language)
    task = None if options.task is None else _task(options.task)
    wanted = Wanted(options.name, task, options.load, real=options.config is not None, debug=options.debug)
    return _EXIT_CODES[Trial(settings, wanted).run()]


def _task(text: str) -> dict[str, Any]:
    """A Task: an object that has `parameters`; any other JSON is the parameters of one.

    Raises:
        UsageError: it can't be read.
    """
    if text.startswith("@"):
        try:
            text = Path(text[1:]).read_text("utf-8-sig")
        except OSError as error:
            reason = describe_os_error(error).for_people()
            raise UsageError(_("{file} can't be read: {error}").format(file=text[1:], error=reason)) from None
        except UnicodeDecodeError:
            raise UsageError(_("{file} is not UTF-8.").format(file=text[1:])) from None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(_("The task is not JSON: {error}").format(error=error)) from None
    if isinstance(value, dict) and any(key.lower() == "parameters" for key in value):
        return {key.strip().lower(): item for key, item in value.items()}
    return {"name": "try", "parameters": value}
