"""`robot import-settings`: takes over the three-line settings of the vendor's framework."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.base.errors import ExitCode, SettingsError
from app.base.i18n import _
from app.base.paths import user_settings_file
from app.commands.arguments import add_config
from app.settings.file import template_text, toml_text, write_settings
from app.settings.vendor import find_vendor_settings, parse_vendor_settings

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which file, and where its settings go."""
    parser.add_argument("file", nargs="?", type=Path, metavar=_("FILE"), help=_("found by itself if left out"))
    add_config(parser)


def run(options: argparse.Namespace) -> ExitCode:
    """Take it over."""
    return run_import(options.file, options.config)


def run_import(file: Path | None, target: Path | None) -> ExitCode:
    """Write `target` (the user's `robot.toml` unless given) from the vendor's settings.

    Raises:
        SettingsError: there is nothing to take over, or `target` exists already: nothing is overwritten.
    """
    source = file or find_vendor_settings()
    if source is None:
        raise SettingsError(
            _("No settings of the vendor's framework were found."),
            _("Name the file: robot import-settings FILE. It usually is %APPDATA%\\Sherpa RPA Python\\settings.txt."),
        )
    vendor = parse_vendor_settings(source)
    target = target or user_settings_file()
    if target.exists():
        raise SettingsError(
            _("The settings file {file} exists already and is not overwritten.").format(file=target.absolute()),
            _("Rename it, or write another one with --config FILE."),
        )
    values = {"host": toml_text(vendor.host), "robot_guid": toml_text(vendor.guid)}
    values["when_idle"] = toml_text("logoff" if vendor.log_off else "exit")
    write_settings(target, template_text(values))
    print(_("Taken over: {source} → {target}").format(source=source, target=target.absolute()))  # noqa: T201
    print(_("Put your scripts into the folder {folder}.").format(folder=target.absolute().parent / "scripts"))  # noqa: T201
    return ExitCode.OK
