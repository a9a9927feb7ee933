"""What each kind of setting may be: from the value of a file or a variable to the value that the robot works with.

Functions, and small dataclasses that are called like them, rather than a validation library's models: loading one takes
longer than everything else that happens until the first heartbeat.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from app.base import hosts
from app.base.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

Text = TypeVar("Text", bound=str)
_SWITCHES: Final = {
    **dict.fromkeys(("true", "1", "yes", "on", "y", "t"), True),
    **dict.fromkeys(("false", "0", "no", "off", "n", "f"), False),
}


class WrongValueError(ValueError):
    """A value that can't be meant.

    Args:
        kind: what is wrong, as a key of the texts for people.
        limit: the bound that was passed, for the kinds `least` and `most`.
        choices: what is allowed, for the kind `choice`.
    """

    def __init__(self, kind: str, *, limit: float = 0, choices: tuple[str, ...] = ()) -> None:
        super().__init__(kind)
        self.kind = kind
        self.limit = limit
        self.choices = choices


@dataclass(frozen=True, repr=False)
class Secret:
    """A text that shows itself to nobody by accident."""

    _value: str

    def reveal(self) -> str:
        """The text in the clear."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"


def host(value: object) -> str:
    """`http(s)://name[:port][/prefix]` without a trailing slash."""
    try:
        return hosts.read_host(str(value))
    except hosts.WrongAddressError as error:
        raise WrongValueError("host_credentials" if error.credentials else "host") from None


def guid(value: object) -> Secret:
    """A GUID with or without braces; its letters stay as they were written."""
    found = hosts.read_guid(str(value))
    if found is None:
        raise WrongValueError("guid")
    return Secret(found)


def proxy(value: object) -> str:
    """`[http(s)://][user:password@]name[:port]`; without a scheme it is http, as everywhere."""
    try:
        return hosts.read_proxy(str(value))
    except hosts.WrongAddressError:
        raise WrongValueError("proxy") from None


def path(value: object) -> Path:
    """A path, as a text or made one already."""
    if not isinstance(value, (str, Path)) or "\0" in str(value):
        raise WrongValueError("path")
    return Path(value)


def switch(value: object) -> bool:
    """`true` or `false`, or what an environment variable says for it."""
    if isinstance(value, (bool, int, str)) and (known := _SWITCHES.get(str(value).strip().lower())) is not None:
        return known
    raise WrongValueError("bool")


@dataclass(frozen=True)
class OneOf(Generic[Text]):
    """One of these texts."""

    choices: tuple[Text, ...]

    def __call__(self, value: object) -> Text:
        """The choice that `value` is; blanks around it are what `set NAME=value & …` leaves on Windows."""
        plain = value.strip() if isinstance(value, str) else value
        for choice in self.choices:
            if plain == choice:
                return choice
        raise WrongValueError("choice", choices=self.choices)


def one_of(*choices: Text) -> Callable[[object], Text]:
    """One of these texts: an `OneOf`, declared as what lets literals stay literals."""
    return OneOf(choices)


@dataclass(frozen=True)
class Number:
    """A finite number within its bounds, also as the text of an environment variable."""

    least: float
    most: float = math.inf

    def __call__(self, value: object) -> float:
        """`value` as a number."""
        return _bounded(_number(value), self.least, self.most)


number = Number


@dataclass(frozen=True)
class WholeNumber:
    """The same without a fraction."""

    least: int
    most: int

    def __call__(self, value: object) -> int:
        """`value` as a whole number."""
        found = _number(value)
        if not found.is_integer():
            raise WrongValueError("whole_number")
        return int(_bounded(found, self.least, self.most))


whole_number = WholeNumber


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):  # true is no number, although 1 == True
        raise WrongValueError("number")
    try:
        found = float(value)
    except (ValueError, OverflowError):
        raise WrongValueError("number") from None
    if not math.isfinite(found):
        raise WrongValueError("number")
    return found


def _bounded(found: float, least: float, most: float) -> float:
    if found < least:
        raise WrongValueError("least", limit=least)
    if found > most:
        raise WrongValueError("most", limit=most)
    return found
