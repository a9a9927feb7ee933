"""Known bugs, put back one at a time: the simulation must find each of them, or it proves nothing.

A mutant is a piece of the robot's source and what stood in its place; it is put back while the module is imported.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Mutant:
    """A bug: what the file says today, and what it said with the bug."""

    about: str
    file: str
    today: str
    then: str
    also: tuple[tuple[str, str], ...] = ()

    @property
    def module(self) -> str:
        """Its dotted name."""
        return self.file.removesuffix(".py").replace("/", ".")

    def source(self) -> str:
        """The file with the bug in it.

        Raises:
            LookupError: the file doesn't say that any more; the mutant has to be written anew.
        """
        text = (ROOT / self.file).read_text("utf-8")
        for today, then in ((self.today, self.then), *self.also):
            if text.count(today) != 1:
                raise LookupError(f"{self.file} has this {text.count(today)} times: {today}")
            text = text.replace(today, then)
        return text


MUTANTS: Final = {
    "late-8": Mutant(
        "\u201cIn progress\u201d that is carried out after its time-out stays the last word",
        "app/robot/delivery.py",
        "if error.fate_unknown and row.status not in FINAL_STATUSES:",
        "if False:",
    ),
    "crash-8": Mutant(
        "the same, when the robot that sent it was killed",
        "app/robot/loop.py",
        "self._journal.doubt_in_progress(",
        "str(",
    ),
    "overtaking": Mutant(
        "the final status doesn't wait for the \u201cIn progress\u201d that is under way",
        "app/robot/pending.py",
        "if guid not in self._under_way\n                and row.id",
        "if str(row.id) not in self._under_way\n                and row.id",
        also=(
            ("self._under_way.add(row.job_guid.lower())", "self._under_way.add(str(row.id))"),
            ("self._under_way.discard(row.job_guid.lower())", "self._under_way.discard(str(row.id))"),
        ),
    ),
    "stranger": Mutant(
        "a report is sent to whoever the settings name",
        "app/robot/delivery.py",
        "if row.origin == self._origin]",
        "]",
    ),
    "error-in-200": Mutant(
        "an ErrorCode in a 200 counts as taken",
        "app/orchestrator/client.py",
        "        if error:\n            raise error_named(",
        "        if error and error is None:\n            raise error_named(",
    ),
    "page": Mutant(
        "404 with a page counts as a refusal",
        "app/orchestrator/client.py",
        "settled = response.status in refused and body.kind in {BodyKind.JSON, BodyKind.NOTHING}",
        "settled = response.status in refused",
    ),
    "put-only": Mutant(
        "405 to PUT is not answered with POST",
        "app/orchestrator/client.py",
        "(method, _UPDATE, form, cancellable=cancellable)\n        if response",
        "(method, _UPDATE, form, cancellable=cancellable)\n        if False and response",
    ),
    "impatient": Mutant(
        "a journal that is busy for a moment ends what needs it",
        "app/journal/gate.py",
        "if left <= 0 or not passes(error):",
        "if True:",
    ),
    "twice": Mutant(
        "a job that is handed out again is run again",
        "app/journal/changes.py",
        "    if not added.rowcount:\n        raise AlreadyKnownError(",
        "    if added.rowcount > 1:\n        raise AlreadyKnownError(",
    ),
    "leaves-early": Mutant(
        "logs off while a report waits",
        "app/robot/idle.py",
        "        waiting = self._delivery.waiting()\n",
        "        return True\n        waiting = self._delivery.waiting()\n",
    ),
    "ready-early": Mutant(
        "says Ready before the outcome is told",
        "app/robot/loop.py",
        "        self._working.until_told(order)\n        self._working.end()\n",
        "        self._working.end()\n",
    ),
    "silent-countdown": Mutant(
        "isn't heard while it counts down to the log-off",
        "app/robot/idle.py",
        "COUNTDOWN_BEATS_SECONDS: Final = 10.0",
        "COUNTDOWN_BEATS_SECONDS: Final = 1000.0",
    ),
    "woken": Mutant(
        "each event in a long wait puts the next heartbeat off by ten seconds",
        "app/robot/retry.py",
        "self.wait(min(left, max(0.0, BETWEEN_HEARTBEATS - silent)))",
        "self.wait(min(left, BETWEEN_HEARTBEATS))",
    ),
    "closing": Mutant(
        "isn't heard while it delivers before new settings take effect",
        "app/robot/loop.py",
        "with self._working.present() if goes_on else nullcontext():",
        "with nullcontext():",
    ),
    "reload-race": Mutant(
        "a settings change silences the robot that follows, for ever",
        "app/robot/controls.py",
        "        interrupt = self._interrupt\n        self.reloading = True\n        self.wake.set()\n",
        "        self.reloading = True\n        self.wake.set()\n        interrupt = self._interrupt\n",
    ),
    "forgotten": Mutant(
        "a job that a dead robot was running is never reported",
        "app/robot/loop.py",
        "for record in self._journal.interrupted():",
        "for record in ():",
    ),
    "wall-clock": Mutant(
        "doubts are measured by the wall clock",
        "app/robot/pending.py",
        "        if key not in self._doubts:\n",
        "        if key:\n",
    ),
    "deaf": Mutant(
        "an abort during a stop is not passed on",
        "app/robot/current_run.py",
        "            self._pass_on(asked)\n\n    def quit",
        "            self._pass_on(Asked.STOP)\n\n    def quit",
    ),
}


def put_back(name: str) -> None:
    """Let the module of this mutant be imported with its bug; before the robot is imported."""
    mutant = MUTANTS[name]
    source = mutant.source()

    class Loader(importlib.machinery.SourceFileLoader):
        def get_code(self, fullname: str) -> object:  # type: ignore[override]
            return compile(source, self.path, "exec", dont_inherit=True)

    class Finder:
        @staticmethod
        def find_spec(
            fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
        ) -> ModuleSpec | None:
            if fullname != mutant.module:
                return None
            file = str(ROOT / mutant.file)
            return importlib.util.spec_from_file_location(fullname, file, loader=Loader(fullname, file))

    sys.meta_path.insert(0, Finder)
