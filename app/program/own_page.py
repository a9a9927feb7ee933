"""The robot's own page, as the program serves it: on demand, from whichever robot is at work.

Nothing of the page is imported before somebody wants to look: a robot without visitors pays nothing for it.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final, Protocol

from app.base.errors import RobotError
from app.base.i18n import N_, _
from app.base.paths import DataPaths
from app.base.replacing import replace_file
from app.program.licences import licences
from app.settings.loading import data_dir_of, load_settings
from app.settings.model import environment_name
from app.system.opener import open_for_person
from app.system.show_requests import address_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.base.clock import Clock
    from app.base.redaction import Redactor
    from app.check.findings import Finding
    from app.page.server import PageServer
    from app.program.trouble import Trouble
    from app.robot.controls import Controls
    from app.robot.state import StateBoard
    from app.settings.loading import LoadedSettings

log = logging.getLogger("robot.program")
NAME: Final = N_("The robot's page")


class Robots(Protocol):
    """Whose page it is: those that run one after the other, as `Service` has them."""

    controls: Controls
    trouble: Trouble
    loaded: LoadedSettings | None


class OwnPage:
    """Serves the page and shows it. Every method may be called from any thread.

    Args:
        robots: whom it is about.
        config: the file given by `--config`.
    """

    def __init__(
        self, robots: Robots, board: StateBoard, config: Path | None, redactor: Redactor, clock: Clock
    ) -> None:
        self._robots = robots
        self._board = board
        self._config = config
        self._redactor = redactor
        self._clock = clock
        self._lock = threading.Lock()
        self._server: PageServer | None = None
        self._told: Path | None = None
        self._closed = False

    def show(self, path: str) -> None:
        """Open `path` (`now`, `history/<guid>`) in the browser; before there are settings, the form for them.

        Raises:
            RobotError: it can't be served, or nothing here shows it.
        """
        open_for_person(self._address(path), name=_(NAME))

    def tell_address(self) -> None:
        """Write the address where `robot open` looks for it: only this user may read that."""
        loaded = self._robots.loaded
        if loaded is None:
            return
        try:
            file = address_file(loaded.settings.guid)
            replace_file(file, self._address("now"))
        except (OSError, RobotError) as error:
            log.warning("The robot's page can't be opened: %s", error)
        else:
            self._told = file

    def close(self) -> None:
        """The robot ends: whoever looks is told so, and nobody is served any more."""
        with self._lock:
            self._closed = True
            server, self._server = self._server, None
        if server is not None:
            server.close()
        if self._told is not None:
            self._told.unlink(missing_ok=True)

    def _address(self, path: str) -> str:
        with self._lock:
            if self._closed:
                raise RobotError(_("The robot has ended; it serves no page any more."))
            if self._server is None:
                self._server = self._make()
            server = self._server
        if self._board.snapshot.no_settings and path == "now":
            path = "settings"
        return server.address(path)

    def _make(self) -> PageServer:
        from app.page.context import PageContext
        from app.page.server import PageServer

        return PageServer(
            PageContext(
                board=self._board,
                controls=self._robots.controls,
                facts=_SystemFacts(self._config, self._redactor),
                loaded=lambda: self._robots.loaded,
                load=self._load,
                config=self._config,
                paths=self._paths,
                clock=self._clock,
                redactor=self._redactor,
            )
        )

    def _load(self) -> LoadedSettings:
        return load_settings(self._config)

    def _paths(self) -> DataPaths:
        loaded = self._robots.loaded
        if loaded is not None:
            return DataPaths(loaded.settings.data_dir)
        return DataPaths(self._robots.trouble.data_dir or data_dir_of(self._config))


class _SystemFacts:
    """Implements the page's `Facts`."""

    def __init__(self, config: Path | None, redactor: Redactor) -> None:
        self._config = config
        self._redactor = redactor

    def check(self) -> Iterator[Finding]:
        """Look whether this machine is ready, as `robot check` does."""
        from app.check.checklist import each_finding

        return each_finding(self._config, self._redactor)

    def write_history(self, file: Path, data_dir: Path) -> None:
        """Write the page of past runs, in a process of its own: a long history would stay in the robot's memory."""
        from app.program.own_process import run_command

        config = ["--config", str(self._config.absolute())] if self._config else []
        # The page is of the settings in force, whatever the file says meanwhile.
        in_force = {environment_name("data_dir"): str(data_dir.absolute())}
        run_command(["history", *config, "--output", str(file.absolute())], in_force)

    def open(self, target: Path | str) -> None:
        """Show a file, a folder or an address to the person at the machine."""
        open_for_person(target)

    def licences(self) -> list[Path]:
        """The licence texts that lie beside the program."""
        return licences()
