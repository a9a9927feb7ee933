"""Which Python runs a script: its own `.venv`, else the setting `python`, else the robot's own."""

from __future__ import annotations

import contextlib
import re
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.base.bundle import FROZEN
from app.base.dataclass import dataclass
from app.base.i18n import _
from app.jobs.child import stem
from app.jobs.child.host import HOST_ARGUMENT
from app.jobs.child.spare import ARGUMENT, ARGUMENTS_BYTES
from app.jobs.errors import CannotStartError

if TYPE_CHECKING:
    from app.jobs.scripts import Script

# A file rather than a module: it is run by interpreters that know nothing of the package `app`.
START_HOST: Final = Path(__file__).parent / "child" / "start_host.py"
PYTHON_IN_VENV: Final = Path("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
_BUNDLED_CONSOLE: Final = "robot-cli.exe"


@dataclass(frozen=True)
class Interpreter:
    """An interpreter and the arguments with which it becomes the host of a script."""

    python: Path
    host_arguments: tuple[str, ...]

    def command(self, script: Path, arguments: tuple[str, ...]) -> list[str]:
        """The command line that runs `script`."""
        return [str(self.python), *self.host_arguments, str(script), *arguments]

    def spare_command(self, *, forks: bool) -> list[str]:
        """The command line that starts a host ahead.

        Args:
            forks: it is to be forked; Linux only.
        """
        # On Linux with room for a script and its arguments.
        room = () if sys.platform == "win32" else (" " * ARGUMENTS_BYTES,)
        return [str(self.python), *self.host_arguments, stem.ARGUMENT if forks else ARGUMENT, *room]


def find_interpreter(script: Script, setting: Path | None) -> Interpreter:
    """The nearest `.venv` from the script's folder up to the scripts folder, else `setting`, else the robot's own.

    Raises:
        CannotStartError: a `.venv` without an interpreter, or a setting that names no file. Another interpreter in its
            place would lack the script's libraries and fail less clearly.
    """
    if venv := own_environment(script):
        return _external(
            venv / PYTHON_IN_VENV,
            _("The virtual environment {folder} has no interpreter. Make it anew, or remove it.").format(folder=venv),
        )
    return usual_interpreter(setting)


def usual_interpreter(setting: Path | None) -> Interpreter:
    """That of a script without an environment of its own.

    Raises:
        CannotStartError: a setting that names no file.
    """
    return bundled_interpreter() if setting is None else configured_interpreter(setting)


def own_environment(script: Script) -> Path | None:
    """The nearest `.venv` from the script's folder up to the scripts folder, whole or not."""
    folder = script.file.parent
    while True:
        venv = folder / ".venv"
        if venv.is_dir() or venv.is_symlink():  # a link into nowhere was meant, too
            return venv
        if folder in (script.root, folder.parent):
            return None
        folder = folder.parent


def configured_interpreter(setting: Path) -> Interpreter:
    """The one that the settings name.

    Raises:
        CannotStartError: they name no file.
    """
    return _external(
        setting,
        _("The interpreter {file} does not exist. Correct \u201cpython\u201d in the settings.").format(file=setting),
    )


def external_interpreter(python: Path) -> Interpreter:
    """One that isn't the robot's own, and is there."""
    _compile_host()
    return Interpreter(python, (str(START_HOST),))


def bundled_interpreter() -> Interpreter:
    """The robot's own Python: `robot-cli.exe` of the Windows program, else the Python that runs the robot."""
    if FROZEN:
        return Interpreter(Path(sys.executable).with_name(_BUNDLED_CONSOLE), (HOST_ARGUMENT,))
    _compile_host()
    return Interpreter(Path(sys.executable), (str(START_HOST),))


@cache
def _compile_host() -> None:
    """Where Python itself was told to keep no compiled files, keep the host's, which every job loads: 4 ms each."""
    if sys.dont_write_bytecode:
        import py_compile  # not needed otherwise

        for name in (
            "__init__",
            "host",
            "control",
            "own_threads",
            "pipe",
            "procfs",
            "spare",
            "stem",
            "stopped",
            "strings",
        ):
            with contextlib.suppress(OSError):  # a folder without the right to write
                py_compile.compile(str(START_HOST.with_name(f"{name}.py")), doraise=False, quiet=2)


def too_old(last_line: str) -> str:
    """What to say of a run that ended because `start_host` found its Python too old; empty for any other."""
    found = re.fullmatch(r"robot: Python (\S+) is older than 3\.8: (.*)", last_line)
    if found is None:
        return ""
    return _("Scripts need Python 3.8 or later; {python} is Python {version}.").format(
        python=found[2], version=found[1]
    )


def _external(python: Path, problem: str) -> Interpreter:
    if not python.is_file():
        raise CannotStartError(problem)
    return external_interpreter(python)
