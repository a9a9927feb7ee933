"""The page of a fleet: one file without a network, made anew as often as somebody wants it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from app.base.errors import RobotError
from app.base.i18n import _, current_language
from app.base.os_reasons import describe_os_error
from app.base.plain_text import printable
from app.base.replacing import write_output
from app.history.assets import asset, page_environment, policy
from app.history.fleet import Fleet, Kind, read_fleet
from app.history.runs import Outcome
from app.status.words import outcome_word, state_word

if TYPE_CHECKING:
    from collections import Counter
    from datetime import datetime, tzinfo

    from app.history.fleet import FleetRobot

BAR_WIDTH: Final = 112  # units of a robot's small chart
BAR_HEIGHT: Final = 20
_LONGEST: Final = 300  # characters of a problem


def write_fleet(folder: Path, output: Path, now: datetime, zone: tzinfo | None = None) -> Fleet:
    """Read `folder` and write the page; returns what was found.

    Raises:
        RobotError: the folder can't be read, or the page can't be written.
    """
    try:
        fleet = read_fleet(folder, now, zone)
    except OSError as error:
        raise RobotError(
            _("The folder {folder} can't be read: {reason}.").format(
                folder=folder, reason=describe_os_error(error).for_people()
            ),
            _("Name the folder into which the robots' status.json are copied."),
        ) from None
    try:
        write_output(output, render_fleet(fleet, output, now, zone), private=False)
    except OSError as error:
        raise RobotError(
            _("The file {file} can't be written: {reason}.").format(
                file=output, reason=describe_os_error(error).for_people()
            )
        ) from None
    return fleet


def render_fleet(fleet: Fleet, output: Path, now: datetime, zone: tzinfo | None = None) -> str:
    """The page as text, for the place `output`."""
    style, script = asset("frame.css", "outcomes.css", "history.css", "fleet.css"), asset("fleet.js")
    page = (
        page_environment()
        .get_template("fleet.html")
        .render(
            language=current_language(),
            style=style.text,
            script=script.text,
            policy=policy(style, script),
            fleet=fleet,
            Kind=Kind,
            made_at=now.astimezone(zone),
            now=now,
            zone=zone,
            bars=_bars,
            bar_width=BAR_WIDTH,
            bar_height=BAR_HEIGHT,
            doing=_doing,
            outcome_word=outcome_word,
            link=lambda robot: _link(robot.page, output),
            ago=lambda moment: max(now - moment, now - now),
        )
    )
    # What others write, and the names of their files, may hold half a letter: a page can't.
    return page.encode("utf-8", "replace").decode()


def _doing(robot: FleetRobot) -> str:
    """The job, or why there is none."""
    status = robot.status
    if status is None:
        return ""
    if robot.kind is Kind.SILENT:
        last = state_word(status.state)
        return f"{last}: {printable(status.job.name)}" if status.job else last
    if status.problem:
        return printable(status.problem, limit=_LONGEST)
    if status.exit_code:
        return _("The robot ended with exit code {code}.").format(code=status.exit_code)
    return printable(status.job.name) if status.job else ""


def _bars(robot: FleetRobot, fleet: Fleet) -> list[tuple[Outcome, float, float, float, float]]:
    """The small chart: outcome, left, top, width and height of each piece; the busiest day is as high as it goes."""
    most = max((day.total() for day in robot.days.values()), default=0)
    step = BAR_WIDTH / len(fleet.dates)
    pieces = []
    for number, date in enumerate(fleet.dates):
        counts: Counter[Outcome] | None = robot.days.get(date)
        bottom = float(BAR_HEIGHT)
        for outcome in Outcome:
            if counts and counts[outcome]:
                height = max(2.0, BAR_HEIGHT * counts[outcome] / most)
                bottom -= height
                pieces.append(
                    (outcome, round(number * step, 1), round(max(0.0, bottom), 1), round(step - 2, 1), round(height, 1))
                )
    return pieces


def _link(page: Path | None, output: Path) -> str:
    """The address of a robot's own page from the fleet's; empty if there is none, or it is on another drive."""
    if page is None:
        return ""
    try:
        relative = os.path.relpath(page.absolute(), output.absolute().parent)
    except ValueError:
        return ""
    return quote(Path(relative).as_posix())
