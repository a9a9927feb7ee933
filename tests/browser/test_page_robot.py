"""The page of a robot that is a process of its own, in a browser: looked at and clicked, judged by the Orchestrator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.orchestrator.vocabulary import JobStatus
from tests.contract.conftest import home, orchestrator, robot
from tests.contract.robot_process import finish, wait_until
from tests.contract.test_open import address_of

if TYPE_CHECKING:
    from tests.browser.chromium import Chromium
    from tests.contract.orchestrator import Orchestrator
    from tests.contract.robot_process import Home

__all__ = ["home", "orchestrator", "robot"]
pytestmark = pytest.mark.browser

SCRIPT = """
import time
for step in range(3):
    print("шаг", step, flush=True)
time.sleep(600)
"""


def test_a_robot_at_work_is_watched_and_stopped(browser: Chromium, robot: Home, orchestrator: Orchestrator) -> None:
    """Its output arrives while it runs; Stop on the page is a soft stop.

    The page outlives changed settings, and says when the robot has ended.
    """
    robot.settings(orchestrator.url, when_idle="wait")
    robot.script("счета", SCRIPT)
    job = orchestrator.queue("счета")
    process = robot.start_robot()
    wait_until(lambda: job.updates)
    page = browser.open(address_of(robot))
    page.wait_until("output.textContent.includes('шаг 2')")
    assert page.evaluate("word.textContent") == "Working"
    page.click("#stop")
    wait_until(lambda: job.updates[-1] == JobStatus.STOPPED)
    page.wait_until("document.querySelector('.run.p a')?.textContent === 'счета'")
    robot.settings(orchestrator.url, when_idle="wait", language="ru")
    page.wait_until(
        "document.documentElement?.lang === 'ru' && document.getElementById('word')?.textContent === 'Готов'"
    )
    assert page.complaints() == []
    process.terminate()
    finish(process)
    page.wait_until("!gone.hidden && gone.textContent.includes('Робот завершил работу')")
    page.close()
