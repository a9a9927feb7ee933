"""What happens in a night, step by step: jobs, weather, crashes, people; and the robot's lives."""

from __future__ import annotations

import sqlite3
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from app.settings.loading import LoadedSettings
from app.settings.model import Settings
from tests.simulation import network as wire
from tests.simulation.lives import Program, wait_until_gone
from tests.simulation.network import Interval
from tests.simulation.orchestrator import Job, Orchestrator
from tests.simulation.scheduler import scheduler

if TYPE_CHECKING:
    import random

    from tests.simulation.plan import Step
    from tests.simulation.world import World

HOSTS = ("http://first:4500", "http://second:4500", "http://first:4500")  # at the last one it is another robot
_MORNING = 20.0  # seconds
_NEEDS_A_ROBOT = ("job", "crash", "power cut", "person", "settings", "second start")
QUIET_SECONDS = 7200.0  # of good weather, after which everything must have come to its end; a script may take an hour

_UNDONE = (
    "SELECT guid, changes FROM (SELECT guid, jobs.status IS NULL AS runs,"
    " outbox.id IS NOT NULL AND NOT dead AS reports, EXISTS("
    "SELECT 1 FROM script_changes s WHERE s.job_guid = guid AND NOT s.dead) AS changes"
    " FROM jobs JOIN origins ON origins.id = origin LEFT JOIN outbox ON job_guid = guid"
    " WHERE host = ? AND fingerprint = ?) WHERE runs OR reports OR changes"
)


class Story:
    """What happens, step by step."""

    def __init__(self, world: World, rng: random.Random) -> None:
        self._world = world
        self._rng = rng
        self._who = 0  # which of the servers the settings name, and with whose GUID
        self._changes = 0
        self._guids = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(8)]
        self._robot: Program | None = None
        self._others: list[Program] = []  # started while it was there
        self._gone_at = 0.0

    def tell(self) -> None:
        """The whole night."""
        now, world = scheduler(), self._world
        for step in world.plan.steps:
            if step.at > now.now:
                self._pass_time(step.at)
            if self._robot is None and step.kind in _NEEDS_A_ROBOT:
                self._start()
            if step.on:
                world.traps.lay(step)
            else:
                self._take(step)
        if self._robot is None:
            self._start()
        # Everything bad comes to its end, and then all must be well soon.
        while (until := self._bad_until()) > now.now:
            self._pass_time(until)
        world.traps.close()
        self._person("resume")
        world.calm_from = now.now
        self._wait_for_the_best()
        self._go_round()
        world.over = now.now
        self._end_all()

    def _go_round(self) -> None:
        """What waits for others is delivered once the settings name them."""
        now_named = self._who
        for who, server in enumerate(self._world.servers):
            if self._changes and who != now_named and (who < 2 or server.jobs):
                self._name(who)
        self._pass_time(scheduler().now + 80.0)  # what is confirmed late
        self._wait_for_the_best()  # a job that was offered once more meanwhile
        for who in range(len(self._world.servers)):
            if who != self._who and self._unreported(who):  # written down only now, when the disk had room
                self._name(who)

    def _name(self, who: int) -> None:
        self._who = who
        self._settings_change()
        self._wait_for_the_best()

    def _bad_until(self) -> float:
        troubles = (end for _start, end, _code, _readable in self._world.machine.disk.trouble)
        return max(
            [self._world.machine.refuses_until, *(interval.end for interval in wire.network().intervals), *troubles]
        )

    def _wait_for_the_best(self) -> None:
        now = scheduler()
        until = now.now + QUIET_SECONDS + sum(script.seconds for script in self._world.machine.scripts.values())
        while now.now < until and not self._all_is_told():
            self._pass_time(now.now + 5.0)
        if now.now >= until and self._unreported():
            self._world.overdue.append((now.now, self._server().host))

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
        elif step.kind == "second start":
            self._others += [Program(world, self._load) for _ in range(details["times"])]
        elif step.kind == "journal":
            code = sqlite3.SQLITE_FULL if details["full"] else sqlite3.SQLITE_BUSY
            start = now.now
            for _ in range(details.get("times", 1)):
                end = start + details["seconds"]
                world.machine.disk.trouble.append((start, end, code, details["readable"]))
                world.disturbed.append((start, end))
                start = end + details.get("gap", 0.0)
        else:
            self._somebody(step)

    def _somebody(self, step: Step) -> None:
        """What people do to robot and machine."""
        now, details = scheduler(), step.details
        if step.kind == "person":
            self._person(details["does"])
        elif step.kind == "clock":
            now.wall_offset += details["jumps"]
            self._world.jumps.append((now.now, details["jumps"]))
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
        if self._robot is None:
            return
        self._kill(self._robot)
        if step.kind == "power cut":
            self._kill_others()
            world.machine.power_cut()
        if step.details.get("off"):
            now.sleep(step.details["again after"])
        else:
            self._pass_time(now.now + step.details["again after"])
        if self._robot is None:
            if busy := step.details.get("scanned for"):
                world.machine.disk.trouble.append((now.now, now.now + busy, sqlite3.SQLITE_BUSY, False))
                world.disturbed.append((now.now, now.now + busy))
            self._start()

    def _kill(self, robot: Program) -> None:
        self._robot = None
        robot.kill()

    def _kill_others(self) -> None:
        for other in self._others:
            if not other.over.is_set():
                other.kill()
        self._others.clear()

    def _coordinate(self) -> None:
        """The coordinator ends a session in which nobody was heard for too long, if a job waits for it."""
        now, rules, server = scheduler(), self._world.plan.rules, self._server()
        if not rules.hung or self._changes or server.next is None or self._robot is None:
            return
        heard = max(self._robot.life.born, server.heard[-1][0] if server.heard else 0.0)
        if now.now - heard <= rules.hung:
            return
        self._world.resets += 1
        if rules.tells:
            self._person("end of session")
            now.sleep(5.0)  # what Windows gives its programs
        if not self._robot.over.is_set():
            self._kill(self._robot)
        self._kill_others()
        for process in self._world.machine.running():
            process.end("session reset")
        self._gone_at = now.now

    def _person(self, does: str) -> None:
        if self._robot is not None:
            self._world.persons.append((scheduler().now, does))
            self._robot.person(does)

    def _settings_change(self) -> None:
        self._world.changes.append(scheduler().now)
        if self._robot is not None:
            for robot in (self._robot, *self._others):
                robot.settings_changed(self._rng)

    # ------------------------------------------------------------------ the robot's lives

    def _start(self) -> None:
        self._robot = Program(self._world, self._load)

    def _load(self) -> LoadedSettings:
        here = self._server()
        values = {"host": here.host, "robot_guid": here.guid, "scripts": Path("/scripts"), "data_dir": Path("/data")}
        values |= self._world.plan.settings
        if self._changes % 2:
            values["heartbeat_seconds"] = 7
        return LoadedSettings(Settings.from_values(values), ())

    def _pass_time(self, until: float) -> None:
        """Let it happen; the coordinator starts a robot that has left, if there is work for it."""
        now = scheduler()
        while now.now < until or self._world.traps.sprung:
            if self._world.traps.sprung:
                self._take(self._world.traps.sprung.pop(0))
                continue
            if self._robot is not None and self._robot.over.is_set():
                self._robot, self._gone_at = None, now.now
            self._others = [other for other in self._others if not other.over.is_set()]
            if self._robot is None and self._others:
                self._robot = self._others.pop(0)
            self._coordinate()
            if self._robot is None and self._world.lives:
                # The coordinator, or somebody in the morning.
                needed = self._server().next is not None or (now.now - self._gone_at > _MORNING and self._unreported())
                if needed:
                    now.sleep(0.5)
                    self._start()
                    continue
            look = until  # sooner if a robot ends
            if self._robot is None or self._world.plan.rules.hung:
                morning = self._gone_at + _MORNING + 0.01
                look = min(until, now.now + 5.0, morning if morning > now.now else until)
            self._world.traps.sleep(look - now.now)

    def _unreported(self, who: int | None = None) -> bool:
        """Reports for the present Orchestrator, or this one, wait on the disk: somebody logs on in the morning."""
        server = self._server() if who is None else self._world.servers[who]
        origin = server.origin
        undone = self._world.machine.disk.db.execute(_UNDONE, (origin.host, origin.fingerprint)).fetchall()
        jobs = server.jobs
        # What a server won't hear of a job that it has ended, it need not hear again; the rest it must.
        return any(
            changes_wait or guid not in jobs or jobs[guid].outcome is None or not jobs[guid].refused
            for guid, changes_wait in undone
        )

    def _all_is_told(self) -> bool:
        jobs = [job for server in self._world.servers for job in server.jobs.values()]
        if self._world.machine.running() or not all(job.outcome is not None or not job.carried for job in jobs):
            return False
        return self._server().next is None and not self._unreported()

    def _end_all(self) -> None:
        for life in [*self._world.lives, *(process.own for process in self._world.machine.processes)]:
            if not life.dead:
                scheduler().kill(life)
            wait_until_gone(life)
