"""The robot's processes of a night: each is a real Service, from its start to its end or its death."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import app.program.service as program
from app.base.errors import RobotError
from app.robot.state import StateBoard
from tests.simulation.clock import VirtualClock
from tests.simulation.edges import SimWatch, Unmasked
from tests.simulation.machine import Session
from tests.simulation.primitives import SimThread, start_in
from tests.simulation.scheduler import Life, scheduler

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from app.settings.loading import LoadedSettings
    from tests.simulation.world import World


class Program:
    """One of them."""

    def __init__(self, world: World, load: Callable[[], LoadedSettings]) -> None:
        self._world = world
        self.life = Life(f"robot {len(world.lives) + 1}", scheduler().now)
        self.over = threading.Event()
        self._unseen = False  # a change of the settings' file
        self._watching: SimThread | None = None
        world.lives.append(self.life)
        session, board = Session(world.machine), StateBoard()
        self._service = program.Service(load, None, board, session, Unmasked(), VirtualClock(), persistent=True)
        start_in(self.life, SimThread(target=self._live, name="robot"))

    def _live(self) -> None:
        how = "died"
        try:
            how = f"ended with {self._service.run().name}"
        except RobotError as error:
            how = f"ended with {type(error).__name__}: {error}"
        finally:
            if not self.life.dead:
                self._world.ends.append((scheduler().now, self.life, how))
                self._world.machine.ended(self.life)
                self.over.set()
                self._world.traps.rouse()

    def person(self, does: str) -> None:
        """Somebody asks something of it."""
        controls = self._service.controls
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
        self._does(does, actions[does])
        if does == "pause":
            scheduler().call_at(scheduler().now + 60, lambda: self._does("resume", controls.resume))

    def settings_changed(self, rng: random.Random) -> None:
        """There is one watch of the file: it looks once more when it has done what it does."""
        self._unseen = True
        watch = SimWatch.of.get(self.life)
        if watch is not None and (self._watching is None or not self._watching.is_alive()):
            thread = SimThread(target=lambda: self._look(watch), name="settings")
            thread.pauses = rng.choice((thread.pauses, 0.1))  # on a machine that is busy just then
            self._watching = self._begin(thread)

    def _look(self, watch: SimWatch) -> None:
        while self._unseen:
            self._unseen = False
            watch.on_change()

    def _does(self, name: str, action: Callable[[], object]) -> None:
        """On a thread of the robot's process, as the tray's."""
        self._begin(SimThread(target=action, name=name))

    def _begin(self, thread: SimThread) -> SimThread | None:
        if self.life.dead or self.over.is_set():
            return None
        start_in(self.life, thread)
        return thread

    def kill(self) -> None:
        """In the midst of something: what follows may be cut off at any place where a thread could go on."""
        now, world = scheduler(), self._world
        world.crashes.append(now.now)
        now.kill(self.life)
        for process in world.machine.running():
            process.hang_up()
        world.ends.append((now.now, self.life, "crash"))
        wait_until_gone(self.life)


def wait_until_gone(life: Life) -> None:
    """Nothing of this process goes on.

    Raises:
        AssertionError: something does.
    """
    for _ in range(1000):
        if not life.threads:
            return
        scheduler().sleep(0.0)
    raise AssertionError(f"threads of a dead process go on: {[thread.name for thread in life.threads]}")
