"""The pages: the sandbox with a robot at work, the history of a busy robot, a fleet."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta, timezone
from typing import TYPE_CHECKING

from PIL import Image

from app.base.i18n import _
from app.history.fleet_page import write_fleet
from app.history.page import write_history
from app.orchestrator.vocabulary import JobStatus
from app.sandbox.faults import Fault, FaultKind
from tests.history.fleets import put_many
from tests.history.samples import NOW, SCRIPTS, Samples, busy
from tests.pictures.png import save
from tests.pictures.stage import end

if TYPE_CHECKING:
    from app.journal.records import JobRecord
    from tests.browser.chromium import Chromium, Page
    from tests.pictures.stage import Stage

NAMES = {
    "en": ("finance/invoices", "finance/statements", "mail/inbox", "payroll", "crm export", "stock report", "rates"),
    "ru": ("финансы/счета", "финансы/выписки", "почта/входящие", "зарплата", "crm export", "отчёт по складу", "курсы"),
}
RUNS, DAYS = 420, 21


def take_sandbox(stage: Stage, browser: Chromium) -> None:
    """A job of each kind, one that runs, and a fault that the robot has met."""
    sandbox = stage.sandbox
    robot = stage.robot("--headless")
    try:
        for name in ("report", "invoices"):
            sandbox.queue_job(name, task={"name": "INV-17", "parameters": {"invoice": 17}})
        stopped = sandbox.queue_job("hello", task={"name": "greeting", "parameters": {"to": "World"}})
        assert sandbox.wait_for(lambda _box: stopped.status == JobStatus.IN_PROGRESS, 20)
        sandbox.stop_job(stopped.guid)
        assert sandbox.wait_for(lambda _box: stopped.status == JobStatus.STOPPED, 20)
        sandbox.faults.add(Fault(FaultKind.STATUS, "/api/job/update", status=503))
        running = sandbox.queue_job("hello")
        assert sandbox.wait_for(lambda _box: running.status == JobStatus.IN_PROGRESS, 20)
        time.sleep(3)  # a heartbeat or two more
        page = browser.open(stage.url + "/", width=1240, height=1010)
        page.wait_until("document.querySelectorAll('#jobs tr').length > 3")
        _save(page, f"sandbox-{stage.language}", stage)
    finally:
        end(robot)


def take_history(stage: Stage, browser: Chromium) -> None:
    """Three weeks of office hours."""
    reasons = {
        JobStatus.SUCCESS: _("The script ended normally."),
        JobStatus.FAILED: _("The script ended with exit code {code}.").format(code=1),
        JobStatus.STOPPED: _("The script stopped when it was asked to."),
        JobStatus.ABORTED: _("The script was ended by force."),
    }
    names = dict(zip(SCRIPTS, NAMES[stage.language], strict=True))

    def retold(record: JobRecord) -> JobRecord:
        reason = reasons[record.status] if record.status else ""
        return replace(record, name=names[record.name], reason=reason, last_line="")

    file = stage.home / "history.html"
    records = [retold(record) for record in busy(RUNS, DAYS)]
    write_history(Samples(records), file, robot_name="BUH-PC-07", now=NOW, zone=timezone(timedelta(hours=3)))
    _save(browser.open(file.as_uri(), width=1180, height=1150), f"history-{stage.language}", stage)


def take_fleet(stage: Stage, browser: Chromium) -> None:
    """Fifty robots, one of each kind in front."""
    folder = stage.home / "fleet"
    put_many(folder, 50, runs=60)
    write_fleet(folder, stage.home / "fleet.html", NOW, timezone(timedelta(hours=3)))
    page = browser.open((stage.home / "fleet.html").as_uri(), width=1240, height=820)
    _save(page, f"fleet-{stage.language}", stage)


def _save(page: Page, name: str, stage: Stage) -> None:
    file = stage.home / f"{name}.png"
    page.screenshot(file, whole=False)
    page.close()
    save(Image.open(file), name)
