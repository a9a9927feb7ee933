"""*Now* of the robot's own page in a browser: live, and under a person's hands."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from app.base.i18n import set_language
from app.base.paths import DataPaths
from app.gateway.records import Progress
from app.journal.journal import Journal
from app.orchestrator.origin import Origin, origin_of
from app.orchestrator.vocabulary import JobStatus
from app.robot.state import RobotState, ShownJob
from tests.contract.robot_process import wait_until
from tests.page.served import GUID, NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.chromium import Chromium, Page
    from tests.page.served import Served

pytestmark = pytest.mark.browser
TEXT = "document.querySelector('main').innerText"


def fill(served: Served) -> ShownJob:
    """A robot at work: a job with progress and output, reports that wait, runs of each kind."""
    journal = Journal.open(DataPaths(served.data).journal)
    ours, theirs = origin_of("http://127.0.0.1:9", GUID), Origin("https://old.example", "abcdef0123456789")
    statuses = [JobStatus.SUCCESS, JobStatus.FAILED, JobStatus.STOPPED, JobStatus.ABORTED, JobStatus.SUCCESS]
    for number, status in enumerate(statuses):
        started = NOW - timedelta(minutes=50 - 10 * number)
        origin = theirs if number == 4 else ours
        journal.begin_job(f"g{number}", f"почта/{number}", "", "m", started, served.data / f"{number}.log", origin)
        journal.finish_job(f"g{number}", status, started + timedelta(minutes=3), 1, "Exit code.", "ValueError: счёт")
    rows = {row.job_guid: row for row in journal.outbox()}
    journal.attempt_failed(rows["g0"].id, "timed out after 10 s")
    journal.dead_letter(rows["g1"].id, "409: unknown job")
    journal.close()
    job = ShownJob(
        "job-1", "finance/счета", NOW - timedelta(seconds=75), served.data / "job.log",
        task_name="INV-17", task_number="5", progress=Progress(3, 8, "reads statements"),
    )  # fmt: skip
    job.log_file.write_text("first line\nвторая строка\n", "utf-8")
    served.board.publish(state=RobotState.WORKING, job=job, last=None)
    served.board.heard_at = NOW
    return job


@pytest.fixture
def job(served: Served) -> ShownJob:
    """The one that runs."""
    return fill(served)


@pytest.fixture
def now(browser: Chromium, served: Served, job: ShownJob) -> Iterator[Page]:
    """The page of that robot, open."""
    page = browser.open(served.root + "now")
    yield page
    page.close()


def test_it_lives(now: Page, served: Served, job: ShownJob) -> None:
    """Output and states come by themselves; when the robot has ended it says so, and of when the page is."""
    assert "finance/счета" in now.evaluate(TEXT)
    with job.log_file.open("a", encoding="utf-8") as log:
        log.write("третья\n")
    now.wait_until("output.textContent === 'first line\\nвторая строка\\nтретья\\n'")
    assert now.evaluate("document.querySelector('.run.f a').href").endswith("/history/g1")
    served.board.publish(state=RobotState.READY, job=None, paused=True)
    now.wait_until("!document.getElementById('no-job').hidden && word.textContent === 'Paused'")
    assert now.evaluate("gone.hidden")
    assert now.complaints() == []
    served.server.close()
    now.wait_until("!gone.hidden && gone.textContent.includes('The robot has ended; this page is of')")


def test_buttons_do_what_the_menu_does(now: Page, served: Served) -> None:
    """Stop, Pause, Force stop after a question that names the job; a question that is answered with no asks nothing."""
    now.click("#stop")
    now.click("#pause")
    now.click("#force")
    assert "finance/счета" in now.evaluate("question.textContent")
    now.click("#no")
    now.click("#force")
    now.call("Input.dispatchKeyEvent", type="keyDown", key="Escape", code="Escape", windowsVirtualKeyCode=27)
    now.wait_until("!document.getElementById('ask').open")
    now.click("#force")
    now.click("#yes")
    now.wait_until("!document.getElementById('ask').open")
    wait_until(lambda: len(served.asked.calls) == 3)
    assert served.asked.calls == ["stop_job", "pause", "abort_job"]


def test_a_question_about_a_job_ends_with_it(now: Page, served: Served, job: ShownJob) -> None:
    """The next job can't be stopped by an answer to a question about this one."""
    now.click("#force")
    served.board.publish(job=None, state=RobotState.READY)
    now.wait_until("!document.getElementById('ask').open")
    assert served.asked.calls == []


def test_the_keyboard_reaches_everything(now: Page) -> None:
    """Each button and link comes in turn, and the focus is seen."""
    reached = []
    for _ in range(30):
        now.call("Input.dispatchKeyEvent", type="rawKeyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
        now.call("Input.dispatchKeyEvent", type="keyUp", key="Tab", code="Tab", windowsVirtualKeyCode=9)
        reached.append(now.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
        if now.evaluate("document.activeElement.matches('button')"):
            assert now.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert {"pause", "stop", "force", "output", "All runs", "History", "Settings"} <= set(reached)


@pytest.mark.parametrize(
    ("language", "width", "dark"), [("en", 1280, False), ("ru", 390, True), ("ru", 1280, True), ("en", 390, False)]
)
@pytest.mark.usefixtures("axe", "job")
def test_axe_finds_nothing(browser: Chromium, served: Served, language: str, width: int, dark: bool) -> None:
    """Contrast, names, roles and order are right in every dress; nothing is wider than the window."""
    set_language(language)
    try:
        page = browser.open(served.root + "now", width=width, dark=dark)
        assert page.axe() == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.click("#force")
        assert page.axe() == []
        page.close()
    finally:
        set_language("en")
