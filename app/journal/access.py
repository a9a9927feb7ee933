"""Reading and writing the open file: whole transactions, one at a time, through the gate."""

from __future__ import annotations

import contextlib
import logging
import math
from typing import TYPE_CHECKING, Any, Final, TypeVar

from app.journal import opening
from app.journal.errors import JournalError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from app.journal.gate import Gate

log = logging.getLogger("robot.journal")
Result = TypeVar("Result")

NOTE_SECONDS: Final = 2.0


class Step:
    """One statement with its values, to be carried out now or later."""

    def __init__(self, statement: str, *values: Any) -> None:
        self._statement = statement
        self._values = values

    def __call__(self, db: sqlite3.Connection) -> None:
        """Carry it out."""
        db.execute(self._statement, self._values)


class Access:
    """The open file of one journal, from any thread.

    Args:
        db: the open file.
        path: where it is.
        gate: what every access goes through.
        reopen: opens it anew after damage was met, with what can be saved of it; None: it is only looked at.
    """

    def __init__(
        self, db: sqlite3.Connection, path: Path, gate: Gate, reopen: Callable[[], sqlite3.Connection] | None = None
    ) -> None:
        self.db = db
        self._path = path
        self._gate = gate
        self._reopen = reopen
        self._kept: list[Step] = []
        self._for_next: list[Step] = []  # likewise, but no read waits for it

    def read(self, query: str, *parameters: Any) -> list[Any]:
        """All rows of `query`, with everything that was noted before.

        Raises:
            JournalError: the file can't be read, or was busy until the gate was hurried.
        """

        def attempt() -> list[Any]:
            if self._kept:  # what was noted counts, so it is written first
                self._committed(lambda _db: None)
            return self.db.execute(query, parameters).fetchall()

        return self._through(attempt)

    def look(self, query: str, *parameters: Any, patience: float = math.inf) -> list[Any]:
        """All rows of `query`, which nothing that is only noted changes: also while the disk is full.

        Raises:
            JournalError: the file can't be read within `patience` seconds, or was busy until the gate was hurried.
        """
        return self._through(lambda: self.db.execute(query, parameters).fetchall(), patience)

    def write(self, change: Callable[[sqlite3.Connection], Result], patience: float = math.inf) -> Result:
        """Carry out `change` as one transaction, which is on the disk when this returns.

        Raises:
            JournalError: nothing of it was written, within `patience` seconds.
        """
        return self._through(lambda: self._committed(change), patience)

    def note(self, *steps: Step, synced: bool = True) -> None:
        """Write what must not hold anything up: what takes too long is written with the next access that succeeds.

        Args:
            steps: one transaction.
            synced: False: it needn't outlive the machine by itself, so the disk isn't waited for.
        """
        try:
            self._through(lambda: self._committed(lambda db: _carry_out(steps, db), synced=synced), NOTE_SECONDS)
        except JournalError as error:
            log.warning("Not noted in the journal yet: %s", error.message)
            self._kept.extend(steps)

    def note_unsynced(self, step: Step, *, keep: bool = False) -> None:
        """The same for what needn't outlive the machine: the disk isn't waited for.

        Args:
            step: what to write.
            keep: what takes too long is written before the next transaction; no read waits for it. Else it is lost.
        """
        try:
            self.write_unsynced(step, NOTE_SECONDS)
        except JournalError as error:
            log.warning("Not noted in the journal: %s", error.message)
            if keep:
                self._for_next.append(step)

    def write_unsynced(self, step: Step, patience: float) -> None:
        """Write what outlives the robot, though not the machine: the disk isn't waited for.

        Raises:
            JournalError: it was not written, within `patience` seconds.
        """

        def attempt() -> None:
            with self._no_wait_for_the_disk():
                step(self.db)

        self._through(attempt, patience)

    def tidy(self, statement: str) -> None:
        """What does no harm if it can't be done now."""
        try:
            self._through(lambda: self.db.execute(statement).fetchall(), NOTE_SECONDS)
        except JournalError as error:
            log.info("Not tidied: %s", error.message)

    def close(self) -> None:
        """Close the file; further calls raise JournalError."""
        if self._kept or self._for_next:
            self.note()
        self._through(self.db.close)

    @contextlib.contextmanager
    def _no_wait_for_the_disk(self) -> Iterator[None]:
        """Commits outlive the robot; the machine, as soon as the disk has been waited for with a later one."""
        self.db.execute("PRAGMA synchronous = NORMAL")
        try:
            yield
        finally:
            self.db.execute("PRAGMA synchronous = FULL")

    def _committed(self, change: Callable[[sqlite3.Connection], Result], *, synced: bool = True) -> Result:
        """`change` after everything that was kept for later, on the disk; or nothing of it. Called at the gate."""
        kept, for_next = len(self._kept), len(self._for_next)
        with contextlib.nullcontext() if synced or kept else self._no_wait_for_the_disk():
            return self._in_one(change, kept, for_next)

    def _in_one(self, change: Callable[[sqlite3.Connection], Result], kept: int, for_next: int) -> Result:
        self.db.execute("BEGIN IMMEDIATE")
        try:
            _carry_out([*self._for_next[:for_next], *self._kept[:kept]], self.db)
            result = change(self.db)
            self.db.execute("COMMIT")
        finally:
            if self.db.in_transaction:  # something above failed, the commit itself included
                self.db.execute("ROLLBACK")
        del self._kept[:kept], self._for_next[:for_next]
        return result

    def _through(self, attempt: Callable[[], Result], patience: float = math.inf) -> Result:
        try:
            return self._gate.through(attempt, self._path, patience=patience)
        except JournalError as error:
            if not opening.note_damage(self._path, error) or self._reopen is None:
                raise
            log.error("%s; it is mended now", error.message)  # noqa: TRY400 - no defect of ours
        self._gate.through(self._mend, self._path, patience=patience)
        return self._gate.through(attempt, self._path, patience=patience)

    def _mend(self) -> None:
        """Damage was met in mid-run: a fresh file with what can be saved takes its place, and work goes on."""
        self.db.close()
        if self._reopen:
            self.db = self._reopen()


def _carry_out(steps: Iterable[Step], db: sqlite3.Connection) -> None:
    for step in steps:
        step(db)
