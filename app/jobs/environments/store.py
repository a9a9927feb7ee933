"""The environments of this robot: a folder each in the data folder, made once, used until nobody has for long.

    environments/0f3c9a17b2d4e5a6f7    one that is whole; its name says what it was made from
    environments/_0f3c9a17b2d4a8b2c    one that is being made, or removed: never used
    environments/0f3c9a17b2d4.lock     held by whoever makes or removes those whose names begin so

An environment is made in a folder whose name is as long as the final one, and renamed. Python itself finds everything
of a virtual environment from where its interpreter lies; what names the folder (pyvenv.cfg, the first lines of commands
in `bin`, Windows' launchers in `Scripts`) gets the final name in place of the other before that, byte for byte.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import secrets
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.base.bundle import FROZEN
from app.base.data_folder import is_ours_below, make_data_folder
from app.base.dataclass import dataclass
from app.base.file_lock import FileLock
from app.base.i18n import _
from app.base.os_reasons import describe_os_error
from app.base.private_files import make_private_folder
from app.jobs.environments.builders import Builder, find_uv
from app.jobs.environments.requirements import Requirements, requirements_of
from app.jobs.errors import CannotStartError
from app.jobs.interpreter import PYTHON_IN_VENV, configured_interpreter, own_environment
from app.jobs.run_folder import remove_tree

if TYPE_CHECKING:
    from app.jobs.scripts import Script
    from app.settings.model import Settings

_FORM: Final = "1"  # of an environment: another number makes all of them anew
_BASE: Final = 12  # letters of a name that say what it is made from and for
_WHEELS: Final = 6  # and those that say which wheels were there
_UNFINISHED: Final = "_"
_FACTS: Final = "robot-environment.json"  # its time of change is the last use
_LARGEST_COMMAND: Final = 4 * 1024 * 1024  # bytes; a launcher has a tenth of it
_RENAME_SECONDS: Final = 15.0  # a virus scanner may still have a look at what was just written
_DAY: Final = 24 * 60 * 60

_log = logging.getLogger("robot.jobs")


@dataclass(frozen=True)
class Wanted:
    """The environment that a script needs.

    Attributes:
        name: of its folder.
        script: whose it is.
        requirements: what it is made from.
        builder: how.
    """

    name: str
    script: Path
    requirements: Requirements
    builder: Builder


class Environments:
    """The folder of them.

    Args:
        settings: interpreter, uv, wheels, and for how many days an unused one is kept.
        folder: it is made when the first environment is.
    """

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._swept: float | None = None

    def wanted_by(self, script: Script) -> Wanted | None:
        """The environment that `script` needs; None if it has a `.venv`, needs nothing, or they are turned off.

        Raises:
            CannotStartError: it needs one that can't be had here; the message says what is missing.
            OSError: its files can't be read.
        """
        if self._settings.environments == "off" or own_environment(script):
            return None
        requirements = requirements_of(script.file)
        if requirements is None:
            return None
        builder = self._builder(requirements)
        facts = builder.python.stat()
        base = hashlib.sha256(requirements.digest)
        for part in (_FORM, builder.python, facts.st_size, facts.st_mtime_ns, builder.wheels):
            base.update(f"\0{part}".encode("utf-8", "surrogateescape"))
        name = base.hexdigest()[:_BASE]
        return Wanted(name + self._digest_of_wheels(name, builder.wheels), script.file, requirements, builder)

    def is_ready(self, wanted: Wanted) -> bool:
        """It is there, and needs not be made."""
        return (self._folder / wanted.name / PYTHON_IN_VENV).is_file()

    def python_of(self, wanted: Wanted) -> Path | None:
        """The interpreter of the environment, noting that it is used; None if it has to be made."""
        folder = self._folder / wanted.name
        python = folder / PYTHON_IN_VENV
        if not python.is_file():
            return None
        with contextlib.suppress(OSError):
            os.utime(folder / _FACTS)
        return python

    def lock(self, wanted: Wanted) -> FileLock:
        """Who makes it holds this."""
        make_data_folder(self._folder.parent)
        make_private_folder(self._folder)
        return self._lock_of(wanted.name)

    def begin(self, wanted: Wanted) -> Path:
        """The name of a folder that isn't there yet, to make the environment in."""
        for path in self._folder.glob(_UNFINISHED + wanted.name[:_BASE] + "*"):  # of somebody who has died over it
            _remove(path)
        return self._folder / _unfinished(wanted.name)

    def finish(self, made: Path, wanted: Wanted) -> Path:
        """Let the environment in the folder `made` be the wanted one; its interpreter.

        Raises:
            OSError: it can't be renamed.
        """
        final = self._folder / wanted.name
        facts = {
            "source": str(wanted.requirements.source),
            "python": str(wanted.builder.python),
            "made_by": wanted.builder.name,
            "wheels": str(wanted.builder.wheels or ""),
        }
        (made / _FACTS).write_text(json.dumps(facts, ensure_ascii=False, indent=1), "utf-8")
        _rename_within(made, final.name)
        if os.path.lexists(final):  # broken, or it would have been used
            _remove(final)
        deadline = time.monotonic() + _RENAME_SECONDS
        while True:
            try:
                made.rename(final)
            except PermissionError:
                if sys.platform != "win32" or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return final / PYTHON_IN_VENV

    def discard(self, made: Path) -> None:
        """Remove what has not become an environment, now or later."""
        _remove(made)

    def sweep_aside(self) -> None:
        """`sweep`, at most once a day, on a thread of its own: the Orchestrator wants to hear of the robot."""
        now = time.monotonic()
        if (self._swept is None or now - self._swept >= _DAY) and self._folder.is_dir():
            self._swept = now
            threading.Thread(target=self.sweep, name="robot-environments", daemon=True).start()

    def sweep(self) -> None:
        """Remove what nobody has used for `keep_logs_days`, and what was never finished.

        What else lies there is somebody's: `data_dir` may be any folder.
        """
        try:
            entries = [entry for entry in self._folder.iterdir() if is_ours_below("environments", entry.name)]
        except OSError:
            return
        oldest = time.time() - self._settings.keep_logs_days * _DAY
        for entry in entries:
            with contextlib.suppress(OSError):
                self._sweep_one(entry, oldest)

    def _sweep_one(self, entry: Path, oldest: float) -> None:
        unfinished = entry.name.startswith(_UNFINISHED)
        if not unfinished and _last_use(entry) > oldest:
            return
        name = entry.stem.removeprefix(_UNFINISHED)
        lock = self._lock_of(name)
        if not lock.take():
            return  # somebody is at it
        try:
            if unfinished:
                _remove(entry)
            elif entry.is_dir() and _last_use(entry) <= oldest:
                gone = entry.rename(self._folder / _unfinished(name))  # at once: never half there under its name
                _log.info("The environment %s was not used for %d days", name, self._settings.keep_logs_days)
                _remove(gone)
        finally:
            lock.release()
        if entry.suffix == ".lock":
            entry.unlink()

    def _lock_of(self, name: str) -> FileLock:
        return FileLock(self._folder / f"{name[:_BASE]}.lock")

    def _builder(self, requirements: Requirements) -> Builder:
        if self._settings.python is not None:
            python = configured_interpreter(self._settings.python).python
        elif FROZEN:
            raise CannotStartError(
                _(
                    "The script needs an environment ({file}), and the Python that comes with the robot can't make "
                    "one. Install Python and set \u201cpython\u201d in the settings, or put a .venv beside the script."
                ).format(file=requirements.source)
            )
        else:
            python = Path(sys.executable)
        return Builder(python, find_uv(self._settings.uv), self._settings.wheels)

    def _digest_of_wheels(self, base: str, folder: Path | None) -> str:
        """Of the wheels' names, so that a new wheel makes a new environment.

        Where the folder can't be read now, a network's perhaps, the environment that was used last will do.
        """
        if folder is None:
            return "0" * _WHEELS
        try:
            names = sorted(entry.name for entry in os.scandir(folder))
        except OSError as error:
            known = sorted(self._folder.glob(base + "?" * _WHEELS), key=_last_use)
            if not known:
                raise CannotStartError(
                    _(
                        "The folder of wheels {folder} can't be read: {reason}. "
                        "Correct \u201cwheels\u201d in the settings."
                    ).format(folder=folder, reason=describe_os_error(error).for_people())
                ) from None
            return known[-1].name[_BASE:]
        return hashlib.sha256("\0".join(names).encode("utf-8", "surrogateescape")).hexdigest()[:_WHEELS]


def _unfinished(name: str) -> str:
    """A name as long as a final one."""
    return _UNFINISHED + name[:_BASE] + secrets.token_hex(_WHEELS)[: _WHEELS - 1]


def _last_use(folder: Path) -> float:
    try:
        return (folder / _FACTS).stat().st_mtime
    except OSError:
        return folder.stat().st_mtime


def _rename_within(folder: Path, final: str) -> None:
    """Let what names `folder` in it name `final`, which is as long."""
    for file in (folder / "pyvenv.cfg", *(folder / PYTHON_IN_VENV).parent.iterdir()):
        if file.is_symlink() or not file.is_file() or file.stat().st_size > _LARGEST_COMMAND:
            continue
        data = file.read_bytes()
        renamed = data.replace(os.fsencode(folder.name), os.fsencode(final))
        if renamed != data:
            mode = file.stat().st_mode
            file.unlink()  # uv may have linked it from its cache, which is none of ours
            file.write_bytes(renamed)
            file.chmod(mode)


def _remove(path: Path) -> None:
    try:
        remove_tree(path)
    except OSError as error:
        _log.warning("The environment %s can't be removed now: %s", path.name, error)
