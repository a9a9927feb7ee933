"""The frame of the robot's own page in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.base.i18n import set_language

if TYPE_CHECKING:
    from tests.browser.chromium import Chromium
    from tests.page.served import Served

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("language", "width", "dark"), [("en", 1280, False), ("ru", 390, True)])
@pytest.mark.usefixtures("axe")
def test_axe_finds_nothing(browser: Chromium, served: Served, language: str, width: int, dark: bool) -> None:
    """Contrast, names, roles and order are right in every dress; nothing is wider than the window."""
    set_language(language)
    try:
        page = browser.open(served.root + "about", width=width, dark=dark)
        assert page.evaluate("document.documentElement.lang") == language
        assert page.axe() == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.complaints() == []
        page.close()
    finally:
        set_language("en")
