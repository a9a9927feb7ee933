"""`robot prepare`: the environments of scripts, made ahead of their jobs."""

from __future__ import annotations

import secrets
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table

from app.base.data_folder import make_data_folder
from app.base.errors import ExitCode, RobotError, UsageError
from app.base.i18n import _, decimal, set_language
from app.base.os_reasons import describe_os_error
from app.base.redaction import Mask
from app.commands.arguments import add_config
from app.commands.desk import settings_at_the_desk
from app.jobs.console_output import ConsoleOutput
from app.jobs.environments.build import Build, BuildEndedError
from app.jobs.environments.store import Environments
from app.jobs.environments.survey import Surveyed, all_scripts, survey
from app.jobs.errors import CannotStartError
from app.jobs.scripts import find_script

if TYPE_CHECKING:
    import argparse

    from app.jobs.scripts import Script
    from app.settings.model import Settings


_LOOK_SECONDS: Final = 0.2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Settings file, and whose environments."""
    add_config(parser)
    parser.add_argument("names", nargs="*", metavar=_("NAME"), help=_("scripts, as jobs name them; all without any"))


def run(options: argparse.Namespace) -> int:
    """Make what is missing, the builder's output on the console, and say at the end what is there.

    Returns:
        0, or 1 if any could not be made.

    Raises:
        RobotError: more than host and GUID is wrong in the settings, or there is no such script.
    """
    settings = settings_at_the_desk(options.config)
    set_language(settings.language)
    if settings.environments == "off":
        raise UsageError(_("Environments are turned off in the settings: environments = 'off'."))
    try:
        data = make_data_folder(settings.data_dir)
    except OSError as error:
        raise RobotError(
            _("The data folder {folder} can't be used: {reason}.").format(
                folder=settings.data_dir, reason=describe_os_error(error).for_people()
            )
        ) from None
    environments = Environments(settings, data.environments)
    wanted = survey(environments, _scripts(settings, options.names))
    outcomes = [_make(environments, each) for each in wanted]
    environments.sweep()
    console = Console(highlight=False, file=sys.stdout)
    if not wanted:
        console.print(_("No script needs an environment."))
        return ExitCode.OK
    console.print(_table(wanted, outcomes))
    return 1 if any(each.problem for each in wanted) else ExitCode.OK


def _scripts(settings: Settings, names: list[str]) -> list[Script]:
    if not names:
        return list(all_scripts(settings.scripts))
    try:
        return [find_script(settings.scripts, name) for name in names]
    except CannotStartError as error:
        raise UsageError(str(error)) from None


def _make(environments: Environments, each: Surveyed) -> str:
    """Make one that isn't there; what came of it. Ctrl-C ends the builder.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed; nothing of the builder is left.
    """
    if each.wanted is None:
        return ""
    if each.ready:
        return _("is there")
    began = time.monotonic()
    with ConsoleOutput(Mask()) as output:
        build = Build(environments, each.wanted, output, secrets.token_hex(16))
        done = threading.Event()
        # On a thread, because Ctrl-C interrupts no wait for a process on Windows; an event, because it makes a thread
        # that is joined look like one that has ended.
        threading.Thread(target=_build, args=(build, each, done), name="builder").start()
        try:
            _wait(done)
        except KeyboardInterrupt:
            build.end()
            _wait(done)
            raise
    return _("made in {seconds} s").format(seconds=decimal(time.monotonic() - began))


def _wait(event: threading.Event) -> None:
    while not event.wait(_LOOK_SECONDS):
        pass


def _build(build: Build, each: Surveyed, done: threading.Event) -> None:
    try:
        build.run()
    except BuildEndedError:
        each.problem = _("It was broken off.")
    except CannotStartError as error:
        each.problem = str(error)
    finally:
        done.set()


def _table(wanted: list[Surveyed], outcomes: list[str]) -> Table:
    table = Table(_("Scripts"), _("Made from"), _("Environment"), "")
    for each, outcome in zip(wanted, outcomes, strict=True):
        source = each.wanted.requirements.source.name if each.wanted else ""
        name = each.wanted.name if each.wanted else ""
        table.add_row(", ".join(each.scripts), source, name, each.problem or outcome)
    return table
