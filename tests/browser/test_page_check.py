"""Check and About as people meet them in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.dress import assert_sound, in_every_dress
from tests.page.test_check_and_about import FINDINGS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.chromium import Chromium
    from tests.page.served import Served

pytestmark = pytest.mark.browser


@in_every_dress
@pytest.mark.usefixtures("axe")
def test_axe_finds_nothing(
    browser: Chromium, served: Served, tmp_path: Path, dark: bool, width: int, language: str
) -> None:
    """Contrast, names, roles and order are right in every dress; nothing is wider than the window."""
    served.facts.findings = FINDINGS
    served.facts.texts = [tmp_path / "LICENSE"]
    served.facts.texts[0].write_text("MIT", "utf-8")
    assert_sound(
        browser,
        served.root,
        {"check#run": "!document.getElementById('summary').hidden", "about": "true", "about/licences/0": "true"},
        language=language,
        width=width,
        dark=dark,
    )


def test_a_check_by_keyboard(browser: Chromium, served: Served) -> None:
    """Enter begins it; the table says everything in words, markup is text; it can be had as text and made again."""
    served.facts.findings = FINDINGS
    page = browser.open(served.root + "check")
    page.wait_until("document.readyState === 'complete'")
    page.evaluate("document.getElementById('go').focus()")
    for kind in ("keyDown", "keyUp"):
        page.call("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")
    page.wait_until("!document.getElementById('summary').hidden")
    rows = "[...document.querySelectorAll('#findings tbody tr')].map(row => row.innerText.replace(/\\s+/g, ' '))"
    assert page.evaluate(rows)[2] == "wrong Robot's GUID Unknown \\u202e<b>. Copy it from the Orchestrator."
    page.click("#copy")
    page.wait_until("document.getElementById('status').textContent === 'Copied.' || getSelection().toString()")
    served.facts.findings = FINDINGS[:1]
    page.click("#go")
    page.wait_until("document.querySelectorAll('#findings tbody tr').length === 1")
    page.wait_until("document.getElementById('summary').textContent === 'The robot can work here.'")
    assert page.complaints() == []
    page.close()


def test_folders_open_from_about(browser: Chromium, served: Served) -> None:
    """On the robot's machine."""
    page = browser.open(served.root + "about")
    page.wait_until("document.readyState === 'complete'")
    page.click("[data-open=logs]")
    page.wait_until("!document.querySelector('[data-open=logs]').disabled")
    assert served.facts.opened == [str(served.data / "logs")]
    page.close()
