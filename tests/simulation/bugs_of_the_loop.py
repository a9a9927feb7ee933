"""Known bugs of the robot's loop: side by side, starts, log-off, the journal's trouble, silence (points 4 to 8)."""

from __future__ import annotations

from typing import Final

from tests.simulation.mutants import Mutant

BUGS: Final = {
    "ready-early": Mutant(
        "4",
        "says Ready before the outcome is told",
        "app/robot/loop.py",
        "        self._working.until_told(order)\n        self._working.end()\n",
        "        self._working.end()\n",
    ),
    "one-by-one": Mutant(
        "4",
        "reports of different jobs wait for each other",
        "app/robot/pending.py",
        "                if guid not in self._under_way\n                and row.id",
        "                if not self._under_way\n                and row.id",
    ),
    "stays-with-it": Mutant(
        "4",
        "the robot takes no job while a report fails",
        "app/robot/working.py",
        "FAILING_SECONDS: Final = 10.0",
        "FAILING_SECONDS: Final = 1e9",
    ),
    "waits-for-the-disk": Mutant(
        "4",
        "what the journal can't take is reported beside the loop, which says Ready meanwhile",
        "app/robot/delivery.py",
        "        self.unjournaled.send()\n        self._wake.set()\n"
        "        return not self.unjournaled.holds(run.order.guid)\n",
        "        self._wake.set()\n        return True\n",
    ),
    "forgotten": Mutant(
        "5",
        "a job that a dead robot was running is never reported",
        "app/robot/loop.py",
        "for record in self._journal.interrupted():",
        "for record in ():",
    ),
    "leftovers": Mutant(
        "5",
        "what a dead robot's job has left is not killed",
        "app/robot/loop.py",
        "killed = kill_leftovers(record.pid, record.created_at, record.mark)",
        "killed = 0",
    ),
    "ready-at-once": Mutant(
        "5",
        "a start says Ready before it has tried to report the interrupted job",
        "app/robot/loop.py",
        "        while any(not (attempts.tried",
        "        while False and any(not (attempts.tried",
    ),
    "start-waits": Mutant(
        "5",
        "a start waits for a delivery that fails, and isn't heard",
        "app/robot/loop.py",
        "        while any(not (attempts.tried or attempts.confirming) for attempts in self._delivery.waiting()):\n"
        "            if self._clock.monotonic() - begun >= FAILING_SECONDS:\n",
        "        while any(not attempts.confirming for attempts in self._delivery.waiting()):\n"
        "            if self._clock.monotonic() - begun >= 1e9:\n",
        also=(
            (
                "            with self._working.present():  # it may have",
                "            with nullcontext():  # it may have",
            ),
        ),
    ),
    "leaves-early": Mutant(
        "6",
        "logs off while a report waits",
        "app/robot/idle.py",
        "            waiting = self._delivery.waiting()\n",
        "            return True\n            waiting = self._delivery.waiting()\n",
    ),
    "stale-answer": Mutant(
        "6",
        "it isn't asked once more after the countdown",
        "app/robot/idle.py",
        "        return self._is_still_idle()\n\n    def _state_after",
        "        return True\n\n    def _state_after",
    ),
    "no-answer": Mutant(
        "6",
        "no answer at the end of the countdown counts as \u201cno job\u201d",
        "app/robot/loop.py",
        "            self._tries.failed(error, self._outage)\n            return False\n",
        "            return True\n",
    ),
    "ten-seconds": Mutant(
        "6",
        "leaves when a report has failed for ten seconds, not for ten minutes",
        "app/robot/idle.py",
        "_UNDELIVERED_SECONDS: Final = 600.0",
        "_UNDELIVERED_SECONDS: Final = 10.0",
    ),
    "refused-holds": Mutant(
        "6",
        "a refused report holds the log-off",
        "app/robot/pending.py",
        "            if not attempts.refused and (row.refused_at is None or not attempts.tried)\n",
        "",
    ),
    "refused-is-gone": Mutant(
        "6",
        "a refused report is given up at once",
        "app/robot/sending.py",
        "        if self._pending.refused_for(row) >= REFUSED_FOR:\n",
        "        if self._pending.refused_for(row) >= 0.0:\n",
    ),
    "refused-by-the-clock": Mutant(
        "6",
        "a clock that is set forward by a day ends the trying of a refused report",
        "app/robot/sending.py",
        "        if self._pending.refused_for(row) >= REFUSED_FOR:\n",
        "        if row.refused_at and (self._clock.now() - row.refused_at).total_seconds() >= REFUSED_FOR:\n",
    ),
    "impatient": Mutant(
        "7",
        "a journal that is busy for a moment ends what needs it",
        "app/journal/gate.py",
        "if left <= 0 or not passes(error):",
        "if True:",
    ),
    "runs-unwritten": Mutant(
        "7",
        "a job that can't be journaled for a minute is run all the same",
        "app/robot/taking.py",
        "            self._tell_unjournaled(run, status)\n        else:\n",
        "            self._tell_unjournaled(run, status)\n            return True\n        else:\n",
    ),
    "unwritten-unsaid": Mutant(
        "7",
        "nothing is said of a job that can't be journaled",
        "app/robot/taking.py",
        "            status = self._status_of_unjournaled(order)\n            self._tell_unjournaled(run, status)\n",
        "            status = self._status_of_unjournaled(order)\n",
    ),
    "last-step": Mutant(
        "7",
        "nor of one that comes during delivery's last step",
        "app/robot/delivery.py",
        "        self.unjournaled.send()  # what came during the last step, which may have waited for the journal\n",
        "",
        also=(
            ("        self.unjournaled.write_down(_LAST_SECONDS)\n", ""),
            (
                (
                    "        self.unjournaled.send()\n        self._wake.set()\n"
                    "        return not self.unjournaled.holds(run.order.guid)\n"
                ),
                "        self._wake.set()\n        return True\n",
            ),
        ),
    ),
    "unwritten-ends": Mutant(
        "7",
        "what was said in vain of a job that couldn't be journaled ends with changed settings",
        "app/program/service.py",
        "                unwritten=self._unwritten,\n",
        "",
    ),
    "looks-long": Mutant(
        "7",
        "nor while the journal can't even be read",
        "app/robot/current_run.py",
        "self._journal.job(job_guid, _LOOK_SECONDS)",
        "self._journal.job(job_guid)",
    ),
    "forgets-notes": Mutant(
        "7",
        "what is only noted is lost while the journal is busy",
        "app/journal/access.py",
        "            self._kept.extend(steps)\n",
        "",
    ),
    "silent-countdown": Mutant(
        "8",
        "isn't heard while it counts down to the log-off",
        "app/robot/idle.py",
        "COUNTDOWN_BEATS_SECONDS: Final = 10.0",
        "COUNTDOWN_BEATS_SECONDS: Final = 1000.0",
    ),
    "woken": Mutant(
        "8",
        "each event in a long wait puts the next heartbeat off by ten seconds",
        "app/robot/retry.py",
        "self.wait(min(left, max(0.0, BETWEEN_HEARTBEATS - silent)))",
        "self.wait(min(left, BETWEEN_HEARTBEATS))",
    ),
    "closing": Mutant(
        "8",
        "isn't heard while it delivers before new settings take effect",
        "app/robot/loop.py",
        "with self._working.present() if goes_on else nullcontext():",
        "with nullcontext():",
    ),
    "silent-look": Mutant(
        "8",
        "isn't heard while an idle robot waits for its journal before it leaves",
        "app/robot/idle.py",
        "        with self._present():  # the journal may have to be waited for\n",
        "        if True:\n",
    ),
    "silent-past": Mutant(
        "8",
        "isn't heard while it waits for the journal to settle what a dead robot has left",
        "app/robot/loop.py",
        "            with self._working.present():  # it may have",
        "            with nullcontext():  # it may have",
    ),
    "reload-race": Mutant(
        "8",
        "a settings change silences the robot that follows, for ever",
        "app/robot/controls.py",
        "        interrupt = self._interrupt\n        self.reloading = True\n        self.wake.set()\n",
        "        self.reloading = True\n        self.wake.set()\n        interrupt = self._interrupt\n",
    ),
    "silent-journal": Mutant(
        "8",
        "isn't heard while it waits for the journal at its start",
        "app/program/service.py",
        "        with presence(new_client, self._clock, self._polls):\n",
        "        if True:\n",
    ),
    "long-waits": Mutant(
        "8",
        "isn't heard for up to a minute after heartbeats that failed",
        "app/robot/pace.py",
        "HEARD_SECONDS: Final = 14.0",
        "HEARD_SECONDS: Final = 60.0",
    ),
    "error-in-200": Mutant(
        "answers",
        "an ErrorCode in a 200 counts as taken",
        "app/orchestrator/client.py",
        "        if error:\n            raise error_named(",
        "        if error and error is None:\n            raise error_named(",
    ),
    "page": Mutant(
        "answers",
        "404 with a page counts as a refusal",
        "app/orchestrator/client.py",
        "settled = response.status in refused and body.kind in {BodyKind.JSON, BodyKind.NOTHING}",
        "settled = response.status in refused",
    ),
    "put-only": Mutant(
        "answers",
        "405 to PUT is not answered with POST",
        "app/orchestrator/client.py",
        "(method, _UPDATE, form, cancellable=cancellable)\n        if response",
        "(method, _UPDATE, form, cancellable=cancellable)\n        if False and response",
    ),
    "deaf": Mutant(
        "states",
        "an abort during a stop is not passed on",
        "app/robot/current_run.py",
        "            self._pass_on(asked)  # first",
        "            self._pass_on(Asked.STOP)  # first",
    ),
}
