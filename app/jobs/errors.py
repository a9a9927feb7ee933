"""The one error inside this package: why a script can't be started."""

from __future__ import annotations


class CannotStartError(Exception):
    """The script can't be started; the message is one or two sentences for people, in the user's language."""
