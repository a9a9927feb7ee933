"""`robot event-source register|remove`: the texts of the robot's events, for the installer or an administrator."""

from __future__ import annotations

import gettext
from typing import TYPE_CHECKING, Final

from app.base.errors import ExitCode
from app.base.i18n import _
from app.base.paths import LOCALE_DIR
from app.monitoring.events import message_texts
from app.system import event_source

if TYPE_CHECKING:
    import argparse

LANGUAGES: Final = {0x409: "en", 0x419: "ru"}  # by LCID; who reads in another one gets the first


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do."""
    parser.add_argument("action", choices=["register", "remove"])


def run(options: argparse.Namespace) -> ExitCode:
    """Do it.

    Raises:
        RobotError: not on Windows, or not as an administrator.
    """
    if options.action == "register":
        file = event_source.register(texts())
        done = _("The events of the source {source} have their texts: {file}").format(
            source=event_source.SOURCE, file=file
        )
    else:
        event_source.unregister()
        done = _("The source {source} is removed.").format(source=event_source.SOURCE)
    print(done)  # noqa: T201 - the command's result
    return ExitCode.OK


def texts() -> dict[int, dict[int, str]]:
    """The text of every event by language and number."""
    catalogs = {
        lcid: gettext.translation("robot", LOCALE_DIR, [name], fallback=True) for lcid, name in LANGUAGES.items()
    }
    return {lcid: message_texts(catalog.gettext) for lcid, catalog in catalogs.items()}
