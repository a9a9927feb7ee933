"""Writes the page of past runs.

The page holds its style and script; its content security policy allows exactly these two by their hashes, and nothing
else: no request leaves it, and a script's name or output can't become markup that does anything.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.base.data_folder import make_data_folder
from app.base.errors import RobotError
from app.base.i18n import _, current_language
from app.base.os_reasons import describe_os_error
from app.base.pages import environment
from app.base.paths import PACKAGE_DIR, DataPaths
from app.history import charts, links, texts
from app.history.runs import Day, Outcome, Run, by_day, by_script, runs_of, totals_of
from app.journal.journal import Journal
from app.journal.records import Reported
from app.orchestrator.identity import machine_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo
    from pathlib import PurePath

    from jinja2 import Environment

    from app.journal.records import JobRecord
    from app.settings.model import Settings

TEMPLATES: Final = PACKAGE_DIR / "history" / "templates"
MAX_ROWS: Final = 10_000
_OPEN_ROWS: Final = 30  # days are unfolded from the newest on until this many runs can be seen
_NAME_LIMIT: Final = 120
_EXCERPT_LIMITS: Final = (300, 200, 120, 80, 60, 40, 20, 10)
_LIST_BUDGET: Final = 2_850_000  # bytes for all days and rows: what keeps a page of `MAX_ROWS` under 3 MB
_DAY_MARKUP: Final = 1_000  # bytes of a day besides its rows, in Russian
_ROW_MARKUP: Final = 105  # bytes of a row besides its name, link, reason and last line, in Russian


def write_page(settings: Settings, output: Path | None = None) -> Path:
    """Make the page from the journal, without disturbing a robot that writes to it; returns where it is.

    Raises:
        RobotError: the journal can't be read, or the page can't be written.
    """
    paths = DataPaths(settings.data_dir)
    page = output or paths.history_page
    if output is None:
        with contextlib.suppress(OSError):  # said in words when the page is written
            make_data_folder(paths.root)
    write_history(_jobs_of(paths.journal), page, robot_name=machine_name(), now=datetime.now(UTC))
    return page


def _jobs_of(file: Path) -> list[JobRecord]:
    """Everything in the journal; nothing before there is one."""
    try:
        file.lstat()
    except FileNotFoundError:
        return []
    except OSError:
        pass  # what is wrong with it is said when it is opened
    journal = Journal.open_to_read(file)
    try:
        return list(journal.jobs())
    finally:
        journal.close()


def write_history(
    records: Iterable[JobRecord], output: Path, *, robot_name: str, now: datetime, zone: tzinfo | None = None
) -> None:
    """Write the page of `records` to `output` (replaced in one step; readable by this user only).

    Args:
        records: in any order.
        output: its folder is made if it isn't there.
        robot_name: the computer's name, shown in the heading.
        now: aware; the moment the page speaks of.
        zone: the reader's time zone; None is the system's own.

    Raises:
        RobotError: the file can't be written.
    """
    page = render(records, robot_name=robot_name, now=now, zone=zone)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(suffix=".tmp", prefix=output.name, dir=output.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(page)
            Path(name).replace(output)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise RobotError(
            _("The history page {path} can't be written: {error}").format(
                path=output, error=describe_os_error(error).for_people()
            ),
            _("Name a file in a folder that this user may write to: robot history --output FILE."),
        ) from error


def render(records: Iterable[JobRecord], *, robot_name: str, now: datetime, zone: tzinfo | None = None) -> str:
    """The page as text; see `write_history`."""
    runs = runs_of(records, zone)
    shown = runs[:MAX_ROWS]
    folder = links.common_folder([run.record.log_file for run in shown])
    days = by_day(runs)
    style, script = _asset("history.css"), _asset("history.js")
    return (
        _environment()
        .get_template("history.html")
        .render(
            language=current_language(),
            style=style.text,
            script=script.text,
            policy=_policy(style, script),
            base=links.base_address(folder) if folder else None,
            robot_name=robot_name,
            made_at=now.astimezone(zone),
            days=days,
            totals=totals_of(runs),
            scripts=by_script(runs),
            waiting=sum(run.record.reported is Reported.WAITING for run in runs),
            refused=sum(run.record.reported is Reported.REFUSED for run in runs),
            lanes=charts.timeline(days, now),
            columns=charts.rates(days),
            charts=charts,
            shown_days=_shown_days(shown),
            listed_runs=len(shown),
            hidden_runs=len(runs) - len(shown),
            excerpt_limit=_excerpt_limit([run.record for run in shown], len(days), folder),
            name_limit=_NAME_LIMIT,
            link=lambda run: links.link(run.record.log_file, folder),
        )
    )


def _excerpt_limit(records: Sequence[JobRecord], days: int, folder: PurePath | None) -> int:
    """How many characters of a reason or a last line a row may show, so that all rows fit on the page."""
    rest = _LIST_BUDGET - days * _DAY_MARKUP
    rest -= sum(_ROW_MARKUP + len((record.name + links.link(record.log_file, folder)).encode()) for record in records)
    for limit in _EXCERPT_LIMITS:
        if sum(len((record.reason[:limit] + record.last_line[:limit]).encode()) for record in records) <= rest:
            return limit
    return _EXCERPT_LIMITS[-1]


@dataclass(frozen=True)
class ShownDay:
    """A day of the list, and whether it is unfolded."""

    day: Day
    unfolded: bool


def _shown_days(runs: Sequence[Run]) -> list[ShownDay]:
    seen = 0
    shown = []
    for day in by_day(runs):
        shown.append(ShownDay(day, unfolded=seen < _OPEN_ROWS))
        seen += day.totals.runs
    return shown


@dataclass(frozen=True)
class _Asset:
    text: Any  # markupsafe.Markup: our own file, written into the page as it is
    digest: str


def _asset(name: str) -> _Asset:
    from markupsafe import Markup  # late, with Jinja2: the robot's start doesn't wait for the page

    text = (TEMPLATES / name).read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return _Asset(Markup(text), f"'sha256-{digest}'")  # noqa: S704 - our own file


def _policy(style: _Asset, script: _Asset) -> str:
    return (
        f"default-src 'none'; style-src {style.digest}; script-src {script.digest}; base-uri file:; form-action 'none'"
    )


def _environment() -> Environment:
    made = environment(TEMPLATES)
    made.globals.update(Outcome=Outcome, Reported=Reported)
    made.filters.update(
        long_date=texts.long_date,
        short_date=texts.short_date,
        weekday=texts.weekday,
        number=texts.number,
        percent=texts.percent,
        duration=texts.duration,
        shortened=texts.shortened,
    )
    return made
