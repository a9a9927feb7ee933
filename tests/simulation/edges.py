"""The simulated edges of the program: settings watch, locks, logs, and where they are put in the place of the real."""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING, Any, Self

import app.gateway.gateway
import app.gateway.session
import app.jobs.runner
import app.journal.journal
import app.orchestrator.client
import app.program.introduction
import app.program.places
import app.program.service as program
import app.robot.loop
import app.system.data_lock
import app.system.single_instance
from app.base.redaction import Redactor
from app.journal import opening
from app.program.script_channels import script_channels
from tests.simulation.locks import SimFileLock, take
from tests.simulation.network import SimTransport
from tests.simulation.pipes import Doors
from tests.simulation.scheduler import DRAWS, Killed, Life, scheduler
from tests.simulation.world import present

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.simulation.world import World


class SimWatch:
    """What stands in the place of the watch of the settings file."""

    def __init__(self, _files: object, on_change: Callable[[], None], _seconds: float = 2.0) -> None:
        self.on_change = on_change

    def __enter__(self) -> Self:
        life = scheduler().current.life
        assert life is not None
        SimWatch.of[life] = self
        return self

    def __exit__(self, *_: object) -> None:
        pass

    of: dict[Life, SimWatch] = {}  # noqa: RUF012 - by the process that looks


class NightLog(logging.Handler):
    """Keeps what the robot says, for whoever reads about a failed night; tracebacks are failures themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None
        self.keeps = False

    def createLock(self) -> None:  # noqa: N802 - logging's own name
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


LOG = NightLog()


class Unmasked(Redactor):
    """Nothing is looked for in texts that nobody reads: to prepare that would be half of a night's work."""

    def __init__(self, _guid: str = "") -> None:
        pass

    def learn(self, guid: str) -> None:
        pass

    def __call__(self, text: str) -> str:
        return text


def _kill_leftovers(*about: Any) -> int:
    return present().machine.kill_leftovers(*about)


def _open_journal(*about: Any) -> Any:
    return present().machine.disk.open(*about)


def _connect(path: Path) -> opening.Opened:
    return present().machine.disk.connect(path)


def _token(_count: int) -> str:
    return f"{DRAWS[0].getrandbits(64):x}"


_real_channels = script_channels


def _channels(*about: Any) -> Any:
    gateway, changes = _real_channels(*about)
    present().machine.gateway = gateway
    return gateway, changes


def put_in_place() -> None:
    """Let the robot meet the simulated edges instead of the real ones; once a process."""
    put: list[tuple[Any, dict[str, Any]]] = [
        (app.orchestrator.client, {"Transport": SimTransport, "shared_redactor": Unmasked}),
        (program, {
            "SettingsWatch": SimWatch,
            "logs": _Nothing(), "script_channels": _channels, "Monitor": _Nothing, "Trouble": _Nothing,
            "left_behind": lambda *_: {}, "remember": lambda *_: None, "reports_in": lambda _folder: 0,
            "candidate_files": lambda _config: (), "set_language": lambda _name: None,
        }),
        (app.program.introduction, {"session_facts": _Facts}),
        (app.program.places, {"ShowRequests": _Nothing, "ask_to_show": lambda _guid: None}),
        (app.system.single_instance, {"_take": take}),
        (app.system.data_lock, {"FileLock": SimFileLock, "make_data_folder": lambda _folder: None}),
        (app.robot.loop, {"kill_leftovers": _kill_leftovers}),
        (secrets, {"token_hex": _token}),

        (app.gateway.gateway, {"make_doors": Doors}),
        (app.jobs.runner, {"JobRunner": lambda *_: present().machine}),
        (app.journal.journal.Journal, {"open": _open_journal}),
        (opening, {"make_private_folder": lambda _folder: None, "_open_or_replace": _connect}),
    ]  # fmt: skip
    for module, names in put:
        for name, value in names.items():
            setattr(module, name, value)
    root = logging.getLogger()
    root.handlers[:] = [LOG]
    root.setLevel(logging.INFO)


class _Nothing:
    """An edge that nothing depends on here: whatever is asked of it, it does nothing; also as a context."""

    def __init__(self, *_: object, **_more: object) -> None:
        pass

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass

    def __getattr__(self, _name: str) -> Any:
        return _Nothing

    def __call__(self, *_: object, **_more: object) -> Any:
        return _Nothing()


class _Facts:
    def problems(self) -> tuple[str, ...]:
        return ()

    def __str__(self) -> str:
        return "simulated"
