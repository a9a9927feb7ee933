"""What ended a script: the stop, or something else?

Found from the stop's own interrupt. The exception that ends a script is the stop's doing if it is that interrupt, a
group of nothing but it, or `sys.exit(number)` with it behind: what an `except KeyboardInterrupt:` says that ends in
`sys.exit(130)`, also by way of another exception such as click's `Abort`. A script's own handler for SIGINT stands for
that interrupt: what counts is a `sys.exit(number)` in it, or after an exception that it raises for that purpose.
"""

TYPE_CHECKING = False  # importing the real one takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable


def ended_by_stop(
    error: BaseException, is_interrupt: "Callable[[BaseException], bool]", handler: object = None
) -> bool:
    """Did the script end because it was asked to, and not because something went wrong on the way?

    Args:
        error: what ended it.
        is_interrupt: tells the stop's own interrupt.
        handler: the script's own one that the interrupt went to, if any.
    """
    if is_interrupt(error):
        return True
    members = _members(error)
    if members:
        return all(ended_by_stop(each, is_interrupt, handler) for each in members)
    if not isinstance(error, SystemExit) or not isinstance(error.code, int):
        return False  # a text in sys.exit is an error message
    code = _code_of(handler)
    if code in _codes(error) and not (isinstance(error.__context__, Exception) and code in _codes(error.__context__)):
        return True  # an exit out of the handler, unless something went wrong in it
    seen = set()  # type: set[int]
    waiting = _behind(error)
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if is_interrupt(each) or (_codes(each)[-1:] == [code] and not _is_pythons(each)):
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
    if not _is_pythons(error):
        found.append(error.__context__)
    return [each for each in found if each is not None]


def _is_pythons(error: BaseException) -> bool:
    return isinstance(error, Exception) and type(error).__module__ == "builtins"


def _code_of(handler: object) -> object:
    """What a function, a method, a partial or a callable object runs; else something that no frame has."""
    handler = getattr(handler, "func", handler)
    handler = getattr(handler, "__func__", handler)
    return getattr(handler, "__code__", None) or getattr(type(handler).__call__, "__code__", handler)


def _codes(error: BaseException) -> "list[object]":
    """What ran when `error` was raised, innermost last, up to where it was caught."""
    found = []  # type: list[object]
    frames = error.__traceback__
    while frames is not None:
        found.append(frames.tb_frame.f_code)
        frames = frames.tb_next
    return found
