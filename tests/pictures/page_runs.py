"""The robot's own page: history, a failed run with its pictures, logs, the check, About; in the dark and on a phone."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from PIL import Image

from app.base.i18n import _, set_language
from app.base.paths import BUNDLE_DIR
from app.check.findings import error, ok, skipped, warning
from app.orchestrator.vocabulary import JobStatus
from tests.page.past import Past, past
from tests.page.served import served, settings_text
from tests.pictures.page_settings import NEUTRAL
from tests.pictures.png import save

if TYPE_CHECKING:
    from pathlib import Path

    from app.check.findings import Finding
    from tests.browser.chromium import Chromium, Page
    from tests.page.served import Served
    from tests.pictures.stage import Stage

HOST = "https://orchestrator.example.org"
FAILED = "5f3c9a17-0b52-4c8e-9d0a-7e1f64c2b8aa"
NAMES = {
    "en": ("finance/invoices", "finance/statements", "mail/inbox", "payroll", "stock report"),
    "ru": ("финансы/счета", "финансы/выписки", "почта/входящие", "зарплата", "отчёт по складу"),
}
STEP = {"en": "INV-17: supplier", "ru": "INV-17: поставщик"}
FILE = {"en": "left-over.csv", "ru": "не внесено.csv"}
LEVELS = ("INFO", "INFO", "INFO", "WARNING", "INFO", "INFO", "INFO", "ERROR", "INFO")


def take_runs(stage: Stage, browser: Chromium) -> None:
    """Eight pictures in the language of the stage."""
    set_language(stage.language)
    folder = stage.home / "runs"
    (folder / "scripts").mkdir(parents=True)
    (folder / "robot.toml").write_text(settings_text(folder / "data", host=HOST, scripts="scripts"), "utf-8")
    with past(folder / "data", HOST) as runs, served(folder) as robot:
        put_in(runs, stage.language)
        robot.facts.findings = findings()
        robot.facts.texts = [BUNDLE_DIR / "LICENSE"]
        run, level = f"history/{FAILED}", "logs/view?file=robot.log"
        for name, path, width, height, dark in (
            ("run", run, 1180, 1620, False),
            ("run-phone", run, 390, 1500, True),
            ("page-history", "history", 1180, 1150, True),
            ("logs", "logs", 1180, 700, False),
            ("log", level, 1180, 700, True),
            ("page-check", "check#run", 1180, 640, False),
            ("page-check-phone", "check#run", 390, 1100, True),
            ("about", "about", 1180, 560, False),
        ):
            page = browser.open(robot.root + path, width=width, height=height, dark=dark)
            page.wait_until("document.readyState === 'complete'")
            page.wait_until("!document.getElementById('check') || !document.getElementById('summary').hidden")
            page.wait_until("[...document.images].every((image) => image.complete)")
            _save(page, robot, f"{name}-{stage.language}", stage)


def put_in(runs: Past, language: str) -> None:
    """Five days of runs, a failed one, and what the robot has written of them."""
    names = NAMES[language]
    good, bad = _("The script ended normally."), _("The script ended with exit code {code}.").format(code=1)
    for number in range(45):
        failed = number % 11 == 4
        runs.run(
            f"{number:08x}-0000-4000-8000-000000000000",
            JobStatus.FAILED if failed else JobStatus.SUCCESS,
            ago=timedelta(hours=2.6 * number + 1),
            name=names[number % 5],
            reason=bad if failed else good,
            last_line="ValueError: 40702" if failed else "",
        )
    runs.failed_with_pictures(FAILED, names[0], step=STEP[language], reason=bad, file=FILE[language])
    write_log(runs.paths.robot_log, names)


def write_log(file: Path, names: tuple[str, ...]) -> None:
    """Some minutes of the robot's own."""
    lines = []
    for number in range(60):
        level = LEVELS[number % len(LEVELS)]
        text = {
            "INFO": f"Job {number:08x}: {names[number % 5]} has begun",
            "WARNING": "The Orchestrator answers slowly: 4.2 s",
            "ERROR": f"Job {number:08x} has failed: exit code 1",
        }[level]
        lines.append(f"2026-11-24 14:{number // 6:02}:{number % 6 * 10:02}.{number * 13 % 1000:03} {level:<7} {text}\n")
    file.write_text("".join(lines), "utf-8")
    file.with_name("robot.log.2026-11-23").write_text("".join(lines * 9), "utf-8")


def findings() -> list[Finding]:
    """A machine that is not ready yet."""
    return [
        ok("settings", "C:\\Robot\\robot.toml"),
        ok("proxy", _("none: the connection is direct")),
        ok("tcp", "orchestrator.example.org:443"),
        warning(
            "clock",
            _("This machine's clock is {seconds} s behind the server's.").format(seconds=94),
            _("Set the clock, or let Windows do it: w32tm /resync"),
        ),
        error(
            "guid",
            _("The Orchestrator refuses this robot: {reason}.").format(reason=_("code 101: robot not found")),
            _("Compare robot_guid with the Orchestrator's page Robots."),
        ),
        skipped("event_log", _("The settings must be right first.")),
    ]


def _save(page: Page, robot: Served, name: str, stage: Stage) -> None:
    place = json.dumps(str(robot.file.parent))
    page.evaluate(NEUTRAL % (place, place))
    page.evaluate("scrollTo(0, 0)")
    file = stage.home / f"{name}.png"
    page.screenshot(file, whole=False)
    page.close()
    save(Image.open(file), name)
