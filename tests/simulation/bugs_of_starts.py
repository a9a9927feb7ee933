"""Known bugs of starts: two robots in one place (point 1: a job is never run twice, and point 5)."""

from __future__ import annotations

from typing import Final

from tests.simulation.mutants import Mutant

BUGS: Final = {
    "two-at-once": Mutant(
        "1",
        "a start doesn't look whether the robot is there already",
        "app/program/places.py",
        "        instance.__enter__()\n    except",
        "        str(instance)\n    except",
        also=(
            (
                "with DataLock(DataPaths(settings.data_dir).lock), ShowRequests(",
                "with ShowRequests(",
            ),
        ),
    ),
    "one-journal": Mutant(
        "1",
        "two robots, each of another GUID, share a data folder",
        "app/program/places.py",
        "with DataLock(DataPaths(settings.data_dir).lock), ShowRequests(",
        "with ShowRequests(",
    ),
}
