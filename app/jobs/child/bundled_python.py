"""The bundled interpreter, as a script sees it: `sys.executable` takes what `python` takes, in every form.

Scripts start `[sys.executable, "other.py"]` and `[sys.executable, "-m", "package"]`, hand code to its stdin, and
multiprocessing starts `[sys.executable, "-c", …, "--multiprocessing-fork", …]`. In the Windows program `sys.executable`
is robot-cli.exe, so within a run it answers to all of them, and never starts a robot.
https://docs.python.org/3/using/cmdline.html
"""

from __future__ import annotations

import os
import runpy
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NoReturn

from app.jobs.child import host

if TYPE_CHECKING:
    from types import CodeType

_FLAGS: Final = frozenset("bBdEiIOPqRsSuvx")  # what most of them ask for is fixed in a bundled interpreter
_WITH_VALUE: Final = frozenset("cmWX")
_LONG_WITH_VALUE: Final = "--check-hash-based-pycs"
_USAGE: Final = "usage: {program} [option] ... [-c cmd | -m mod | file | -] [arg] ..."
_USAGE_ERROR: Final = 2
_CODE: Final = "<string>"  # the file name of `-c`
_PYC_HEADER: Final = 16  # bytes before the code


@dataclass
class _CommandLine:
    """What `python` is asked to do.

    Attributes:
        kind: `c` code, `m` module, `f` file or folder, `-` code from stdin, `V` version, `h` help.
        value: the code, the module's name, the path.
        arguments: `sys.argv` from 1 on.
        flags: those of a letter.
        warnings: values of `-W`.
    """

    kind: str = ""
    value: str = ""
    arguments: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    warnings: list[str] = field(default_factory=list)


def main(arguments: list[str]) -> None:
    """Do what `python` would do.

    Raises:
        SystemExit, KeyboardInterrupt: to end the process as Python would.
    """
    host.prepare_bundled()
    wish = _understood(arguments)
    if wish.kind == "V":
        print("Python", sys.version if wish.value else sys.version.split()[0])  # noqa: T201
        return
    if wish.kind == "h":
        print(_USAGE.format(program=sys.executable))  # noqa: T201
        return
    _set_up(wish)
    namespace = host.new_main(None)
    if wish.kind == "m":
        sys.argv[:] = ["-m", *wish.arguments]
        _first_on_path(wish, os.getcwd())  # noqa: PTH109
        _run_module(wish.value, alter_argv=True)
    elif wish.kind == "c":
        sys.argv[:] = ["-c", *wish.arguments]
        _first_on_path(wish, "")
        _run(wish.value, _CODE, namespace)
    elif wish.kind == "-":
        sys.argv[:] = [wish.value, *wish.arguments]
        _first_on_path(wish, "")
        _run(sys.stdin.buffer.read() if sys.stdin else b"", "<stdin>", namespace)
    else:
        sys.argv[:] = [wish.value, *wish.arguments]
        _run_path(wish)


def _understood(arguments: list[str]) -> _CommandLine:
    """CPython's own way with its command line (Python/getopt.c).

    Raises:
        SystemExit: it makes no sense; Python's words stand on stderr.
    """
    wish = _CommandLine()
    rest = list(arguments)
    while rest and len(rest[0]) > 1 and rest[0][0] == "-":
        option = rest.pop(0)
        if option == "--":
            break
        if option.startswith("--"):
            _take_long(wish, option, rest)
        else:
            _take_letters(wish, option[1:], rest)
        if wish.kind in ("c", "m"):
            wish.arguments = rest
            return wish
    if wish.kind:
        return wish
    if not rest:
        wish.kind = "-"
        return wish
    wish.value = rest.pop(0)
    wish.kind = "-" if wish.value == "-" else "f"
    wish.arguments = rest
    return wish


def _take_long(wish: _CommandLine, option: str, rest: list[str]) -> None:
    if option == "--version":
        wish.kind = "V"
    elif option.startswith("--help"):
        wish.kind = "h"
    elif option == _LONG_WITH_VALUE and rest:
        del rest[0]
    else:
        _refuse(f"unknown option {option}")


def _take_letters(wish: _CommandLine, letters: str, rest: list[str]) -> None:
    """A bundle: flags, then at the most one letter whose value follows."""
    for number, letter in enumerate(letters):
        if letter in _WITH_VALUE:
            value = letters[number + 1 :]
            if not value and not rest:
                _refuse(f"Argument expected for the -{letter} option")
            value = value or rest.pop(0)
            if letter == "W":
                wish.warnings.append(value)
            elif letter != "X":
                wish.kind, wish.value = letter, value
            return
        if letter == "V":
            wish.kind, wish.value = "V", "V" * (wish.kind == "V")
        elif letter in "h?":
            wish.kind = "h"
        elif letter in _FLAGS:
            wish.flags.add(letter)
        else:
            _refuse(f"Unknown option: -{letter}")


def _refuse(problem: str) -> NoReturn:
    usage = _USAGE.format(program=sys.executable)
    print(f"{problem}\n{usage}\nTry `python -h' for more information.", file=sys.stderr)  # noqa: T201
    raise SystemExit(_USAGE_ERROR)


def _set_up(wish: _CommandLine) -> None:
    """What the flags ask for, as far as it isn't fixed, and where modules are looked for."""
    if "B" in wish.flags:
        sys.dont_write_bytecode = True
    if wish.warnings:
        import warnings

        sys.warnoptions.extend(wish.warnings)
        warnings._processoptions(wish.warnings)  # type: ignore[attr-defined] # noqa: SLF001 - nothing public reads them
    if not wish.flags & {"E", "I"}:  # a frozen interpreter doesn't look at it
        folders = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        sys.path[:0] = [each for each in folders if each and each not in sys.path]
    sys.path.append(host.FOR_SCRIPTS)


def _first_on_path(wish: _CommandLine, folder: str) -> None:
    if not wish.flags & {"I", "P"} and not os.environ.get("PYTHONSAFEPATH"):
        sys.path.insert(0, folder)


def _run_path(wish: _CommandLine) -> None:
    """A script, a compiled one, or a folder or zip with a `__main__.py`."""
    path = os.path.abspath(wish.value)  # noqa: PTH100
    try:
        import pkgutil

        if pkgutil.get_importer(path) is not None:
            sys.path.insert(0, path)
            _run_module("__main__", alter_argv=False)
            return
        with open(path, "rb") as file:  # noqa: PTH123
            source = file.read()
    except OSError as error:
        if error.filename != path:
            raise  # the script's own
        reason = f"[Errno {error.errno}] {error.strerror}"
        print(f"{sys.executable}: can't open file {path!r}: {reason}", file=sys.stderr)  # noqa: T201
        raise SystemExit(_USAGE_ERROR) from None
    _first_on_path(wish, os.path.dirname(os.path.realpath(path) if os.path.islink(path) else path))  # noqa: PTH114, PTH120
    _run(source, path, host.new_main(path))


def _run(source: str | bytes, name: str, namespace: dict[str, object]) -> None:
    code: CodeType | None = None
    try:
        if isinstance(source, bytes) and name.endswith(".pyc"):
            import marshal

            code = marshal.loads(source[_PYC_HEADER:])  # noqa: S302 - as Python itself
        else:
            code = compile(source, name, "exec", dont_inherit=True)
            if name == _CODE:
                _show_source_of(code, source)
        exec(code, namespace)  # noqa: S102 - as python does
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is shown as Python shows it
        host.end_by(error, code)


def _show_source_of(code: CodeType, source: str | bytes) -> None:
    """From 3.13 on tracebacks show the lines of `-c`; Python hands them to linecache in the same way."""
    if sys.version_info >= (3, 13):
        import linecache

        linecache._register_code(code, source, _CODE)  # type: ignore[attr-defined] # noqa: SLF001 - nothing public does


def _run_module(name: str, *, alter_argv: bool) -> None:
    run = runpy._run_module_as_main  # type: ignore[attr-defined] # noqa: SLF001 - what python -m itself calls
    try:
        run(name, alter_argv)
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001
        host.end_by(error, run.__code__)
