"""What scripts hand over: refused here if it is of the wrong kind, by the names that the author knows."""

from ._errors import RobotJobError
from ._texts import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_INFINITE = (float("inf"), float("-inf"))


def as_text(call: str, argument: str, value: object) -> str:
    """`value`, which must be a text that can be sent. A wrong one isn't shown: it may be a secret.

    Args:
        call: what the script has called.
        argument: with which argument.
        value: what it has handed over.

    Raises:
        RobotJobError: it is none.
    """
    if not isinstance(value, str):
        shown = "None" if value is None else type(value).__name__
        raise _refused(say("{value} is no text: {argument} of {call}", value=shown, argument=argument, call=call))
    return value


def as_name(call: str, value: object) -> str:
    """`value`, which must be a name or GUID: the argument `name` of `call`.

    Raises:
        RobotJobError: it is none.
    """
    name = as_text(call, "name", value)
    if not name.strip() or any("\ud800" <= letter <= "\udfff" for letter in name):
        raise _refused(say("{value} is no name: {argument} of {call}", value=ascii(name), argument="name", call=call))
    return name


def as_number(call: str, argument: str, value: "Any") -> float:
    """`value`, which must be a number that is one; also of other libraries' kinds.

    Raises:
        RobotJobError: it is none.
    """
    try:
        number = float(value)
        if isinstance(value, bool) or number != number or number in _INFINITE:  # noqa: PLR0124 - NaN
            raise ValueError  # noqa: TRY301
    except OverflowError:  # a whole number beyond all others
        shown = type(value).__name__
    except (TypeError, ValueError):
        shown = repr(value)
    else:
        return value if isinstance(value, (int, float)) else number
    raise _refused(say("{value} is no number: {argument} of {call}", value=shown, argument=argument, call=call))


def as_callback(call: str, value: object) -> None:
    """`value` must be something to call: the argument `callback` of `call`.

    Raises:
        RobotJobError: it is none.
    """
    if not callable(value):
        shown = repr(value)
        raise _refused(
            say("{value} can't be called: {argument} of {call}", value=shown, argument="callback", call=call)
        )


def _refused(text: str) -> RobotJobError:
    return RobotJobError(text, "usage")
