"""Known bugs that a power cut brings to light: what was told or begun, and never synced (durability rule, point 1)."""

from __future__ import annotations

from typing import Final

from tests.simulation.mutants import Mutant

_AFTER: Final = "            yield\n        finally:\n            "
BUGS: Final = {
    "unsynced-end": Mutant(
        "1",
        "an outcome is told before the disk has it: a power cut takes it back",
        "app/journal/journal.py",
        "        self._file.write(lambda db: changes.finish(db, row))\n",
        "        self._file.write_unsynced(lambda db: changes.finish(db, row), 1e9)\n",
    ),
    "unsynced-begin": Mutant(
        "1",
        "a job begins before the disk has it: after a power cut nobody knows of it",
        "app/journal/journal.py",
        "        self._file.write(lambda db: changes.begin(db, row, origin), patience)\n",
        "        self._file.write_unsynced(lambda db: changes.begin(db, row, origin), patience)\n",
    ),
    "never-synced-again": Mutant(
        "1",
        "after the first note that needn't be synced, nothing is synced any more",
        "app/journal/access.py",
        _AFTER + 'self.db.execute("PRAGMA synchronous = FULL")',
        _AFTER + 'self.db.execute("PRAGMA synchronous = NORMAL")',
    ),
    "unsynced-change": Mutant(
        "1",
        "a script is told that its change is taken before the disk has it",
        "app/robot/script_changes.py",
        "synced=path != LOG_CREATE)",
        "synced=False)",
    ),
}
