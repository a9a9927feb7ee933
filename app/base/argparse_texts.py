"""argparse's own words in the user's language: headings, the help option, what is wrong with an argument.

argparse translates with the gettext catalog that the environment names; ours is chosen by
`app.base.i18n`, on Windows too.
"""

from __future__ import annotations

import argparse
from typing import Final

from app.base import i18n
from app.base.i18n import N_

# As Python 3.11 writes them; what a later version writes differently stays English.
TEXTS: Final = (
    N_("usage: "),
    N_("positional arguments"),
    N_("options"),
    N_("show this help message and exit"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("ambiguous option: %(option)s could match %(matches)s"),
    N_("expected one argument"),
    N_("ignored explicit argument %r"),
    N_("invalid %(type)s value: %(value)r"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
    N_("not allowed with argument %s"),
    N_("one of the arguments %s is required"),
    N_("the following arguments are required: %s"),
    N_("unrecognized arguments: %s"),
)


def translate_argparse() -> None:
    """Let argparse ask our catalog, in the language that is chosen when it asks."""
    # Its names for gettext are private; `tests/base/test_catalogs.py` fails when a Python has others.
    setattr(argparse, "_", i18n._)  # noqa: B010 - the type checker doesn't know the name
