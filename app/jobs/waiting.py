"""Makes the processes that wait for a job: on Linux forks of a *stem*, a host that has started and does nothing else.

A start takes ten milliseconds of a processor, a fork two. The stem knows no job either, goes when nobody is to wait any
more, and is made anew after a number of forks, because these share what Python draws by lot at its start. One that has
something a fork should not share (`child.stem`) waits for the job itself.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from app.jobs.child.host import ROOM_VARIABLE
from app.jobs.child.spare import VARIABLES_BYTES
from app.jobs.processes.leftovers import kill_leftovers
from app.jobs.processes.tree import fork_tree, start_tree
from app.jobs.running import end_at_once

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.jobs.interpreter import Interpreter
    from app.jobs.processes.tree import ProcessTree

# Where they wait: a short path, which Windows wants, in nobody's way.
_PLACE: Final = Path(sys.executable).parent
_FORK_SECONDS: Final = 3.0  # a stem may still be on its way, on a busy machine
_FORKS: Final = 100  # of one stem


class Waiting:
    """A process that waits for a job.

    Attributes:
        tree: it.
        interpreter: what it runs.
        environment: its variables, without those of a run.
    """

    def __init__(self, tree: ProcessTree, interpreter: Interpreter, environment: Mapping[str, str]) -> None:
        self.tree = tree
        self.interpreter = interpreter
        self.environment = environment
        self.forks = 0

    def suits(self, interpreter: Interpreter, environment: Mapping[str, str]) -> bool:
        """Whether a run of `interpreter` would have been started like it."""
        return self.interpreter == interpreter and self.environment == environment

    def end(self) -> None:
        """Kill it; it has gone when this returns."""
        end_at_once(self.tree)
        os.close(self.tree.output)


class Maker:
    """Makes one after the other, on one thread; `end` may be called from any.

    Args:
        folder: of private folders of runs; it is made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._note = folder / ".spare"  # the mark of all; it needs to survive the robot only, not the machine
        self._lock = threading.Lock()  # guards the following
        self._stem: Waiting | None = None
        self._ended = 0  # how often
        self._alone: set[Path] = set()  # interpreters that can't be forked

    def sweep(self) -> None:
        """Kill what a dead robot may have left."""
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if sys.platform != "win32":  # there its job object has seen to it
                mark = self._note.read_text("ascii")
                if mark:
                    kill_leftovers(None, None, mark)
            self._note.unlink()

    def forget(self) -> None:
        """Remove the note of them; none is there any more."""
        with contextlib.suppress(OSError):  # whatever stands in the folder's place: the next start looks again
            self._note.unlink(missing_ok=True)

    def make(self, interpreter: Interpreter, environment: Mapping[str, str]) -> Waiting | None:
        """One that waits for a job; None if none can be made.

        Raises:
            OSError: likewise.
        """
        with self._lock:
            stem, self._stem = self._stem, None
            ended = self._ended
        if stem is not None and (stem.forks >= _FORKS or not stem.suits(interpreter, environment)):
            stem.end()
            stem = None
        forks = sys.platform != "win32" and interpreter.python not in self._alone
        if stem is None:
            stem = self._started(interpreter, environment, forks=forks)
        if not forks:
            return stem
        try:
            tree = fork_tree(stem.tree, interpreter.spare_command(forks=False), _FORK_SECONDS)
        except BaseException:
            stem.end()
            raise
        if tree is stem.tree:
            self._alone.add(interpreter.python)
            return stem
        stem.forks += 1
        with self._lock:
            if tree is not None and self._ended == ended:
                self._stem, stem = stem, None
        if stem is not None:
            stem.end()
        return Waiting(tree, interpreter, environment) if tree else None

    def _started(self, interpreter: Interpreter, environment: Mapping[str, str], *, forks: bool) -> Waiting:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        room, mark = {ROOM_VARIABLE: " " * VARIABLES_BYTES}, token_hex(16)
        self._note.write_text(mark, "ascii")
        tree = start_tree(interpreter.spare_command(forks=forks), _PLACE, {**environment, **room}, mark)
        return Waiting(tree, interpreter, environment)

    def end(self) -> None:
        """End the stem, if there is one; it has gone when this returns."""
        with self._lock:
            self._ended += 1
            stem, self._stem = self._stem, None
        if stem is not None:
            stem.end()
