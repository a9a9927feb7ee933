"""One making of an environment: the builder's processes one after another, under the lock, until it is whole or ended.

Whatever ends it, no process of it is left and nothing half-made lies under the environment's name.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.base.bundle import FROZEN
from app.base.i18n import _, decimal
from app.base.os_reasons import describe_os_error
from app.jobs.environment import child_environment
from app.jobs.environments.builders import without_misleading
from app.jobs.environments.python_versions import fits
from app.jobs.environments.requirements import requirements_of
from app.jobs.errors import CannotStartError
from app.jobs.processes.tree import start_tree
from app.jobs.running import now

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.jobs.environments.store import Environments, Wanted
    from app.jobs.output import OutputLog
    from app.jobs.processes.tree import ProcessTree

_LOOK_SECONDS: Final = 0.1  # between looks whether another builder is done
_OUTPUT_PATIENCE: Final = 5.0  # seconds for the output's end once no process is left
_LIST: Final = "requirements.txt"  # of a block's dependencies, in the environment itself

_log = logging.getLogger("robot.jobs")


class BuildEndedError(Exception):
    """It was ended from outside."""


class Build:
    """Makes one environment; `run` once, on any thread, and `end` from any other.

    Args:
        log: gets the builder's output.
        mark: every process of it carries this.
    """

    def __init__(self, environments: Environments, wanted: Wanted, log: OutputLog, mark: str) -> None:
        self._environments = environments
        self._wanted = wanted
        self._log = log
        self._mark = mark
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._tree: ProcessTree | None = None

    def end(self) -> None:
        """Kill the builder; `run` then raises BuildEndedError once nothing of it is left. Returns at once."""
        self._ended.set()
        with self._lock:
            if self._tree:
                self._tree.kill()

    def run(self) -> Path:
        """Make it, or wait for another process that does; its interpreter.

        Raises:
            BuildEndedError: `end` was called.
            CannotStartError: it can't be made; the message says why, in the builder's words where it has any.
        """
        try:
            lock = self._environments.lock(self._wanted)
            self._take(lock.take)
        except OSError as error:
            raise CannotStartError(_failed(describe_os_error(error).for_people())) from None
        try:
            # Somebody else may have made it while this one waited.
            return self._environments.python_of(self._wanted) or self._make()
        except OSError as error:
            raise CannotStartError(_failed(describe_os_error(error).for_people())) from None
        finally:
            lock.release()

    def _take(self, take: Callable[[], bool]) -> None:
        waiting = False
        while not take():
            if not waiting:
                waiting = True
                self._say(_("Another robot is making the environment of the script; waiting for it."))
            if self._ended.wait(_LOOK_SECONDS):
                raise BuildEndedError

    def _make(self) -> Path:
        wanted, began = self._wanted, time.monotonic()
        folder = self._environments.begin(wanted)
        self._say(
            _("The environment of the script is being made by {builder}: {file}").format(
                builder=wanted.builder.name, file=wanted.requirements.source
            )
        )
        try:
            listed = self._listed(folder)
            make, fill = wanted.builder.commands(folder, listed)
            self._do(make)
            self._check_version(folder)
            if wanted.requirements.dependencies is not None:
                listed.write_text("\n".join((*wanted.requirements.dependencies, "")), "utf-8")
            self._do(fill)
            self._check_still_wanted()
            python = self._environments.finish(folder, wanted)
        except BaseException:
            self._environments.discard(folder)
            raise
        self._log.begin_part()
        took = time.monotonic() - began
        self._say(_("The environment is ready after {seconds} s.").format(seconds=decimal(took)))
        return python

    def _say(self, text: str) -> None:
        self._log.line(f"[robot] {now()}  {text}")

    def _listed(self, folder: Path) -> Path:
        """The file that the builder reads."""
        requirements = self._wanted.requirements
        return requirements.source if requirements.dependencies is None else folder / _LIST

    def _do(self, command: list[str]) -> None:
        """Run one command of the builder's to its end.

        Raises:
            CannotStartError: it failed.
        """
        self._log.begin_part()
        bundle = Path(sys.executable).parent if FROZEN else None
        environment: Mapping[str, str] = without_misleading(child_environment(os.environ, {}, bundle))
        with self._lock:
            if self._ended.is_set():
                raise BuildEndedError
            tree = self._tree = start_tree(command, self._wanted.requirements.source.parent, environment, self._mark)
        pump = threading.Thread(target=self._log.drain, args=(tree.output,), name="builder output", daemon=True)
        pump.start()
        try:
            code = tree.wait()
            tree.finish()
        finally:
            with self._lock:
                self._tree = None
                tree.kill()
                tree.close()
        pump.join(_OUTPUT_PATIENCE)
        if self._ended.is_set():
            raise BuildEndedError
        if code != 0:
            said = self._log.last_line()
            informative = any(map(str.isalnum, said))  # uv may end with a `^` below the place of a mistake
            raise CannotStartError(_failed(said if informative else _("exit code {code}").format(code=code)))

    def _check_still_wanted(self) -> None:
        """The builder has read the files itself, and somebody may have exchanged them meanwhile."""
        found = requirements_of(self._wanted.script)
        if found is None or found.digest != self._wanted.requirements.digest:
            file = self._wanted.requirements.source
            raise CannotStartError(_failed(_("{file} was changed meanwhile").format(file=file)))

    def _check_version(self, folder: Path) -> None:
        wanted = self._wanted.requirements.python
        version = _version_in(folder)
        if wanted and version and not fits(version, wanted):
            raise CannotStartError(
                _("The script needs Python {wanted}, and {python} is {version}.").format(
                    wanted=wanted, python=self._wanted.builder.python, version=version
                )
            )


def _version_in(environment: Path) -> str:
    """The version of Python, from what venv and uv write down; empty if they don't."""
    for line in (environment / "pyvenv.cfg").read_text("utf-8", "replace").splitlines():
        key, _equals, value = line.partition("=")
        if key.strip() in {"version", "version_info"}:
            return value.strip()
    return ""


def _failed(reason: str) -> str:
    return _("The environment of the script could not be made: {reason}").format(reason=reason)
