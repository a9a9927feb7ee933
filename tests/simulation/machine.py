"""The simulated machine: scripts as processes, the Windows session."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.jobs.outcome import Ending, EndingKind
from tests.contract.ready_job import ReadyJob
from tests.simulation.disk import Disk
from tests.simulation.primitives import SimThread, start_in
from tests.simulation.scheduler import Life, scheduler
from tests.simulation.script_work import Work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.gateway.gateway import Gateway, ScriptChannel
    from app.orchestrator.vocabulary import JobOrder
    from tests.simulation.pipes import Pipe


@dataclass
class Script:
    """What a job's script does.

    Attributes:
        seconds: how long it runs.
        code: its exit code then; None: it can't be started.
        on_stop: "stops" (by the interrupt), "finishes" (exit code 0), "fails" (1), "ignores".
        winds_up: seconds from a stop to that.
        tasks: how many tasks of a queue it works on, one after the other.
        others: what else it asks, in between.
    """

    seconds: float
    code: int | None
    on_stop: str
    winds_up: float
    tasks: int = 0
    others: tuple[str, ...] = ()

    @property
    def changes(self) -> int:
        """How much its final status may have to wait for."""
        return 2 * self.tasks + len(self.others)


@dataclass
class Process:
    """One run of a script; moments in seconds of the night."""

    guid: str
    mark: str
    life: Life
    started: float
    script: Script
    stop_at: float | None = None
    ended: float | None = None
    changes: list[tuple[str, str]] = field(default_factory=list)  # task and status, as the robot has taken them
    asking: tuple[str, str] | None = None  # what it was asking for when it died, if it did
    asked_to_say: list[str] = field(default_factory=list)  # messages, in order
    said: list[str] = field(default_factory=list)  # those of them that the robot has taken
    created: list[tuple[str, bool]] = field(default_factory=list)  # tasks by name, whether the script was told so
    nexts: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # what was changed before each such question
    own: Life = field(default_factory=lambda: Life("script"))  # the script's process
    pipe: Pipe | None = None
    how: str = ""  # exit, stopped, aborted, leftover killed, power cut, not started
    code: int | None = None

    def end(self, how: str, code: int | None = None) -> None:
        """It has ended."""
        self.ended, self.how, self.code = scheduler().now, how, code
        scheduler().kill(self.own)
        self.hang_up()

    def hang_up(self) -> None:
        """One of those who talked has gone."""
        if self.pipe is not None:
            self.pipe.close()


@dataclass
class Machine:
    """Everything of the machine that outlives a robot's process."""

    scripts: dict[str, Script] = field(default_factory=dict)  # by the job's name
    disk: Disk = field(default_factory=Disk)
    processes: list[Process] = field(default_factory=list)
    log_offs: list[tuple[float, Life]] = field(default_factory=list)
    refuses_until: float = 0.0  # a program has something unsaved, and doesn't let Windows log off
    asked: dict[Life, float] = field(default_factory=dict)  # when each began the log-off that came
    refusals: list[tuple[float, float, Life]] = field(default_factory=list)  # when that was tried in vain
    holders: dict[str, Life] = field(default_factory=dict)  # who has which lock
    gateway: Gateway | None = None  # of the robot that works now

    def ended(self, life: Life) -> None:
        """A process has gone; its locks go with it."""
        for name in [name for name, holder in self.holders.items() if holder is life]:
            del self.holders[name]

    def running(self) -> list[Process]:
        """The scripts that run now."""
        return [each for each in self.processes if each.ended is None]

    def ready(self, order: JobOrder, log_file: Path, mark: str) -> ReadyJob:
        """What stands in the place of `JobRunner.ready`."""
        scheduler().sleep(scheduler().rng.choice((0.0, 0.02)))
        return ReadyJob(lambda: self._start(order, log_file, mark))

    def _start(self, order: JobOrder, log_file: Path, mark: str) -> SimRunning:
        life = scheduler().current.life
        assert life is not None
        scheduler().sleep(scheduler().rng.choice((0.0, 0.05)))
        process = Process(order.guid, mark, life, scheduler().now, self.scripts[order.name])
        self.processes.append(process)
        assert self.gateway is not None
        return SimRunning(process, self.gateway.open(order, _Folder(log_file), _Output()))  # type: ignore[arg-type]

    def sweep(self) -> None:
        """What stands in the place of `JobRunner.sweep`."""

    def expect_job(self) -> None:
        """What stands in the place of `JobRunner.expect_job`; likewise the next two."""

    expect_none = close = expect_job

    def kill_leftovers(self, _pid: int | None, _created: float | None, mark: str) -> int:
        """What stands in the place of `kill_leftovers`."""
        found = [each for each in self.running() if each.mark == mark]
        for process in found:
            process.end("leftover killed")
        return len(found)

    def power_cut(self) -> None:
        """Nothing runs any more, and what wasn't synced may be gone."""
        for process in self.running():
            process.end("power cut")
        self.disk.power_cut(scheduler().rng)


@dataclass(frozen=True)
class _Folder:
    """What the gateway needs of a run's folder; where it is, doesn't matter."""

    path: Path


class _Output:
    """What the gateway needs of a run's log."""

    def masked(self, text: str) -> str:
        return text

    def hide(self, secret: str) -> None:
        """No log, no secrets."""


class SimRunning:
    """What stands in the place of `RunningJob`."""

    def __init__(self, process: Process, channel: ScriptChannel) -> None:
        self._process = process
        self._channel = channel
        self._ending: Ending | None = None
        self._event = threading.Event()
        self.ended = self._event
        self.identity: Any = _Identity(1000 + len(process.guid), scheduler().now, process.mark)
        script = process.script
        if script.code is None:
            self.identity = None
            self._finish("not started", EndingKind.NOT_STARTED, None)
            self._close()
        else:
            scheduler().call_at(scheduler().now + script.seconds, lambda: self._exit(script.code))
            if script.tasks or script.others:
                start_in(process.own, SimThread(target=Work(process, channel).run, name="script"))

    def request_stop(self) -> None:
        now, process = scheduler(), self._process
        if process.ended is not None or process.stop_at is not None or process.life.dead:
            return
        process.stop_at = now.now
        self._channel.stop_asked()
        how = process.script.on_stop
        moment = now.now + process.script.winds_up
        if how == "stops":
            now.call_at(moment, lambda: self._end("stopped", EndingKind.STOPPED_ITSELF, 1))
        elif how == "finishes":
            now.call_at(moment, lambda: self._exit(0))
        elif how == "fails":
            now.call_at(moment, lambda: self._exit(1))

    def abort(self) -> None:
        now = scheduler()
        if self._process.ended is None and not self._process.life.dead:  # the dead unwind, and reach nobody
            now.call_at(now.now + 0.01, lambda: self._end("aborted", EndingKind.KILLED_BY_ABORT, -9))

    def wait(self, timeout: float | None) -> Ending | None:
        return self._ending if self._event.wait(timeout) else None

    def _exit(self, code: int | None) -> None:
        kind = EndingKind.STOPPED_ITSELF if self._process.stop_at is not None and code == 0 else EndingKind.EXITED
        self._end("exit", kind, code)

    def _end(self, how: str, kind: EndingKind, code: int | None) -> None:
        if self._process.ended is not None or self._ending is not None:
            return
        if self._process.life.dead:  # its robot is dead: nobody hears of it
            self._process.end(how, code)
            return
        self._finish(how, kind, code)
        thread = threading.Thread(target=self._close, name="supervisor")
        start_in(self._process.life, thread)

    def _close(self) -> None:
        self._channel.close()
        self._event.set()

    def _finish(self, how: str, kind: EndingKind, code: int | None) -> None:
        self._process.end(how, code)
        self._ending = Ending(kind, code, "The script has ended.", "")


@dataclass(frozen=True)
class _Identity:
    pid: int
    created_at: float
    mark: str


class Session:
    """The Windows session, as the robot sees it."""

    def __init__(self, machine: Machine, controls: Any = None) -> None:
        self._machine = machine
        self.controls = controls

    def log_off(self) -> bool:
        now, machine = scheduler(), self._machine
        life = now.current.life
        assert life is not None
        begun = now.now
        for _ in range(3):  # as `app.system.session` does
            if now.now >= machine.refuses_until:
                machine.log_offs.append((now.now, life))
                machine.asked[life] = begun
                return True
            now.sleep(10.0)
        machine.refusals.append((begun, now.now, life))
        return False

    @contextlib.contextmanager
    def keep_awake(self) -> Iterator[None]:
        yield
