"""Logs as people meet them in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.dress import LOADED, assert_sound, in_every_dress
from tests.page.past import HOSTILE, past

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.chromium import Chromium
    from tests.page.served import Served

pytestmark = pytest.mark.browser

SHOWN = "document.querySelectorAll('#found .text').length"


def line(number: int, level: str = "INFO") -> str:
    """One of robot.log."""
    return f"2026-11-24 14:00:00.{number:03} {level:<7} Job {number}: счёт {number}\n"


@pytest.fixture
def log(served: Served) -> Path:
    """A robot's log of five hundred lines, beside one of a job."""
    with past(served.data) as runs:
        runs.begin("j1", "invoices", output=f"{HOSTILE}\nrow 1\n")
    file = served.data / "logs" / "robot.log"
    file.write_text("".join(line(number, "ERROR" if number % 50 == 7 else "INFO") for number in range(500)), "utf-8")
    return file


@in_every_dress
@pytest.mark.usefixtures("axe", "log")
def test_axe_finds_nothing(browser: Chromium, served: Served, dark: bool, width: int, language: str) -> None:
    """Contrast, names, roles and order are right in every dress; nothing is wider than the window."""
    assert_sound(
        browser,
        served.root,
        dict.fromkeys(("logs", "logs/view?file=robot.log&level=error", "logs/search?text=row&in=jobs"), LOADED),
        language=language,
        width=width,
        dark=dark,
    )


def test_a_log_is_followed(browser: Chromium, served: Served, log: Path) -> None:
    """What comes appears, once; half a line waits; what was before can be had; a new beginning is said."""
    page = browser.open(served.root + "logs/view?file=robot.log")
    page.wait_until(f"{SHOWN} === 300")
    with log.open("a", encoding="utf-8") as file:
        file.write(line(500, "WARNING") + "2026-11-24 14:00:01.000 INFO    half")
    page.wait_until(f"{SHOWN} === 301")
    with log.open("a", encoding="utf-8") as file:
        file.write(f" {HOSTILE}\n")
    page.wait_until(f"{SHOWN} === 302")
    last = "[...document.querySelectorAll('#found li')].at(-1)"
    assert "half </pre>" in page.evaluate(f"{last}.textContent")
    assert page.evaluate(f"{last}.previousElementSibling.className") == "warning"
    assert page.evaluate("document.querySelectorAll('main img, main script').length") == 0
    page.click("a.earlier")
    page.wait_until(f"{SHOWN} === 502 && !document.querySelector('a.earlier')")
    log.write_text(line(1), "utf-8")
    page.wait_until("document.getElementById('tail').textContent.includes('begun anew')")
    page.wait_until(f"{SHOWN} === 1")
    assert page.complaints() == []
    page.close()


@pytest.mark.usefixtures("log")
def test_a_search_leads_to_the_line(browser: Chromium, served: Served) -> None:
    """Typed words, ё or е; its portions come into one page; the line that was found is marked and seen."""
    page = browser.open(served.root + "logs")
    page.type("[name=text]", "СЧЕТ 4")
    page.evaluate("document.querySelector('form.search button').click()")
    page.wait_until(f"location.pathname.endsWith('search') && {SHOWN} === 100")
    page.click("a.more")
    page.wait_until(f"{SHOWN} > 100")
    page.evaluate("location.href = document.querySelector('#found .at').href")
    page.wait_until("document.querySelector('[aria-current=true] .text')?.textContent.includes('счёт 4')")
    page.wait_until(
        "(() => { const r = document.querySelector('#found [aria-current=true]').getBoundingClientRect();"
        " return r.top >= 0 && r.bottom <= innerHeight; })()"
    )
    page.close()
