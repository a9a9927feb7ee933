"""The host that is started ahead: a job that comes soon finds an interpreter that has started already.

    none ──expect──▶ starting ──▶ waits ──take──▶ the process of a run
     ▲                              │
     └── a minute, dismiss, close, ─┘
         another interpreter, no good answer

The hand-over can't run a job twice. The spare is told the job and answers; nothing of the run begins before it is then
told to go. Whoever doesn't answer, or answers no, is killed without that word, and the job starts in the ordinary way.
After that word the process is the job's, whatever becomes of it, and nothing else is started.

There is never more than one that waits. It is made (`waiting`) when a job is on its way, beside the job that runs, and
when one has ended. Where jobs come faster than interpreters start, as on Windows, the next one is begun while a job
waits for its own. Whoever looks for what a job has left knows them. A spare dies with the robot, by its control pipe's
end or, on Windows, its job object; one that could not, because somebody holds it still, is killed at the robot's next
start.
"""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.base.threads import OwnedThread
from app.jobs.child.spare import GO, HEADER, LONGEST_JOB, YES
from app.jobs.waiting import Maker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.jobs.interpreter import Interpreter
    from app.jobs.processes.tree import ProcessTree
    from app.jobs.waiting import Waiting

    _Wish = Callable[[], tuple[Interpreter, Mapping[str, str]]]

IDLE_SECONDS: Final = 60.0
_START_SECONDS: Final = 3.0  # for the system to create the process
_ANSWER_SECONDS: Final = 3.0  # a spare may still be on its way, on a busy machine
_FAILURES: Final = 3  # in a row, after which this interpreter gets none any more: each of them costs its jobs time

_log = logging.getLogger("robot.jobs")


class Spares:
    """At most one spare at a time. Every method may be called from any thread.

    Args:
        folder: of private folders of runs; it is made.
    """

    def __init__(self, folder: Path, idle_seconds: float = IDLE_SECONDS) -> None:
        self._maker = Maker(folder)
        self._idle_seconds = idle_seconds
        self._condition = threading.Condition()  # guards the following
        self._wish: _Wish | None = None  # the next one, being started
        self._spare: Waiting | None = None
        self._expected = 0  # how often; tells whether a wait was renewed
        self._failures: dict[Path, int] = {}
        self._closed = False
        self._thread: OwnedThread | None = None

    def sweep(self) -> None:
        """Kill what a dead robot may have left."""
        self._maker.sweep()

    def expect(self, wish: _Wish) -> None:
        """A job may come soon. Returns at once.

        Args:
            wish: says which interpreter it will want, most likely that of the last one, and what the variables of all
                runs have in common. Called on another thread, as it may have to look at a share that hangs.
        """
        with self._condition:
            if self._closed:
                return
            self._expected += 1
            if self._spare is None and self._wish is None:
                self._wish = wish
                if self._thread is None:
                    self._thread = OwnedThread("job spare", lambda _ended: self._run())
                    self._thread.start()
            self._condition.notify_all()

    def take(
        self,
        interpreter: Interpreter,
        command: list[str],
        folder: Path,
        environment: Mapping[str, str],
        variables: Mapping[str, str],
        mark: str,
    ) -> ProcessTree | None:
        """A process that runs `command` from now on, as one that is started with it would; None if there is none.

        Args:
            interpreter: what `command` begins with.
            command: its command line.
            folder: where it runs.
            environment: what every run has.
            variables: what is of this run alone.
            mark: of the run.
        """
        spare = self._taken()
        if spare is None:
            return None
        if spare.suits(interpreter, environment) and not environment.keys() & variables:
            arguments = command[1 + len(interpreter.host_arguments) :]
            if self._hand_over(spare, folder, arguments, variables, mark):
                spare.tree.now_runs(command)
                self._failures.pop(interpreter.python, None)
                return spare.tree
            self._failed(interpreter)
            _log.info("The interpreter that was started ahead can't be used; %s is started", interpreter.python)
            self.dismiss()  # what is like it
        spare.end()
        return None

    def dismiss(self) -> None:
        """End the spare, if there is one; it has gone when this returns."""
        spare = self._taken()
        self._maker.end()
        if spare is not None:
            spare.end()

    def close(self) -> None:
        """End the spare; there will never be another one."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
        self.dismiss()
        if self._thread is not None:
            self._thread.stop()
            self._maker.forget()

    def _taken(self) -> Waiting | None:
        """The spare, which is the caller's from now on; one that is being started is waited for, but not for long."""
        with self._condition:
            self._condition.wait_for(lambda: self._wish is None, _START_SECONDS)
            self._wish = None  # what comes of it now is ended where it is started
            spare, self._spare = self._spare, None
            self._condition.notify_all()
            return spare

    def _run(self) -> None:
        """Start spares, and end those that have waited for too long."""
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._wish is not None or self._spare is not None or self._closed)
                wish, spare = self._wish, self._spare
                if wish is None and spare is None:
                    return
                if wish is None and spare is not None:
                    if self._is_news_of(spare):
                        continue
                    self._spare = None
            if wish is not None:
                started = self._started(wish)
                with self._condition:
                    if late := self._wish is not wish:
                        spare = started
                    else:
                        self._spare, self._wish = started, None
                    self._condition.notify_all()
                if late:
                    self._maker.end()
                    if spare is not None:
                        spare.end()
            elif spare is not None:
                self._maker.end()
                spare.end()

    def _is_news_of(self, spare: Waiting) -> bool:
        """Wait until it has been taken, or is to wait for another while; False if nothing has come of it."""
        expected = self._expected
        return self._condition.wait_for(
            lambda: self._spare is not spare or self._expected != expected, self._idle_seconds
        )

    def _started(self, wish: _Wish) -> Waiting | None:
        try:
            interpreter, environment = wish()
            if not _is_the_same_everywhere(environment) or self._failures.get(interpreter.python, 0) >= _FAILURES:
                return None
            if (made := self._maker.make(interpreter, environment)) is None:
                self._failed(interpreter)
        except Exception as error:  # noqa: BLE001 - the job itself will say what is wrong
            _log.debug("No interpreter could be started ahead: %s", error)
            return None
        return made

    def _failed(self, interpreter: Interpreter) -> None:
        self._failures[interpreter.python] = self._failures.get(interpreter.python, 0) + 1

    def _hand_over(
        self, spare: Waiting, folder: Path, arguments: list[str], variables: Mapping[str, str], mark: str
    ) -> bool:
        """Tell it the job; True if it has been told to go."""
        tree = spare.tree
        variables = {**variables, **tree.adopt(mark)}
        strings = [f"{name}={value}" for name, value in variables.items()]
        fields = [str(folder), str(len(arguments)), *arguments, *strings]
        if any("\0" in field for field in fields):
            return False  # the ordinary start says what is wrong
        errors = "surrogateescape" if os.name == "posix" else "surrogatepass"
        job = b"".join(field.encode("utf-8", errors) + b"\0" for field in fields)
        if len(job) > LONGEST_JOB:
            return False
        tree.send((HEADER % len(job)).encode("ascii") + job)
        self.expect(lambda: (spare.interpreter, spare.environment))  # this one may still be on its way
        if tree.hear(_ANSWER_SECONDS) != YES:
            return False
        tree.send(GO)
        return True


def _is_the_same_everywhere(environment: Mapping[str, str]) -> bool:
    """Whether Python's search path comes out the same wherever it is started."""
    path = environment.get("PYTHONPATH")
    return path is None or all(Path(part).is_absolute() for part in path.split(os.pathsep))
