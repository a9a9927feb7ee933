"""One script, run exactly as a job runs it, for a person who watches: output as it comes, Ctrl-C is Stop.

The host, the interpreter, the environment, the channel to the robot and the rules of what becomes of the job are those
of every job; what isn't there is the loop: nothing is journaled, and nothing waits for a network.
"""

from __future__ import annotations

import json
import secrets
import signal
import sys
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from app.base.i18n import _
from app.base.redaction import Mask
from app.gateway.gateway import Gateway
from app.gateway.records import GatewayParts
from app.jobs.child.host import DESK_VARIABLE
from app.jobs.console_output import ConsoleOutput
from app.jobs.outcome import Asked as Wish
from app.jobs.outcome import final_status
from app.jobs.runner import JobRunner
from app.orchestrator.client import client_factory
from app.program.trying.asked import Asked, AtOnce, Told, watched
from app.program.trying.breakpoints import Breakpoints
from app.program.trying.places import find_place
from app.program.trying.scratch import EVIDENCE, scratch_folder
from app.program.trying.worlds import real_world, sandbox_world
from app.sandbox import status_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from app.jobs.output import OutputLog
    from app.jobs.run_folder import RunFolder
    from app.jobs.starting import StartedJob
    from app.orchestrator.vocabulary import JobOrder, JobStatus
    from app.program.trying.worlds import World
    from app.settings.model import Settings

DEBUG_PORT: Final = 5678  # debugpy's own
_LOOK_SECONDS: Final = 0.2  # between looks whether it has ended; Ctrl-C interrupts no endless wait on Windows


@dataclass(frozen=True)
class Wanted:
    """What is tried.

    Attributes:
        name: of the script, or its path.
        task: the job's Task; None for a job without one.
        load: a state for the sandbox.
        real: ask the Orchestrator of the settings instead.
        debug: wait for a debugger.
    """

    name: str
    task: dict[str, Any] | None = None
    load: Path | None = None
    real: bool = False
    debug: bool = False


class Trial:
    """One run; `run` once, on the main thread.

    Args:
        settings: of the robot that the script is for.
    """

    def __init__(self, settings: Settings, wanted: Wanted) -> None:
        root, self._name = find_place(settings.scripts, wanted.name)
        self._settings = replace(settings, scripts=root)
        self._wanted = wanted
        self._asked = Asked()
        self._wish = Wish.NOTHING
        self._lock = threading.RLock()
        self._running: StartedJob | None = None

    def run(self) -> JobStatus:
        """Run it; what a job would be reported as.

        Raises:
            RobotError: the sandbox can't be had, or its state can't be loaded.
        """
        with scratch_folder() as scratch, ExitStack() as stack:
            return self._run(stack, scratch)

    def _run(self, stack: ExitStack, scratch: Path) -> JobStatus:
        world = self._world(stack)
        settings = world.settings
        output = ConsoleOutput(Mask(settings.guid))
        if world.page:
            _say(output, _("A sandbox is its Orchestrator: {url}").format(url=world.page))
        new_client = watched(client_factory(settings), self._asked)
        changes = AtOnce(new_client, settings.guid, world.order, known=world.known)
        stack.callback(changes.close)
        gateway = Gateway(
            GatewayParts(
                new_client=new_client,
                changes=changes,
                notes=Told(self._asked, scratch / EVIDENCE),
                evidence=scratch / EVIDENCE,
                robot_guid=settings.guid,
                share_credentials=settings.share_credentials,
            )
        )
        channels = _DeskChannels(stack.enter_context(gateway), self._desk(stack))
        runner = _DeskRunner(settings, scratch / "runs", channels, output)
        with _heard_signals() as heard:
            with self._lock:
                self._running = runner.start(world.order, scratch / "log", secrets.token_hex(16))
                self._pass_on()
            self._wait(output, heard)
        ending = self._running.wait(None)
        assert ending  # noqa: S101 - it has ended
        status = final_status(self._wish, ending)
        world.over(status)
        for line in self._summary(status):
            _say(output, line)
        return status

    def _world(self, stack: ExitStack) -> World:
        wanted = self._wanted
        if wanted.real:
            return real_world(self._settings, self._name, wanted.task)
        return stack.enter_context(
            sandbox_world(
                self._settings,
                self._name,
                wanted.task,
                wanted.load,
                stop=lambda: self._ask(Wish.STOP),
                abort=lambda: self._ask(Wish.ABORT),
            )
        )

    def _desk(self, stack: ExitStack) -> dict[str, Any]:
        """What the script's process is asked to do before the script, see `app.jobs.child.desk`."""
        debug = None
        if self._wanted.debug:
            debug = {
                "port": DEBUG_PORT,
                "missing": _(
                    "The script's interpreter has no debugpy: install it there, or name it in a requirements.txt."
                ),
                "waiting": _("Waiting for a debugger on port {port} (127.0.0.1).").format(port=DEBUG_PORT),
            }
        points = stack.enter_context(Breakpoints())
        return {"breakpoints": points.address, "debug": debug}

    def _wait(self, output: ConsoleOutput, heard: list[int]) -> None:
        assert self._running  # noqa: S101 - it was started
        while not self._running.ended.wait(_LOOK_SECONDS):
            while heard:
                if heard.pop(0) == signal.SIGINT:
                    self._interrupted(output)
                else:
                    self._ask(Wish.ABORT)  # first: of a terminal that was closed nobody reads
                    _say(output, _("Abort."))

    def _interrupted(self, output: ConsoleOutput) -> None:
        if self._wish is Wish.NOTHING:
            _say(output, _("Stop. Ctrl-C once more: Abort."))
            self._ask(Wish.STOP)
        else:
            _say(output, _("Abort."))
            self._ask(Wish.ABORT)

    def _ask(self, wish: Wish) -> None:
        """The stronger wish wins; any thread."""
        with self._lock:
            if wish.strength > self._wish.strength and not (self._running and self._running.ended.is_set()):
                self._wish = wish
                self._pass_on()

    def _pass_on(self) -> None:
        if self._running and self._wish is Wish.STOP:
            self._running.request_stop()
        elif self._running and self._wish is Wish.ABORT:
            self._running.abort()

    def _summary(self, status: JobStatus) -> list[str]:
        lines = [f"  {line}" for line in self._asked.lines()]
        if lines:
            lines.insert(0, _("What the script asked of the Orchestrator:"))
        named = status_names.of_jobs()[status]
        return [*lines, _("The job would be: {number} {status}").format(number=int(status), status=named)]


class _DeskRunner(JobRunner):
    """The runner of every job; what the script prints goes to the console."""

    def __init__(self, settings: Settings, runs_dir: Path, channels: _DeskChannels, output: ConsoleOutput) -> None:
        super().__init__(settings, runs_dir, channels)
        self._output = output

    def _new_log(self, _log_file: Path) -> OutputLog:
        return self._output


class _DeskChannels:
    """The gateway's channels, with what the desk asks of the script's process; see `app.jobs.channel`."""

    def __init__(self, gateway: Gateway, desk: dict[str, Any]) -> None:
        self._gateway = gateway
        self._variables: Mapping[str, str] = {DESK_VARIABLE: json.dumps(desk)}

    def open(self, order: JobOrder, folder: RunFolder, log: OutputLog) -> _DeskChannel:
        """See the protocol."""
        return _DeskChannel(self._gateway, self._variables, order, folder, log)


class _DeskChannel:
    def __init__(
        self, gateway: Gateway, variables: Mapping[str, str], order: JobOrder, folder: RunFolder, log: OutputLog
    ) -> None:
        channel = gateway.open(order, folder, log)
        self.variables: Mapping[str, str] = {**channel.variables, **variables}
        self.stop_asked = channel.stop_asked
        self.camera = channel.camera
        self.close = channel.close


@contextmanager
def _heard_signals() -> Iterator[list[int]]:
    """Each Ctrl-C adds an entry, in place of an exception: that would come in the midst of the script's start, too.

    So does whatever else ends a program that waits (a closed terminal, `kill`): else the task and the GUID that the
    script has in its private folder would stay there. When the script has ended, a signal that comes too late changes
    nothing of what is said and returned then.
    """
    heard: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield heard
        return
    numbers = [signal.SIGINT, signal.SIGTERM]
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as `nohup` has it
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, lambda number, _frame: heard.append(number)) for number in numbers}
    afterwards: Any = None
    try:
        yield heard
        afterwards = signal.SIG_IGN
    finally:
        for number, handler in before.items():
            signal.signal(number, afterwards or handler)


def _say(output: ConsoleOutput, line: str) -> None:
    output.line(f"[robot] {line}")
    sys.stdout.flush()
