"""*Now* of the robot's own page: at work, on a phone in the dark, before the log-off, in trouble, after the end."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from PIL import Image

from app.base.i18n import _, set_language
from app.base.paths import DataPaths
from app.gateway.records import Progress
from app.journal.journal import Journal
from app.orchestrator.origin import Origin, origin_of
from app.orchestrator.vocabulary import JobStatus
from app.robot.state import RobotState, ShownJob
from app.status.file import write_status
from app.status.record import Process
from tests.page.served import GUID, NOW, served, settings_text
from tests.pictures.png import save
from tests.status.samples import status

if TYPE_CHECKING:
    from tests.browser.chromium import Chromium, Page
    from tests.page.served import Served
    from tests.pictures.stage import Stage

HOST = "https://orchestrator.example.org"
NAMES = {
    "en": ("finance/invoices", "finance/statements", "mail/inbox", "payroll", "stock report", "rates"),
    "ru": ("финансы/счета", "финансы/выписки", "почта/входящие", "зарплата", "отчёт по складу", "курсы"),
}
OUTPUT = {
    "en": "112 invoices in the queue\nINV-15: entered\nINV-16: entered\nINV-17: asks for the supplier\n",
    "ru": "В очереди 112 счетов\nINV-15: внесён\nINV-16: внесён\nINV-17: уточняет поставщика\n",
}
STEP = {"en": "asks for the supplier", "ru": "уточняет поставщика"}


def take_now(stage: Stage, browser: Chromium) -> None:
    """Five pictures in the language of the stage."""
    set_language(stage.language)
    folder = stage.home / "now"
    folder.mkdir()
    (folder / "robot.toml").write_text(settings_text(folder / "data", host=HOST), "utf-8")
    with served(folder) as robot:
        job = _put_in(robot, stage.language)
        robot.board.publish(state=RobotState.WORKING, job=job)
        robot.board.heard_at = NOW - timedelta(seconds=4)
        began = status(state="working", since=job.started_at, process=Process(os.getpid(), 0.0))
        write_status(DataPaths(robot.data).status, began)
        for name, width, height, dark in (("now", 1240, 1150, False), ("now-phone", 390, 1400, True)):
            _save(
                browser.open(robot.root + "now", width=width, height=height, dark=dark),
                f"{name}-{stage.language}",
                stage,
            )
        last = browser.open(robot.root + "now", width=1240, height=560)
        leaving: dict[str, Any] = {"state": RobotState.LEAVING, "job": None, "leaving_at": NOW + timedelta(seconds=12)}
        robot.board.publish(**leaving)
        _save(browser.open(robot.root + "now", width=1240, height=560), f"now-leaving-{stage.language}", stage)
        problem = _("The Orchestrator refuses this robot: {reason}.").format(reason="101")
        robot.board.publish(state=RobotState.ERROR, leaving_at=None, problem=problem, connected=None)
        _save(browser.open(robot.root + "now", width=1240, height=560), f"now-error-{stage.language}", stage)
        robot.server.close()
        last.wait_until("!gone.hidden")
        _save(last, f"now-ended-{stage.language}", stage)


def _put_in(robot: Served, language: str) -> ShownJob:
    """Runs of each kind, a report that fails and one of another Orchestrator; the job that runs."""
    names = NAMES[language]
    reasons = {
        JobStatus.FAILED: "ValueError: INV-9",
        JobStatus.STOPPED: _("The script stopped when it was asked to."),
    }
    journal = Journal.open(DataPaths(robot.data).journal)
    ours, theirs = origin_of(HOST, GUID), Origin("https://old.example.org", "abcdef0123456789")
    statuses = [JobStatus.SUCCESS, JobStatus.STOPPED, JobStatus.SUCCESS, JobStatus.FAILED, JobStatus.SUCCESS]
    for number, outcome in enumerate(statuses):
        started = NOW - timedelta(minutes=61 - 11 * number)
        owner = theirs if number == 0 else ours
        guid = f"g{number}"
        journal.begin_job(guid, names[1 + number], "", "m", started, robot.data / f"{number}.log", owner)
        journal.finish_job(
            guid, outcome, started + timedelta(minutes=1 + number, seconds=7 * number), 0, reasons.get(outcome, ""), ""
        )
    for row in journal.outbox(ours):
        if row.job_guid == "g3":
            journal.attempt_failed(row.id, "HTTP 503")
        else:
            journal.delivered(row.id)
    journal.close()
    job = ShownJob(
        "job-1", names[0], NOW - timedelta(minutes=4, seconds=12), robot.data / "job.log",
        task_name="INV-17", task_number="4217", progress=Progress(16, 112, STEP[language]),
    )  # fmt: skip
    job.log_file.write_text(OUTPUT[language], "utf-8")
    return job


def _save(page: Page, name: str, stage: Stage) -> None:
    file = stage.home / f"{name}.png"
    page.evaluate("document.fonts.ready.then(() => 0)")
    page.screenshot(file, whole=False)
    page.close()
    save(Image.open(file), name)
