"""Known bugs of refused log-offs, and of a robot that becomes another one at the same Orchestrator (points 2, 6, 8)."""

from __future__ import annotations

from typing import Final

from tests.simulation.mutants import Mutant

_REFUSED: Final = "        self.wait_for_work()\n        return False\n\n    def wait_for_work"
BUGS: Final = {
    "one-robot": Mutant(
        "2",
        "a report is told apart by its Orchestrator alone, not by its GUID",
        "app/robot/delivery.py",
        "if row.origin == self._origin]",
        "if row.origin.host == self._origin.host]",
    ),
    "changes-of-another": Mutant(
        "2",
        "what scripts changed is told apart by its Orchestrator alone",
        "app/journal/from_scripts.py",
        'WHERE NOT dead AND host = ? AND fingerprint = ?",',
        'WHERE NOT dead AND host = ? AND (1 OR fingerprint = ?)",',
    ),
    "gone-and-there": Mutant(
        "6",
        "a log-off that Windows refuses counts as one",
        "app/robot/idle.py",
        "        if ends:\n            return True\n",
        "        if ends or True:\n            return True\n",
    ),
    "once-refused": Mutant(
        "6",
        "a refused log-off isn't tried again",
        "app/robot/idle.py",
        _REFUSED,
        "        self._controls.cancel_leaving()\n" + _REFUSED,
    ),
    "silent-refusal": Mutant(
        "8",
        "isn't heard while a program keeps Windows from logging off",
        "app/robot/idle.py",
        "        with self._present(first=COUNTDOWN_BEATS_SECONDS):\n",
        "        if True:\n",
    ),
}
