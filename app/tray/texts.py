"""What a snapshot says in words: status line, last outcome, connection, tooltip.

Pure functions; `now` is an aware datetime. Windows counts its limits in UTF-16 units and pystray refuses longer texts,
so everything that goes there passes through `trim`.
https://learn.microsoft.com/windows/win32/api/shellapi/ns-shellapi-notifyicondataw
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.base.i18n import _, ngettext
from app.base.plain_text import printable
from app.orchestrator.vocabulary import JobStatus
from app.robot.state import RobotState
from app.robot.words import connection_word, countdown, elapsed

if TYPE_CHECKING:
    from datetime import datetime

    from app.robot.state import LastOutcome, ShownJob, Snapshot

TOOLTIP_UNITS: Final = 127  # szTip: 128 with its terminator
MESSAGE_UNITS: Final = 255  # szInfo: 256
TITLE_UNITS: Final = 63  # szInfoTitle: 64
MENU_UNITS: Final = 80  # no limit of Windows': a wider menu can't be read at a glance
_ROBOT_UNITS: Final = 24  # computers' names have at most 15
_NAME_UNITS: Final = 40  # a script's name may be a long path; the elapsed time behind it must stay in sight


def trim(text: str, units: int) -> str:
    """`text` in at most `units` UTF-16 units, an ellipsis in place of what was cut; no surrogate pair is torn."""
    return text if _units(text) <= units else _beginning(text, units - 1) + "…"


def shorten(name: str, units: int) -> str:
    """A script's name in at most `units` UTF-16 units: cut in the middle, because its own name stands at the end.

    `finance/2026/november/invoices` becomes `finance/20…/invoices`; of a name that is itself too long, both ends stay.
    """
    if _units(name) <= units:
        return name
    cut = max(name.rfind("/"), name.rfind("\\"))
    tail = name[cut:] if cut >= 0 and _units(name[cut:]) < units else _end(name, units // 2)
    return _beginning(name, units - 1 - _units(tail)) + "…" + tail


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _beginning(text: str, units: int) -> str:
    return text.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "ignore").rstrip()


def _end(text: str, units: int) -> str:
    encoded = text.encode("utf-16-le", "surrogatepass")
    return encoded[len(encoded) - 2 * units :].decode("utf-16-le", "ignore").lstrip()


def job_name(name: str) -> str:
    """A script's name as menus and tooltips show it."""
    return shorten(printable(name), _NAME_UNITS)


def status_line(snapshot: Snapshot, now: datetime) -> str:
    """State, job and elapsed time in one line."""
    if snapshot.state is RobotState.LEAVING:
        return countdown(snapshot.leaving_at, now)
    if snapshot.job is not None:  # also while the Orchestrator can't be reached: the job is what matters
        return _job_words(snapshot, snapshot.job, now)
    if snapshot.unfilled:
        return _("Waits for its settings")
    return printable(_with_problem(_state_words(snapshot), snapshot.problem))


def _state_words(snapshot: Snapshot) -> str:
    return {
        RobotState.READY: _ready_words(snapshot),
        RobotState.WORKING: _("Working"),
        RobotState.STOPPING: _("Stopping"),
        RobotState.OFFLINE: _("Offline"),
        RobotState.ERROR: _("Error"),
    }[snapshot.state]


def _ready_words(snapshot: Snapshot) -> str:
    if snapshot.paused:
        return _("Paused: takes no jobs")
    if snapshot.starting:
        return _("Starting…")
    return _("Ready; stays logged on") if snapshot.stays else _("Ready")


def _job_words(snapshot: Snapshot, job: ShownJob, now: datetime) -> str:
    words = {"job": job_name(job.name), "time": elapsed(job.started_at, now)}
    if job.progress is not None:
        words["time"] += f", {job.progress.numbers}"
    if snapshot.state is RobotState.STOPPING:
        return _("Stopping: {job} — {time}").format(**words)
    if snapshot.paused:
        return _("Working: {job} — {time}, then pause").format(**words)
    return _("Working: {job} — {time}").format(**words)


def _with_problem(state: str, problem: str) -> str:
    return f"{state}: {problem}" if problem else state


def outcome_word(status: JobStatus) -> str:
    """How a job ended, in one word."""
    return {
        JobStatus.SUCCESS: _("succeeded"),
        JobStatus.FAILED: _("failed"),
        JobStatus.STOPPED: _("stopped"),
        JobStatus.ABORTED: _("aborted"),
    }.get(status, status.name.lower())


def last_outcome_line(last: LastOutcome | None, now: datetime) -> str:
    """The last job and how it ended; the day only if it wasn't today."""
    if last is None:
        return _("No jobs yet")
    ended, today = last.ended_at.astimezone(), now.astimezone().date()
    when = f"{ended:%H:%M}" if ended.date() == today else f"{ended:%d.%m.%Y %H:%M}"
    return _("Last: {job} — {outcome}, {when}").format(
        job=job_name(last.name), outcome=outcome_word(last.status), when=when
    )


def connection_line(snapshot: Snapshot) -> str:
    """Whether the Orchestrator answers, how many reports it hasn't got yet, whether the journal can't be written."""
    line = connection_word(snapshot)
    if waiting := snapshot.undelivered:
        line += " · " + ngettext("{n} report waits", "{n} reports wait", waiting).format(n=waiting)
    if strangers := snapshot.strangers:
        line += " · " + ngettext(
            "{n} report of another Orchestrator waits", "{n} reports of another Orchestrator wait", strangers
        ).format(n=strangers)
    if snapshot.journal_problem:
        line += " · " + _("waits for the journal")
    return line


def tooltip(snapshot: Snapshot, now: datetime) -> str:
    """Which robot, state, job name and elapsed time, within the limit of Windows."""
    robot = " ".join((_("Robot"), shorten(printable(snapshot.robot), _ROBOT_UNITS))).rstrip()
    return trim(f"{robot}: {status_line(snapshot, now)}", TOOLTIP_UNITS)
