"""What every section of the page works with."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse

from app.base.i18n import _, current_language
from app.base.pages import environment
from app.base.paths import PACKAGE_DIR
from app.history.assets import TEMPLATES as HISTORY_TEMPLATES
from app.history.assets import with_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jinja2 import Environment
    from starlette.requests import Request

    from app.base.clock import Clock
    from app.base.paths import DataPaths
    from app.base.redaction import Redactor
    from app.check.findings import Finding
    from app.robot.state import RobotControls, StateBoard
    from app.settings.loading import LoadedSettings

FOLDER: Final = PACKAGE_DIR / "page"
SECTIONS: Final = ("now", "history", "logs", "check", "settings", "about")
MOST_POSTED: Final = 262_144  # bytes of a request's body
PATIENCE: Final = 10.0  # seconds for it to arrive


class Facts(Protocol):
    """What the page needs of the system. Calls may take their time; RobotError: it could not be done."""

    def check(self) -> Iterator[Finding]:
        """Look whether this machine is ready, as `robot check` does: one thing after the other."""

    def open(self, target: Path | str) -> None:
        """Show a file, a folder or an address to the person at the machine, as the tray does."""

    def write_history(self, file: Path, data_dir: Path) -> None:
        """Write the page of the runs in a data folder, as `robot history --output` does."""

    def licences(self) -> list[Path]:
        """The licence texts that lie beside the program."""


@dataclass(frozen=True)
class PageContext:
    """What the sections show and may ask for. The robot behind it may change; all of this outlives it.

    Attributes:
        loaded: the settings in force; None before the first were read.
        load: reads the files anew; raises SettingsError.
        config: the file given by `--config`.
        paths: of the robot's data; None before anybody knows where they are.
        redactor: masks the GUID in what is shown.
    """

    board: StateBoard
    controls: RobotControls
    facts: Facts
    loaded: Callable[[], LoadedSettings | None]
    load: Callable[[], LoadedSettings]
    config: Path | None
    paths: Callable[[], DataPaths | None]
    clock: Clock
    redactor: Redactor


def pages() -> Environment:
    """The page's templates."""
    return with_words(environment(FOLDER / "templates", HISTORY_TEMPLATES))


def render(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page made from `templates/<template>`, in the user's language.

    Every template knows `language`, `section` (the first part of the path), `sections` (name and title of each) and
    `root`: what leads from this page to the page's root, for relative links (`{{ root }}history`).
    """
    path: str = request.scope["path"]
    context: PageContext = request.app.state.context
    text = request.app.state.pages.get_template(template).render(
        language=current_language(),
        section=path.split("/")[1],
        sections=[(name, section_title(name)) for name in SECTIONS],
        root="../" * (path.count("/") - 1),
        robot=context.board.snapshot.robot,
        **values,
    )
    return HTMLResponse(text, status)


def section_title(name: str) -> str:
    """A section's name in the navigation."""
    return {
        "now": _("Now"),
        "history": _("History"),
        "logs": _("Logs"),
        "check": _("Check"),
        "settings": _("Settings"),
        "about": _("About"),
    }[name]


async def posted(request: Request) -> dict[str, Any]:
    """The JSON object that a request brings.

    Raises:
        HTTPException: it brings none (400), says that it is something else (415, which also keeps forms of other sites
            out), is too large (413) or too slow (408).
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415)
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for piece in request.stream():
                body += piece
                if len(body) > MOST_POSTED:
                    raise HTTPException(413)
    except TimeoutError:
        raise HTTPException(408) from None
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400) from None
    if not isinstance(value, dict):
        raise HTTPException(400)
    return value
