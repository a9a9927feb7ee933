"""What ended a script: the stop, or something else?

Found from the stop's own interrupt. The exception that ends a script is the stop's doing if it is that interrupt, a
group of nothing but it, or `sys.exit(number)` with it behind: what an `except KeyboardInterrupt:` says that ends in
`sys.exit(130)`, also by way of another exception such as click's `Abort`.
"""

TYPE_CHECKING = False  # importing the real one takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable


def ended_by_stop(error: BaseException, is_interrupt: "Callable[[BaseException], bool]") -> bool:
    """Did the script end because it was asked to, and not because something went wrong on the way?"""
    if is_interrupt(error):
        return True
    members = _members(error)
    if members:
        return all(ended_by_stop(each, is_interrupt) for each in members)
    if not isinstance(error, SystemExit) or not isinstance(error.code, int):
        return False  # a text in sys.exit is an error message
    seen = set()  # type: set[int]
    waiting = _behind(error)
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if is_interrupt(each):
            return True
        waiting += _behind(each)
    return False


def _members(error: BaseException) -> "tuple[BaseException, ...]":
    """Of a group; before Python 3.11 groups are those of a package."""
    members = getattr(error, "exceptions", ())
    if isinstance(members, tuple) and all(isinstance(each, BaseException) for each in members):
        return members
    return ()


def _behind(error: BaseException) -> "list[BaseException]":
    """What `error` was made of, or raised in the handling of.

    One of Python's own errors is made of what it names as its cause only: a division by zero while the script winds up
    is an error on the way. Libraries' exceptions mostly name none.
    """
    found = [*_members(error), error.__cause__]
    if not isinstance(error, Exception) or type(error).__module__ != "builtins":
        found.append(error.__context__)
    return [each for each in found if each is not None]
