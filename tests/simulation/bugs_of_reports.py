"""Known bugs about what is kept, whose it is, and in which order it is told (durability rule, points 1 to 3)."""

from __future__ import annotations

from typing import Final

from tests.simulation.mutants import Mutant

BUGS: Final = {
    "twice": Mutant(
        "1",
        "a job that is handed out again is run again",
        "app/journal/changes.py",
        "    if not added.rowcount:\n        raise AlreadyKnownError(",
        "    if added.rowcount > 1:\n        raise AlreadyKnownError(",
    ),
    "sent-is-told": Mutant(
        "1",
        "a report leaves the outbox when it is sent, not when it is taken",
        "app/robot/sending.py",
        "        try:\n            self.say(row.job_guid, row.status)\n",
        "        try:\n            self._journal.delivered(row.id)\n            self.say(row.job_guid, row.status)\n",
    ),
    "no-8": Mutant(
        "1",
        "a job begins without its report \u201cIn progress\u201d",
        "app/journal/changes.py",
        "    add_report(db, guid, JobStatus.IN_PROGRESS, started)\n",
        "",
    ),
    "unwritten": Mutant(
        "1",
        "a job is written down when its process runs, not before",
        "app/journal/journal.py",
        "        self._file.write(lambda db: changes.begin(db, row, origin), patience)\n",
        "        if self.job(order_guid) is not None:\n"
        "            from app.journal.errors import AlreadyKnownError\n"
        "            raise AlreadyKnownError('')\n"
        "        self._late = [lambda: self._file.write(lambda db: changes.begin(db, row, origin), patience)]\n",
        also=(
            (
                '        self._file.note_unsynced(Step("UPDATE jobs SET pid',
                '        self._late.pop()()\n        self._file.note_unsynced(Step("UPDATE jobs SET pid',
            ),
            (
                "        row = (status, to_text(ended_at), exit_code, reason, last_line, guid)\n",
                (
                    "        row = (status, to_text(ended_at), exit_code, reason, last_line, guid)\n"
                    "        if getattr(self, '_late', []):\n            self._late.pop()()\n"
                ),
            ),
        ),
    ),
    "stranger": Mutant(
        "2",
        "a report is sent to whoever the settings name",
        "app/robot/delivery.py",
        "if row.origin == self._origin]",
        "]",
    ),
    "one-host": Mutant(
        "2",
        "a report is told apart by its GUID alone, not by its Orchestrator",
        "app/robot/delivery.py",
        "if row.origin == self._origin]",
        "if row.origin.fingerprint == self._origin.fingerprint]",
    ),
    "strange-changes": Mutant(
        "2",
        "what scripts changed is sent to whoever the settings name",
        "app/journal/from_scripts.py",
        'WHERE NOT dead AND host = ? AND fingerprint = ?",',
        'WHERE NOT dead AND (1 OR host = ? AND fingerprint = ?)",',
    ),
    "late-8": Mutant(
        "3",
        "\u201cIn progress\u201d that is carried out after its time-out stays the last word",
        "app/robot/sending.py",
        "if error.fate_unknown and row.status not in FINAL_STATUSES:",
        "if False:",
    ),
    "crash-8": Mutant(
        "3",
        "the same, when the robot that sent it was killed",
        "app/robot/loop.py",
        "self._journal.doubt_in_progress(",
        "str(",
    ),
    "overtaking": Mutant(
        "3",
        "the final status doesn't wait for the \u201cIn progress\u201d that is under way",
        "app/robot/pending.py",
        "if guid not in self._under_way\n                and row.id",
        "if str(row.id) not in self._under_way\n                and row.id",
        also=(
            ("self._under_way.add(row.job_guid.lower())", "self._under_way.add(str(row.id))"),
            ("self._under_way.discard(row.job_guid.lower())", "self._under_way.discard(str(row.id))"),
            (
                "for guid, row in self._rows.items() if guid not in self._under_way]",
                "for guid, row in self._rows.items() if str(row.id) not in self._under_way]",
            ),
        ),
    ),
    "wall-clock": Mutant(
        "3",
        "doubts are measured by the wall clock",
        "app/robot/doubt.py",
        "        if key not in self._left:\n",
        "        if key:\n",
    ),
    "no-confirm": Mutant(
        "3",
        "a final status is not confirmed after a doubt",
        "app/journal/journal.py",
        "DELETE FROM outbox WHERE id = ? AND doubtful_until IS NULL",
        "DELETE FROM outbox WHERE id = ?",
    ),
    "early-confirm": Mutant(
        "3",
        "it is confirmed while the doubtful attempt may still be carried out",
        "app/robot/pending.py",
        "            due = max(due, self._doubts.over_at(row.job_guid, row.doubtful_until))\n",
        "            due = max(due, 0.0)\n",
    ),
    "superseded-doubt": Mutant(
        "3",
        "an \u201cIn progress\u201d that fails after the job has ended leaves no doubt",
        "app/journal/changes.py",
        "add_report(db, guid, status, ended, doubtful, row_id)",
        "add_report(db, guid, status, ended, doubtful)",
    ),
    "finished-doubt": Mutant(
        "3",
        "the end of a job forgets the doubt about its beginning",
        "app/journal/changes.py",
        "add_report(db, guid, status, ended, doubtful, row_id)",
        "add_report(db, guid, status, ended, None, row_id)",
    ),
    "changes-unordered": Mutant(
        "3",
        "of a run's changes the newest is sent first",
        "app/journal/from_scripts.py",
        "AND NOT dead ORDER BY script_changes.id LIMIT ?",
        "AND NOT dead ORDER BY script_changes.id DESC LIMIT ?",
    ),
    "changes-in-doubt": Mutant(
        "3",
        "a task's next status doesn't wait for the doubt about the one before",
        "app/robot/pending_changes.py",
        "        if doubt := self.doubts.before(queue[0]):\n",
        "        if (doubt := self.doubts.before(queue[0])) and doubt is None:\n",
    ),
    "changes-of-the-dead": Mutant(
        "3",
        "what a killed robot was sending for a script is not doubted",
        "app/robot/pending_changes.py",
        "            self.doubts.add(first, self._earlier_doubt)\n",
        "            self.doubts.add(first, 0.0)\n",
    ),
    "changes-doubt-unnoted": Mutant(
        "3",
        "a doubt about a script's change that was taken meanwhile is known to the robot alone that has it",
        "app/robot/change_doubts.py",
        "        for doubt in noted:\n",
        "        for doubt in list(noted)[:0]:\n",
    ),
    "final-first": Mutant(
        "3",
        "the final status doesn't wait for what its script has changed",
        "app/robot/delivery.py",
        "lambda guid: self._holding(guid) is not None)",
        "lambda guid: False)",
    ),
}
