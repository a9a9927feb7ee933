"""One night: the real Service with its robots, in a simulated world, from its plan to the verdict."""

from __future__ import annotations

import logging
import random
import sqlite3
import threading
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import app.jobs.runner
import app.orchestrator.client
import app.program.service as program
import app.robot.loop
import app.robot.taking
from app.base.errors import AlreadyRunningError, RobotError
from app.base.redaction import Redactor
from app.robot.state import StateBoard
from app.settings.loading import LoadedSettings
from app.settings.model import Settings

from tests.simulation import network as wire
from tests.simulation import scheduler as time
from tests.simulation.clock import VirtualClock
from tests.simulation.machine import Machine, Session
from tests.simulation.network import Interval, SimTransport
from tests.simulation.orchestrator import Job, Orchestrator
from tests.simulation.scheduler import Killed, Life, SimThread, scheduler

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulation.plan import Plan, Step

HOSTS = ("http://first:4500", "http://second:4500")
QUIET_SECONDS = 3600.0  # of good weather, after which everything must have come to its end


@dataclass
class World:
    """What the judge looks at."""

    plan: Plan
    machine: Machine
    servers: list[Orchestrator]
    lives: list[Life] = field(default_factory=list)
    crashes: list[float] = field(default_factory=list)
    persons: list[tuple[float, str]] = field(default_factory=list)
    ends: list[tuple[float, Life, str]] = field(default_factory=list)  # how each life ended
    disturbed: list[tuple[float, float]] = field(default_factory=list)  # the journal's trouble
    unforeseen: list[str] = field(default_factory=list)  # tracebacks in the log
    calm_from: float = 0.0
    over: float = 0.0
    trace: list[str] = field(default_factory=list)


class _Watch:
    """What stands in the place of the watch of the settings file."""

    def __init__(self, _files: object, on_change: Callable[[], None], _seconds: float = 2.0) -> None:
        self.on_change = on_change

    def __enter__(self) -> _Watch:
        _Watch.newest = self
        return self

    def __exit__(self, *_: object) -> None:
        pass

    newest: _Watch


class _Exclusive:
    """What stands in the place of the locks of GUID and data folder: one life at a time."""

    holder: Life | None = None

    def __init__(self, _what: object) -> None:
        pass

    def __enter__(self) -> None:
        life = scheduler().current.life
        if _Exclusive.holder not in (None, life) and not _Exclusive.holder.dead:
            raise AlreadyRunningError("it runs already", "")
        _Exclusive.holder = life

    def __exit__(self, *_: object) -> None:
        _Exclusive.holder = None


class _Log(logging.Handler):
    """Keeps what the robot says, for whoever reads about a failed night; tracebacks are failures themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None
        self.keeps = False

    def createLock(self) -> None:
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        if self.world is None:
            return
        if record.exc_info and record.exc_info[0] is not Killed:
            text = logging.Formatter().format(record)
            self.world.unforeseen.append(text)
            self.world.trace.append(text)
        elif self.keeps:
            self.world.trace.append(f"{scheduler().now:9.3f}   {record.levelname} {record.getMessage()}")


LOG = _Log()


def put_in_place() -> None:
    """Let the robot meet the simulated edges instead of the real ones; once a process."""

    class _Nothing:
        def __init__(self, *_: object, **_more: object) -> None:
            pass

        def __enter__(self) -> None:
            pass

        def __exit__(self, *_: object) -> None:
            pass

    class _Logs:
        robot_log = _Nothing

        @staticmethod
        def remove_old_job_logs(*_: object) -> None:
            pass

    put: list[tuple[Any, dict[str, Any]]] = [
        (app.orchestrator.client, {"Transport": SimTransport}),
        (program, {
            "SettingsWatch": _Watch, "SingleInstance": _Exclusive, "DataLock": _Nothing, "logs": _Logs,
            "left_behind": lambda *_: {}, "remember": lambda *_: None, "reports_in": lambda _folder: 0,
            "session_facts": lambda: _Facts(), "candidate_files": lambda _config: (), "set_language": lambda _name: None,
        }),
        (app.robot.loop, {"kill_leftovers": lambda *about: _world().machine.kill_leftovers(*about)}),
        (app.robot.taking.secrets, {"token_hex": lambda _count: f"{time.SeededRandom.seeds.getrandbits(64):x}"}),
        (app.jobs.runner, {"JobRunner": lambda _settings, _folder: _world().machine}),
        (program.Journal, {"open": lambda *about: _world().machine.disk.open(*about)}),
    ]  # fmt: skip
    for module, names in put:
        for name, value in names.items():
            setattr(module, name, value)
    root = logging.getLogger()
    root.handlers[:] = [LOG]
    root.setLevel(logging.INFO)


class _Facts:
    def problems(self) -> tuple[str, ...]:
        return ()

    def __str__(self) -> str:
        return "simulated"


_worlds: list[World] = []


def _world() -> World:
    return _worlds[0]


def spend(plan: Plan, *, keep_trace: bool = False) -> World:
    """Let the night of `plan` happen.

    Raises:
        StuckError: nobody could go on; this process can spend no other night.
    """
    now = time.begin(plan.seed)
    net = wire.begin()
    rng = random.Random(f"world {plan.seed}")
    guid = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    servers = [Orchestrator(host, guid, rng, offers_again=plan.offers_again) for host in HOSTS]
    net.hosts = {server.host: server for server in servers}
    world = World(plan, Machine(), servers)
    _worlds[:] = [world]
    LOG.world, LOG.keeps = world, keep_trace
    if keep_trace:
        net.trace = world.trace.append
    try:
        now.run(_Story(world, guid, rng).tell)
    finally:
        LOG.world = None
        world.machine.disk.db.close()
    world.unforeseen += [f"the thread {name} died of {error!r}" for name, error in now.died]
    return world


class _Story:
    """What happens, step by step."""

    def __init__(self, world: World, guid: str, rng: random.Random) -> None:
        self._world = world
        self._guid = guid
        self._rng = rng
        self._host = HOSTS[0]
        self._changes = 0
        self._guids = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(8)]
        self._service: program.Service | None = None
        self._over: threading.Event | None = None

    def tell(self) -> None:
        """The whole night."""
        now, world = scheduler(), self._world
        _Exclusive.holder = None
        for step in world.plan.steps:
            if step.at > now.now:
                self._pass_time(step.at)
            if self._service is None and step.kind in ("job", "crash", "person", "settings"):
                self._start()
            self._take(step)
        if self._service is None:
            self._start()
        # Everything bad comes to its end, and then all must be well soon.
        bad = [interval.end for interval in wire.network().intervals] + [end for _start, end, _code in world.machine.disk.trouble]
        self._pass_time(max([now.now, *bad]))
        self._person("resume")
        world.calm_from = now.now
        world.machine.refuses_log_off = False
        self._wait_for_the_best()
        if self._changes:  # what waits for another Orchestrator is delivered once the settings name that one again
            self._host = HOSTS[0] if self._host == HOSTS[1] else HOSTS[1]
            self._settings_change()
            self._wait_for_the_best()
        self._pass_time(now.now + 80.0)  # what is confirmed late
        world.over = now.now
        self._end_all()

    def _wait_for_the_best(self) -> None:
        now = scheduler()
        until = now.now + QUIET_SECONDS
        while now.now < until and not self._all_is_told():
            self._pass_time(now.now + 5.0)

    # ------------------------------------------------------------------ steps

    def _take(self, step: Step) -> None:
        now, world, details = scheduler(), self._world, step.details
        if step.kind == "job":
            name = f"script{details['number']}"
            world.machine.scripts[name] = details["script"]
            self._server().add(Job(self._guids[details["number"]], name, self._rng.choice((1, 2, 3))))
        elif step.kind == "ask":
            for server in world.servers:
                if job := server.jobs.get(self._guids[details["number"]]):
                    job.asks = details["code"]
        elif step.kind == "weather":
            end = now.now + details["seconds"]
            wire.network().intervals.append(Interval(now.now, end, details["weather"], details["call"], details["share"]))
        elif step.kind == "crash":
            self._crash(details["again after"])
        elif step.kind == "journal":
            code = sqlite3.SQLITE_FULL if details["full"] else sqlite3.SQLITE_BUSY
            world.machine.disk.trouble.append((now.now, now.now + details["seconds"], code))
            world.disturbed.append((now.now, now.now + details["seconds"]))
        elif step.kind == "person":
            self._person(details["does"])
        elif step.kind == "clock":
            now.wall_offset += details["jumps"]
        else:
            self._host = HOSTS[1] if details["host"] else self._host
            self._changes += 1
            self._settings_change()

    def _server(self) -> Orchestrator:
        return next(server for server in self._world.servers if server.host == self._host)

    def _crash(self, again_after: float) -> None:
        now, world = scheduler(), self._world
        if self._service is None:
            return
        # In the midst of something: what follows may be cut off at any place where a thread could go on.
        life = world.lives[-1]
        world.crashes.append(now.now)
        self._service = None
        now.kill(life)
        world.ends.append((now.now, life, "crash"))
        self._wait_until_gone(life)
        self._pass_time(now.now + again_after)
        if self._service is None:
            self._start()

    def _person(self, does: str) -> None:
        service, world = self._service, self._world
        if service is None:
            return
        world.persons.append((scheduler().now, does))
        controls = service.controls
        actions: dict[str, Callable[[], object]] = {
            "pause": controls.pause,
            "resume": controls.resume,
            "stop": controls.stop_job,
            "abort": controls.abort_job,
            "cancel log-off": controls.cancel_leaving,
            "quit": controls.quit,
            "finish": controls.finish,
            "end of session": controls.end_of_session,
        }
        self._in_the_robot(does, actions[does])
        if does == "pause":
            scheduler().call_at(scheduler().now + 60, lambda: self._in_the_robot("resume", controls.resume))

    def _settings_change(self) -> None:
        if self._service is not None:
            self._in_the_robot("settings", _Watch.newest.on_change)

    def _in_the_robot(self, name: str, action: Callable[[], object]) -> None:
        """On a thread of the robot's process, as the tray's or the watch's."""
        life = self._world.lives[-1]
        if life.dead or self._service is None:
            return
        thread = SimThread(target=action, name=name)
        thread.life = life
        thread.ident = thread.number
        life.threads.add(thread)
        scheduler().started(thread)

    # ------------------------------------------------------------------ the robot's lives

    def _start(self) -> None:
        world = self._world
        life = Life(f"robot {len(world.lives) + 1}")
        world.lives.append(life)
        board = StateBoard()
        session = Session(world.machine)
        service = program.Service(
            self._load, None, board, session, Redactor(self._guid), VirtualClock(), persistent=True
        )
        self._service, self._over = service, threading.Event()
        over = self._over
        thread = SimThread(target=lambda: self._live(service, life, over), name="robot")
        thread.life, thread.ident = life, thread.number
        life.threads.add(thread)
        scheduler().started(thread)

    def _load(self) -> LoadedSettings:
        values = {"host": self._host, "robot_guid": self._guid, "scripts": Path("/scripts"), "data_dir": Path("/data")}
        values |= self._world.plan.settings
        if self._changes % 2:
            values["heartbeat_seconds"] = 7
        return LoadedSettings(Settings.from_values(values), ())

    def _live(self, service: program.Service, life: Life, over: threading.Event) -> None:
        how = "died"
        try:
            how = f"ended with {service.run().name}"
        except RobotError as error:
            how = f"ended with {type(error).__name__}: {error}"
        finally:
            if not life.dead:
                self._world.ends.append((scheduler().now, life, how))
                over.set()

    def _pass_time(self, until: float) -> None:
        """Let it happen; the coordinator starts a robot that has left, if there is work for it."""
        now = scheduler()
        while now.now < until:
            if self._over is not None and self._service is not None and self._over.is_set():
                self._service = None
            if self._service is None and (self._server().next is not None or self._unreported()) and self._world.lives:
                now.sleep(0.5)
                self._start()
                continue
            now.sleep(min(until - now.now, 1.0 if self._service is None else 5.0))

    def _unreported(self) -> bool:
        """Reports for the present Orchestrator wait on the disk: somebody logs on in the morning."""
        undone = (
            "SELECT 1 FROM jobs JOIN origins ON origins.id = origin LEFT JOIN outbox ON job_guid = guid"
            " WHERE host = ? AND (jobs.status IS NULL OR outbox.id IS NOT NULL AND NOT dead)"
        )
        return bool(self._world.machine.disk.db.execute(undone, (self._host,)).fetchone())

    def _all_is_told(self) -> bool:
        if self._world.machine.running() or self._unreported():
            return False
        jobs = [job for server in self._world.servers for job in server.jobs.values()]
        here = self._server()
        return all(job.final is not None or not job.carried for job in jobs) and here.next is None

    def _wait_until_gone(self, life: Life) -> None:
        now = scheduler()
        for _ in range(1000):
            if not life.threads:
                return
            now.sleep(0.0)
        raise AssertionError(f"threads of a dead process go on: {[thread.name for thread in life.threads]}")

    def _end_all(self) -> None:
        for life in self._world.lives:
            if not life.dead:
                scheduler().kill(life)
            self._wait_until_gone(life)
