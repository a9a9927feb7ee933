"""Python's own modules for `robot_job`, whatever lies beside the script: authors have a `queue.py`, a `json.py`."""

import _thread
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_found = {}  # type: dict[str, Any]
_PYTHONS = os.path.dirname(str(os.__file__))  # noqa: PTH120
_lock = _thread.allocate_lock()


def own(name: str) -> "Any":
    """The standard library's module `name`.

    Where a file of the author's would be taken for it, or for one that it imports, it is imported as if that file
    weren't there, and the author's stay for the script.
    """
    if name not in _found:
        with _lock:
            folders = _authors_folders()
            hidden = _hidden_by(folders)
            _found[name] = _imported_without(folders, hidden, name) if hidden else __import__(name)
    return _found[name]


def _authors_folders() -> "tuple[str, ...]":
    """Whose modules come before Python's own."""
    folders = getattr(sys.modules.get("_robot_host"), "folders", ())
    if folders:
        return tuple(folders)
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    folder = os.path.dirname(os.path.abspath(main)) if main else ""  # noqa: PTH100, PTH120
    return (folder,) if folder and folder != _PYTHONS else ()  # `python -m pdb`


def _hidden_by(folders: "tuple[str, ...]") -> "frozenset[str]":
    """Which names of Python's own modules stand in `folders`."""
    names = set()  # type: set[str]
    for folder in folders:
        try:
            names.update(each.partition(".")[0] for each in os.listdir(folder))  # noqa: PTH208
        except OSError:
            continue
    return frozenset(names & _pythons_names())


def _pythons_names() -> "frozenset[str]":
    names = getattr(sys, "stdlib_module_names", None)  # from Python 3.10 on
    if names is not None:
        return frozenset(names)
    return frozenset(each.partition(".")[0] for each in os.listdir(_PYTHONS))  # noqa: PTH208


def _imported_without(folders: "tuple[str, ...]", hidden: "frozenset[str]", name: str) -> "Any":
    """Import `name` as if nothing lay in `folders`; of what is hidden there, leave no trace."""
    modules, path = dict(sys.modules), sys.path[:]
    inside = tuple(os.path.join(each, "") for each in folders)  # noqa: PTH118
    for each, module in modules.items():
        if each != "__main__" and str(getattr(module, "__file__", None)).startswith(inside):
            del sys.modules[each]
    sys.path[:] = [each for each in path if each and os.path.abspath(each) not in folders]  # noqa: PTH100
    try:
        return __import__(name)
    finally:
        sys.path[:] = path
        new = set(sys.modules) - set(modules)
        if any(each.partition(".")[0] in hidden for each in new):
            for each in new:
                del sys.modules[each]
        sys.modules.update(modules)
