"""Arguments that several commands take, and the kinds of values that they hold."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Final

from app.base.i18n import _

_LAST_PORT: Final = 65535
_MOST_DAYS: Final = 36_500


def add_config(parser: argparse.ArgumentParser) -> None:
    """`--config FILE`."""
    parser.add_argument("--config", type=Path, metavar=_("FILE"), help=_("settings file, instead of the usual ones"))


def add_headless(parser: argparse.ArgumentParser) -> None:
    """`--headless`, and how its lines on the console look."""
    parser.add_argument("--headless", action="store_true", help=_("no tray icon; log to the console"))
    parser.add_argument(
        "--log-format", choices=["text", "json"], default="text", help=_("form of the lines on the console")
    )


def port(text: str) -> int:
    """A TCP port, 0 for any free one."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(_LAST_PORT)) and int(text) <= _LAST_PORT):
        raise argparse.ArgumentTypeError(
            _("{value} is not a whole number from 0 to {last}").format(value=repr(text), last=_LAST_PORT)
        )
    return int(text)


def days(text: str) -> float:
    """A length of time in days: finite, more than nothing."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and 0 < value <= _MOST_DAYS):
        raise argparse.ArgumentTypeError(_("{value} is not a number of days").format(value=repr(text)))
    return value


def minutes(text: str) -> float:
    """A length of time in minutes: finite, not negative."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError(_("{value} is not a number of minutes").format(value=repr(text)))
    return value
