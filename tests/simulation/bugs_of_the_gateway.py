"""Known bugs between a script and the robot (durability rule, points 1 and 3): told and not kept, kept too late."""

from __future__ import annotations

from typing import Final

from tests.simulation.mutants import Mutant

BUGS: Final = {
    "change-unkept": Mutant(
        "1",
        "a script is told that its change is taken though the journal has not taken it",
        "app/gateway/session.py",
        "                self._parts.changes.put(self._order.guid, call.path, fields)\n",
        "                with contextlib.suppress(RobotError):\n"
        "                    self._parts.changes.put(self._order.guid, call.path, fields)\n",
    ),
    "change-promised": Mutant(
        "1",
        "a script is told that its change is taken before it is written down",
        "app/gateway/session.py",
        "                self._parts.changes.put(self._order.guid, call.path, fields)\n",
        "                threading.Thread(target=lambda: self._parts.changes.put(self._order.guid, call.path, fields)"
        ").start()\n",
    ),
    "created-twice": Mutant(
        "1",
        "a task that may have been made is asked for once more",
        "app/gateway/asking.py",
        "again = isinstance(reason, UnreachableError) and not (call.kind is Kind.CREATE and error.fate_unknown)",
        "again = isinstance(reason, UnreachableError)",
    ),
    "next-too-early": Mutant(
        "3",
        "the next task is asked for before the Orchestrator knows what became of the one before",
        "app/gateway/asking.py",
        "        if call.path == LAST_TASK:\n",
        "        if call.path == LAST_TASK and patience < 0:\n",
    ),
    "change-after-end": Mutant(
        "3",
        "a run's end doesn't wait for what its script is just asking",
        "app/gateway/gateway.py",
        "            thread.join(_JOIN_SECONDS)  #",
        "            thread.join(0.0)  #",
    ),
}
