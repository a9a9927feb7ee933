"""What happens in a night, step by step: jobs, weather, crashes, people; and the robot's lives."""

from __future__ import annotations

import sqlite3
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import app.program.service as program
from app.base.errors import RobotError
from app.orchestrator.origin import origin_of
from app.robot.state import StateBoard
from app.settings.loading import LoadedSettings
from app.settings.model import Settings
from tests.simulation import network as wire
from tests.simulation.clock import VirtualClock
from tests.simulation.edges import Places, SimWatch, Unmasked
from tests.simulation.machine import Session
from tests.simulation.network import Interval
from tests.simulation.orchestrator import Job, Orchestrator
from tests.simulation.primitives import SimThread, start_in
from tests.simulation.scheduler import Life, scheduler

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.simulation.plan import Step
    from tests.simulation.world import World

HOSTS = ("http://first:4500", "http://second:4500", "http://first:4500")  # at the last one it is another robot
_MORNING = 20.0  # seconds
QUIET_SECONDS = 3600.0  # of good weather, after which everything must have come to its end

_UNDONE = (
    "SELECT 1 FROM jobs JOIN origins ON origins.id = origin LEFT JOIN outbox ON job_guid = guid"
    " WHERE host = ? AND fingerprint = ? AND (jobs.status IS NULL OR outbox.id IS NOT NULL AND NOT dead"
    " OR EXISTS(SELECT 1 FROM script_changes s WHERE s.job_guid = guid AND NOT s.dead))"
)


class Story:
    """What happens, step by step."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world = world
        self._rng = rng
        self._who = 0  # which of the servers the settings name, and with whose GUID
        self._changes = 0
        self._unseen = False  # a change of the settings' file
        self._watching: SimThread | None = None
        self._guids = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(8)]
        self._service: program.Service | None = None
        self._gone_at = 0.0
        self._over: threading.Event | None = None

    def tell(self) -> None:
        """The whole night."""
        now, world = scheduler(), self._world
        Places.holder = None
        for step in world.plan.steps:
            if step.at > now.now:
                self._pass_time(step.at)
            if self._service is None and step.kind in ("job", "crash", "power cut", "person", "settings"):
                self._start()
            if step.on:
                world.traps.lay(step)
            else:
                self._take(step)
        if self._service is None:
            self._start()
        # Everything bad comes to its end, and then all must be well soon.
        while (until := self._bad_until()) > now.now:
            self._pass_time(until)
        world.traps.close()
        self._person("resume")
        world.calm_from = now.now
        self._wait_for_the_best()
        now_named = self._who
        for who, server in enumerate(world.servers):  # what waits for others is delivered once the settings name them
            if self._changes and who != now_named and (who < 2 or server.jobs):
                self._who = who
                self._settings_change()
                self._wait_for_the_best()
        self._pass_time(now.now + 80.0)  # what is confirmed late
        self._wait_for_the_best()  # a job that was offered once more meanwhile
        world.over = now.now
        self._end_all()

    def _bad_until(self) -> float:
        troubles = (end for _start, end, _code, _readable in self._world.machine.disk.trouble)
        return max(
            [self._world.machine.refuses_until, *(interval.end for interval in wire.network().intervals), *troubles]
        )

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
            only = self._guids[details["only"]] if "only" in details else ""
            wire.network().intervals.append(
                Interval(
                    now.now, end, details["weather"], details["call"], details["share"], only, details.get("times")
                )
            )
        elif step.kind in ("crash", "power cut"):
            self._crash(step)
        elif step.kind == "journal":
            code = sqlite3.SQLITE_FULL if details["full"] else sqlite3.SQLITE_BUSY
            end = now.now + details["seconds"]
            world.machine.disk.trouble.append((now.now, end, code, details["readable"]))
            world.disturbed.append((now.now, now.now + details["seconds"]))
        else:
            self._somebody(step)

    def _somebody(self, step: Step) -> None:
        """What people do to robot and machine."""
        now, details = scheduler(), step.details
        if step.kind == "person":
            self._person(details["does"])
        elif step.kind == "clock":
            now.wall_offset += details["jumps"]
        elif step.kind == "unsaved document":
            self._world.machine.refuses_until = now.now + details["seconds"]
        else:
            if details["host"]:
                self._who = details.get("who", 1)
            self._changes += 1
            self._settings_change()

    def _server(self) -> Orchestrator:
        return self._world.servers[self._who]

    def _crash(self, step: Step) -> None:
        now, world = scheduler(), self._world
        if self._service is None:
            return
        # In the midst of something: what follows may be cut off at any place where a thread could go on.
        life = world.lives[-1]
        world.crashes.append(now.now)
        self._service = None
        now.kill(life)
        for process in world.machine.running():
            process.hang_up()
        world.ends.append((now.now, life, "crash"))
        self._wait_until_gone(life)
        if step.kind == "power cut":
            world.machine.power_cut()
        self._pass_time(now.now + step.details["again after"])
        if self._service is None:
            if busy := step.details.get("scanned for"):
                world.machine.disk.trouble.append((now.now, now.now + busy, sqlite3.SQLITE_BUSY, False))
                world.disturbed.append((now.now, now.now + busy))
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
        self._world.changes.append(scheduler().now)
        self._unseen = True
        if self._watching is not None and self._watching.is_alive() and not self._world.lives[-1].dead:
            return  # there is one watch: it looks once more when it has done what it does
        if self._service is not None and SimWatch.newest is not None:
            self._watching = self._in_the_robot("settings", lambda: self._look(SimWatch.newest))

    def _look(self, watch: SimWatch | None) -> None:
        while watch is not None and self._unseen:
            self._unseen = False
            watch.on_change()

    def _in_the_robot(self, name: str, action: Callable[[], object]) -> SimThread | None:
        """On a thread of the robot's process, as the tray's or the watch's."""
        life = self._world.lives[-1]
        if life.dead or self._service is None:
            return None
        thread = SimThread(target=action, name=name)
        if name == "settings":  # on a machine that is busy just then
            thread.pauses = self._rng.choice((thread.pauses, 0.1))
        start_in(life, thread)
        return thread

    # ------------------------------------------------------------------ the robot's lives

    def _start(self) -> None:
        world = self._world
        life = Life(f"robot {len(world.lives) + 1}", scheduler().now)
        world.lives.append(life)
        board = StateBoard()
        session = Session(world.machine)
        service = program.Service(self._load, None, board, session, Unmasked(), VirtualClock(), persistent=True)
        self._service, self._over = service, threading.Event()
        over = self._over
        start_in(life, SimThread(target=lambda: self._live(service, life, over), name="robot"))

    def _load(self) -> LoadedSettings:
        here = self._server()
        values = {"host": here.host, "robot_guid": here.guid, "scripts": Path("/scripts"), "data_dir": Path("/data")}
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
        while now.now < until or self._world.traps.sprung:
            if self._world.traps.sprung:
                self._take(self._world.traps.sprung.pop(0))
                continue
            if self._over is not None and self._service is not None and self._over.is_set():
                self._service, self._gone_at = None, now.now
            if self._service is None and self._world.lives:
                # The coordinator, or somebody in the morning.
                needed = self._server().next is not None or (now.now - self._gone_at > _MORNING and self._unreported())
                if needed:
                    now.sleep(0.5)
                    self._start()
                    continue
            self._world.traps.sleep(min(until - now.now, 1.0 if self._service is None else 5.0))

    def _unreported(self) -> bool:
        """Reports for the present Orchestrator wait on the disk: somebody logs on in the morning."""
        origin = origin_of(self._server().host, self._server().guid)
        return bool(self._world.machine.disk.db.execute(_UNDONE, (origin.host, origin.fingerprint)).fetchone())

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
        for life in [*self._world.lives, *(process.own for process in self._world.machine.processes)]:
            if not life.dead:
                scheduler().kill(life)
            self._wait_until_gone(life)
