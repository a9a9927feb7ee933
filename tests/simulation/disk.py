"""The simulated machine's disk: the journal's file, in memory, under the real opening, the real SQL, and power cuts.

What a power cut leaves. The journal has a write-ahead log: commits lie one behind the other, and a sync of the log
makes all of them safe that were written before. What was written since may be there, be missing, or be torn in a page;
whoever opens the file reads the log up to the first frame whose checksum is wrong. So it is the state after the last
commit that was synced, or after any later one, as the seed wants (https://www.sqlite.org/walformat.html#recovery).
Whether a commit is synced follows from the pragma that the robot itself has set. That SQLite and the opening really do
so with torn files is looked at beside this, in `tests/journal/test_power_cuts.py`.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Final, Self

from app.journal import opening, schema
from app.journal.journal import Journal
from tests.simulation.scheduler import Killed, scheduler
from tests.simulation.world import present

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from app.journal.gate import Gate
    from app.orchestrator.origin import Origin
    from tests.simulation.scheduler import Life

_SYNCED: Final = ("FULL", "EXTRA")
_CHANGES: Final = ("INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP")


class Disk:
    """The journal's file: what was committed outlives every process, what was synced outlives the machine."""

    _whole: _Empty | None = None  # of this process's nights: to compile all statements anew would be a tenth of each

    _set: set[str] = set()  # noqa: RUF012 - of that one

    def __init__(self) -> None:
        Disk._whole = Disk._whole or _Empty()
        self.db = Disk._whole.db
        Disk._whole.again()
        self.trouble: list[tuple[float, float, int, bool]] = []  # from, to, SQLite's error code, whether it can be read
        self.unsynced: list[bytes] = []  # the file as it was last synced, and after each commit since but the last
        self._left_open = False
        self.writer: _Connection | None = None  # whose transaction it is, if there is one

    def open(self, path: Path, gate: Gate, origin: Origin | None = None) -> Journal:
        """What stands in the place of `Journal.open`: the real opening, of this file."""
        return Journal(opening.open_file(path, gate, origin), path, gate)

    def connect(self, _path: Path) -> opening.Opened:
        """What stands in the place of looking for the file."""
        life = scheduler().current.life
        assert life is not None
        self.let_go()
        connection: Any = _Connection(self, life)
        opening._prepare(connection, suspect=self._left_open)
        self._left_open = True
        present().traps.happens("journal opened")
        return opening.Opened(connection)

    def let_go(self) -> bool:
        """Roll back what a process that died was in the middle of; False if one that lives is: it has the file."""
        if not self.db.in_transaction:
            return True
        if self.writer is not None and not self.writer.dead:
            return False
        self.db.execute("ROLLBACK")
        return True

    def set_once(self, pragma: str) -> None:
        """This connection is the same in all nights; to set it again would have it compile all statements anew."""
        if pragma not in Disk._set:
            Disk._set.add(pragma)
            self.db.execute(pragma)

    def synced(self) -> None:
        """All that was committed outlives the machine."""
        self.unsynced.clear()

    def closed(self) -> None:
        """The last connection is closed: SQLite has emptied the log."""
        self.synced()
        self._left_open = False

    def power_cut(self, rng: random.Random) -> None:
        """What nobody has synced may be gone."""
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")
        left = rng.choice([None, *self.unsynced])
        if left is not None:
            assert Disk._whole is not None
            Disk._whole.put(left)
        self.unsynced.clear()
        self._left_open = True


class _Empty:
    """The file in memory, as a night finds it."""

    def __init__(self) -> None:
        self.db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, cached_statements=256)
        schema.migrate(self.db)
        self._template = self.db.serialize()
        self._put = False
        names = [name for (name,) in self.db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        # Whatever refers to others was made after them.
        self._clear = ["DELETE FROM " + name for name in reversed(names)]  # noqa: S608 - our own tables
        self._rows = [
            ("INSERT INTO {} VALUES ({})".format(name, ", ".join("?" * len(row))), row)  # noqa: S608
            for name in names
            for row in self.db.execute("SELECT * FROM " + name).fetchall()  # noqa: S608
        ]

    def again(self) -> None:
        """Nothing has been written since it was made."""
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")
        if self._put:
            self.db.deserialize(self._template)
            self._put = False
            return
        for statement in self._clear:
            self.db.execute(statement)
        for statement, row in self._rows:
            self.db.execute(statement, row)

    def put(self, content: bytes) -> None:
        """This is what it holds."""
        self.db.deserialize(content)
        self._put = True


class _Connection:
    """One process's connection to the file."""

    def __init__(self, disk: Disk, life: Life) -> None:
        self._disk = disk
        self._life = life
        self._waits = True  # for the disk, with each commit

    @property
    def in_transaction(self) -> bool:
        return self._disk.db.in_transaction and self._disk.writer is self and not self.dead

    @property
    def dead(self) -> bool:
        """Whether its process is."""
        return self._life.dead

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """As a connection's own: what was begun is committed, or leaves no trace."""
        if kind is None:
            try:
                self.execute("COMMIT")
            except sqlite3.Error:
                self.execute("ROLLBACK")
                raise
        elif self.in_transaction:
            self.execute("ROLLBACK")

    def execute(self, statement: str, parameters: Any = ()) -> Any:
        now, disk = scheduler(), self._disk
        self._alive()
        now.maybe_yield()
        word = statement.split(None, 1)[0]
        if word != "PRAGMA":
            self._meets_trouble(word)
        if word == "COMMIT":
            present().traps.happens("commit")
            now.sleep(now.rng.choice((0.001, 0.004, 0.03)))  # a crash in it: before or after, never half of it
            self._alive()
            done = disk.db.execute(statement)
            if self._waits:
                disk.synced()
            return done
        if word == "PRAGMA":
            return self._pragma(statement)
        if word == "BEGIN" or word in _CHANGES:
            if disk.writer is not self and not disk.let_go():  # another robot of this program, which is just ending
                raise _error(sqlite3.SQLITE_BUSY)
            disk.writer = self
            if not disk.db.in_transaction and not self._waits:
                disk.unsynced.append(disk.db.serialize())
        done = disk.db.execute(statement, parameters)
        if word in _CHANGES and self._waits and not disk.db.in_transaction:
            disk.synced()
        return done

    def _meets_trouble(self, word: str) -> None:
        now = scheduler().now
        for start, end, code, readable in self._disk.trouble:
            free = word == "SELECT" if readable else word == "COMMIT" and code == sqlite3.SQLITE_BUSY
            if start <= now < end and not free and word != "ROLLBACK":
                present().traps.happens("journal waits")
                raise _error(code)

    def _pragma(self, statement: str) -> Any:
        name, _is, value = (part.strip() for part in statement.removeprefix("PRAGMA").partition("="))
        if name == "synchronous" and value:
            self._waits = value in _SYNCED
            return None  # nothing that memory would know of
        if name.startswith("wal_checkpoint"):
            self._disk.synced()
        if value and name != "user_version":
            return self._disk.set_once(statement)
        return self._disk.db.execute(statement)

    def close(self) -> None:
        """Nothing is open any more; the file stays, without what was begun and not committed."""
        self._alive()
        if self.in_transaction:
            self._disk.db.execute("ROLLBACK")
        self._disk.closed()

    def _alive(self) -> None:
        if self._life.dead:
            raise Killed


def _error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(
        "database or disk is full" if code == sqlite3.SQLITE_FULL else "database is locked"
    )
    error.sqlite_errorcode = code
    return error
