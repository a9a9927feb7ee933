"""What a snapshot says in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.orchestrator.vocabulary import JobStatus
from app.robot import words
from app.robot.state import RobotState, Snapshot
from app.tray import texts


@given(st.text(st.characters(), max_size=400), st.sampled_from([texts.TOOLTIP_UNITS, texts.TITLE_UNITS, 1, 2, 10]))
def test_trimmed_text_fits_in_utf16_units(text, units):
    """Whatever the letters, the trimmed text has at most the allowed number of UTF-16 units, and begins as the text."""
    cut = texts.trim(text, units)
    assert len(cut.encode("utf-16-le", "surrogatepass")) // 2 <= units
    assert text.startswith(cut.removesuffix("…"))


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_trimming_tears_no_letter(text):
    """A letter of two UTF-16 units is kept or dropped as a whole."""
    texts.trim(text, 50).encode("utf-8")


def test_text_that_fits_stays():
    """A text of exactly the limit isn't touched; one more unit costs two letters."""
    assert texts.trim("я" * 63, 63) == "я" * 63
    assert texts.trim("я" * 64, 63) == "я" * 62 + "…"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-5, "0:00"), (0, "0:00"), (59.9, "0:59"), (60, "1:00"), (3599, "59:59"), (3600, "1:00:00"), (90061, "25:01:01")],
)
def test_elapsed(now, seconds, shown):
    """Elapsed time counts hours without an end and never goes below zero."""
    assert words.elapsed(now - timedelta(seconds=seconds), now) == shown


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "Starting…"),
        ({"connected": True}, "Ready"),
        ({"paused": True}, "Paused: takes no jobs"),
        ({"stays": True, "connected": True}, "Ready; stays logged on"),
        ({"state": RobotState.ERROR, "unfilled": True, "problem": "Fill in host"}, "Waits for its settings"),
        ({"state": RobotState.OFFLINE, "problem": "no route"}, "Offline: no route"),
        ({"state": RobotState.OFFLINE, "paused": True}, "Offline"),
        ({"state": RobotState.ERROR, "problem": "two\nlines"}, "Error: two lines"),
        ({"state": RobotState.WORKING, "job": True}, "Working: finance/invoices — 1:15"),
        ({"state": RobotState.WORKING, "job": True, "paused": True}, "Working: finance/invoices — 1:15, then pause"),
        ({"state": RobotState.OFFLINE, "job": True, "problem": "x"}, "Working: finance/invoices — 1:15"),
        ({"state": RobotState.STOPPING, "job": True}, "Stopping: finance/invoices — 1:15"),
        ({"state": RobotState.LEAVING, "leaving": 1}, "Log-off in 1 second"),
        ({"state": RobotState.LEAVING, "leaving": 15}, "Log-off in 15 seconds"),
        ({"state": RobotState.LEAVING, "leaving": -3}, "Log-off in 0 seconds"),
    ],
)
def test_status_line(now, job, changes, line):
    """The status line names the state, and the job with its time if there is one."""
    snapshot = Snapshot(state=changes.get("state", RobotState.READY), paused=changes.get("paused", False))
    snapshot = replace(snapshot, job=job if changes.get("job") else None, problem=changes.get("problem", ""))
    snapshot = replace(snapshot, stays="stays" in changes, unfilled="unfilled" in changes)
    snapshot = replace(snapshot, connected=changes.get("connected"))
    if "leaving" in changes:
        snapshot = replace(snapshot, leaving_at=now + timedelta(seconds=changes["leaving"]))
    assert texts.status_line(snapshot, now) == line


def test_tooltip_keeps_the_time_of_a_long_name(now, job):
    """However long the script's name, the tooltip fits and still ends with the elapsed time."""
    snapshot = Snapshot(state=RobotState.WORKING, job=replace(job, name="Ежемесячная сверка\n" * 20))
    tip = texts.tooltip(snapshot, now)
    assert len(tip) <= texts.TOOLTIP_UNITS
    assert tip.endswith("— 1:15")
    assert "\n" not in tip


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("finance/invoices", "finance/invoices"),
        ("finance/2026/november/purchase/invoices of branch", "finance/2026/novembe…/invoices of branch"),
        (r"бухгалтерия\2026\ноябрь\сверка с поставщиками", r"бухгалтерия\2026\…\сверка с поставщиками"),
        ("abc/" + "x" * 38, "…/" + "x" * 38),
        ("a/" + "x" * 39, "a/" + "x" * 17 + "…" + "x" * 20),
        ("x" * 30 + "y" * 30, "x" * 19 + "…" + "y" * 20),
    ],
)
def test_a_long_name_keeps_the_scripts_own(name, shown):
    """It is cut in the middle: where a script lies says less than its name."""
    assert texts.job_name(name) == shown


@given(st.text(max_size=120), st.integers(2, 60))
def test_a_shortened_name_fits(name, units):
    """Whatever its letters are; one that fits stays."""
    short = texts.shorten(name, units)
    assert len(short.encode("utf-16-le", "surrogatepass")) // 2 <= units
    assert short == name or "…" in short


def test_tooltip_names_the_robot(now):
    """Two robots of one machine, or two machines' desktops, are told apart."""
    assert texts.tooltip(Snapshot(robot="PC-07", connected=True), now) == "Robot PC-07: Ready"
    assert len(texts.tooltip(Snapshot(robot="склад " * 50, problem="x" * 200, state=RobotState.ERROR), now)) <= 127


def test_last_outcome(now, failed):
    """The last outcome shows the time, and the day only if it was another day."""
    clock = failed.ended_at.astimezone().strftime("%H:%M")
    assert texts.last_outcome_line(None, now) == "No jobs yet"
    assert texts.last_outcome_line(failed, failed.ended_at) == f"Last: payroll — failed, {clock}"
    assert texts.last_outcome_line(failed, now + timedelta(days=2)) == f"Last: payroll — failed, 24.11.2026 {clock}"


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (JobStatus.SUCCESS, "succeeded"),
        (JobStatus.FAILED, "failed"),
        (JobStatus.STOPPED, "stopped"),
        (JobStatus.ABORTED, "aborted"),
    ],
)
def test_every_final_status_has_a_word(status, word):
    """Each way to end has its own word."""
    assert texts.outcome_word(status) == word


@pytest.mark.parametrize(
    ("connected", "undelivered", "line"),
    [
        (None, 0, "Connecting…"),
        ("nobody asks", 0, "Not connected"),
        (True, 0, "Connected"),
        (False, 0, "Connection error"),
        (False, 1, "Connection error · 1 report waits"),
        (True, 3, "Connected · 3 reports wait"),
    ],
)
def test_connection(connected, undelivered, line):
    """The connection line says what isn't delivered yet; nothing is called connecting that doesn't connect."""
    snapshot = Snapshot(connected=connected, undelivered=undelivered)
    if connected == "nobody asks":
        snapshot = Snapshot(state=RobotState.ERROR, problem="host: is missing")
    assert texts.connection_line(snapshot) == line


def test_a_journal_that_cannot_be_written_is_seen():
    """The robot seems to do nothing while it waits for its journal: the menu says so."""
    snapshot = Snapshot(connected=True, undelivered=1, journal_problem="The disk is full.")
    assert texts.connection_line(snapshot) == "Connected · 1 report waits · waits for the journal"


def test_reports_of_another_orchestrator_are_seen():
    """After a change of settings a person sees that something still waits for the old Orchestrator."""
    line = texts.connection_line(Snapshot(connected=True, undelivered=1, strangers=2))
    assert line == "Connected · 1 report waits · 2 reports of another Orchestrator wait"
