"""The sandbox's page: one HTML document with its style and script inside, which lives on the control API."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from markupsafe import Markup
from starlette.responses import HTMLResponse

from app.base.i18n import _, current_language
from app.base.pages import environment
from app.base.paths import PACKAGE_DIR
from app.sandbox import status_names
from app.sandbox.examples import FIRST_SCRIPT
from app.sandbox.faults import FaultKind
from app.sandbox.router import ROUTES

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_FOLDER: Final = PACKAGE_DIR / "sandbox"
SCRIPTS: Final = (
    "page-document.js",
    "page-jobs.js",
    "page-requests.js",
    "page-stored.js",
    "page.js",
)  # one script, in this order


async def page(request: Request) -> Response:
    """`GET /`."""
    nonce = secrets.token_urlsafe(16)
    host = request.headers["host"]
    return HTMLResponse(
        render(f"http://{host}", nonce),
        headers={
            "Content-Security-Policy": (
                f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data:; "
                "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
            "Cache-Control": "no-store",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        },
    )


def render(url: str, nonce: str) -> str:
    """The page for a sandbox at `url`, in the user's language."""
    return (
        environment(_FOLDER)
        .get_template("page.html")
        .render(
            url=url,
            nonce=nonce,
            language=current_language(),
            job_status=status_names.of_jobs(),
            robot_status=status_names.of_robots(),
            task_status=status_names.of_tasks(),
            priorities=status_names.of_priorities(),
            asset_types=status_names.of_assets(),
            fault_kinds=fault_kinds(),
            paths=list(ROUTES),
            first_script=FIRST_SCRIPT,
            style=Markup((_FOLDER / "page.css").read_text("utf-8")),  # noqa: S704 - a file of ours
            script=Markup("\n".join((_FOLDER / name).read_text("utf-8") for name in SCRIPTS)),  # noqa: S704 - files of ours
        )
    )


def fault_kinds() -> list[tuple[str, str, str]]:
    """The faults of the page: (kind, its name, which fields it needs besides the common ones)."""
    return [
        (FaultKind.DELAY, _("The answer comes late"), "seconds"),
        (FaultKind.DROP, _("The connection breaks without an answer"), "when"),
        (FaultKind.RESET, _("The connection breaks in the middle of the answer"), "when"),
        (FaultKind.DRIP, _("The answer comes one byte at a time"), "seconds"),
        (FaultKind.STATUS, _("An HTTP error"), "when status"),
        (FaultKind.HTML, _("A login page instead of JSON"), "when"),
        (FaultKind.TRUNCATED, _("Half of the JSON"), "when"),
        (FaultKind.WRONG_TYPES, _("JSON with wrong types"), ""),
        (FaultKind.NOTICE, _("PHP notices around the JSON"), ""),
        (FaultKind.HUGE, _("A huge answer"), "when"),
        (FaultKind.GZIP_BOMB, _("A small answer that unpacks to a huge one"), "when"),
        (FaultKind.REDIRECT, _("A redirect to another host"), "when"),
        (FaultKind.NO_JOB, _("A job waits, but consuming it answers “no job” (102)"), ""),
    ]
