"""The sandbox's page: one HTML document with its style and script inside, which lives on the control API."""

from __future__ import annotations

import secrets
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import jinja2
from markupsafe import Markup
from starlette.responses import HTMLResponse

from app.base.i18n import _, current_language
from app.base.paths import PACKAGE_DIR
from app.sandbox.examples import FIRST_SCRIPT
from app.sandbox.faults import FaultKind
from app.sandbox.script_calls import SCRIPT_CALLS
from app.sandbox.steps import STEPS

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_FOLDER: Final = PACKAGE_DIR / "sandbox"


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
    return _template().render(
        url=url,
        nonce=nonce,
        language=current_language(),
        text=texts(),
        fault_kinds=fault_kinds(),
        paths=[*STEPS, *SCRIPT_CALLS],
        first_script=FIRST_SCRIPT,
        style=Markup((_FOLDER / "page.css").read_text("utf-8")),  # noqa: S704 - a file of ours
        script=Markup((_FOLDER / "page.js").read_text("utf-8")),  # noqa: S704 - a file of ours
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")


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
        (FaultKind.HUGE, _("A huge answer"), "when"),
        (FaultKind.GZIP_BOMB, _("A small answer that unpacks to a huge one"), "when"),
        (FaultKind.REDIRECT, _("A redirect to another host"), "when"),
        (FaultKind.NO_JOB, _("A job waits, but consuming it answers “no job” (102)"), ""),
    ]


def texts() -> dict[str, Any]:
    """Every text of the page, for the template and for the script."""
    return {
        "title": _("Sandbox"),
        "lead": _(
            "An Orchestrator of your own: queue jobs, watch robots carry them out, and see what they said wrong."
        ),
        "no_script": _("This page needs JavaScript; the control API below /sandbox/api/ works without it."),
        "connected": _("Live"),
        "disconnected": _("The sandbox doesn't answer. Trying again…"),
        "start": _("Start here"),
        "start_settings": _("1. Save this as robot.toml:"),
        "start_script": _("2. Save a script as scripts/hello.py, beside it:"),
        "start_run": _("3. Start the robot, then queue the job hello on this page:"),
        "for_robot": _("Settings for"),
        "copy_text": _("Copy"),
        "copied": _("Copied."),
        "queue_job": _("Queue a job"),
        "script_name": _("Script"),
        "script_name_hint": _("The path below the scripts folder, without .py"),
        "robot": _("Robot"),
        "any_robot": _("Any robot"),
        "task_parameters": _("Task parameters (JSON)"),
        "task_hint": _("Empty: the job has no task"),
        "task_name": _("Task name"),
        "queue": _("Queue"),
        "bad_json": _('This is not a JSON object, such as {"invoice": 17}.'),
        "name_needed": _("Give the script's name."),
        "queued": _("Job {name} is queued."),
        "robots": _("Robots"),
        "add_robot": _("Add a robot"),
        "new_robot": _("Robot {number}"),
        "robot_added": _("{name} was added."),
        "no_robots": _("No robot yet."),
        "never_seen": _("not seen yet"),
        "seen_at": _("last seen {time}"),
        "works_on": _("works on {name}"),
        "jobs": _("Jobs"),
        "no_jobs": _("No job yet. Queue one."),
        "status": _("Status"),
        "queued_at": _("Queued"),
        "reports": _("Reported by the robot"),
        "actions": _("Actions"),
        "stop": _("Stop"),
        "abort": _("Abort"),
        "again": _("Again"),
        "again_job": _("Again: queue job {name}"),
        "stop_job": _("Stop job {name}"),
        "abort_job": _("Abort job {name}"),
        "details_of": _("Details of {name}"),
        "job_guid": _("Job GUID"),
        "task": _("Task"),
        "no_task": _("none"),
        "consumed": _("Consumed"),
        "consumed_times": _("{time}, {count} times in all"),
        "log": _("Messages"),
        "job_became": _("Job {name}: {status}."),
        "requests": _("Requests"),
        "requests_lead": _(
            "Everything that robots and scripts asked, newest first. GUIDs that are credentials are masked."
        ),
        "no_requests": _("No request yet."),
        "only_wrong": _("Only what was wrong"),
        "hide_ready": _("Hide heartbeats without remarks"),
        "time": _("Time"),
        "request": _("Request"),
        "answer": _("Answer"),
        "remarks": _("What was wrong"),
        "no_answer": _("none"),
        "fault_applied": _("Fault: {fault}."),
        "fault_lost": _("Fault: {fault}. The request took effect."),
        "header": _("Authorization"),
        "parameters": _("Parameters"),
        "missing": _("missing"),
        "present": _("present"),
        "violations": _("Rules broken"),
        "violations_lead": _("What no robot may do, whatever the network does."),
        "faults": _("Faults"),
        "faults_lead": _("Let the next calls go wrong, to see what the robot makes of it."),
        "fault": _("What goes wrong"),
        "fault_path": _("Which call"),
        "every_call": _("Every call"),
        "fault_when": _("The request"),
        "when_before": _("has no effect"),
        "when_after": _("takes effect, but its answer is lost"),
        "fault_count": _("How many times"),
        "fault_count_hint": _("Empty: until switched off"),
        "fault_seconds": _("Seconds"),
        "fault_status": _("HTTP status"),
        "switch_on": _("Switch on"),
        "switch_off": _("Switch off"),
        "switch_off_fault": _("Switch off: {fault}"),
        "all_off": _("Switch all off"),
        "no_faults": _("All is well: no fault is on."),
        "fault_on": _("The fault is on."),
        "fault_off": _("The fault is off."),
        "times_left": _("{count} left"),
        "until_off": _("until switched off"),
        "queues": _("Queues and assets"),
        "queues_lead": _("What scripts read through the Orchestrator's API."),
        "queue_name": _("Queue"),
        "new_task": _("Add a task"),
        "task_added": _("Task {name} was added."),
        "no_tasks": _("No task yet."),
        "asset": _("Asset"),
        "asset_text": _("Text or login"),
        "asset_password": _("Password"),
        "new_asset": _("Add an asset"),
        "asset_added": _("Asset {name} was added."),
        "no_assets": _("No asset yet."),
        "failed": _("That didn't work: {error}"),
        "robot_status": {
            "0": _("Disconnected"),
            "1": _("Unlicensed"),
            "2": _("Ready"),
            "3": _("Working"),
        },
        "job_status": {
            "0": _("Created"),
            "1": _("Pending"),
            "2": _("Aborting"),
            "3": _("Aborted"),
            "4": _("Success"),
            "5": _("Failed"),
            "6": _("Stopping"),
            "7": _("Stopped"),
            "8": _("In progress"),
        },
        "task_status": {
            "0": _("New"),
            "1": _("In progress"),
            "2": _("Success"),
            "3": _("Failed (application)"),
            "4": _("Failed (business)"),
            "5": _("Postponed"),
            "6": _("Abandoned"),
        },
    }
