"""Pages in every dress: light and dark, wide and as wide as a phone, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.base.i18n import set_language

if TYPE_CHECKING:
    from tests.browser.chromium import Chromium

DRESSES = [(language, width, dark) for language, width in (("en", 1280), ("ru", 390)) for dark in (False, True)]
in_every_dress = pytest.mark.parametrize(
    ("language", "width", "dark"),
    DRESSES,
    ids=[f"{lang}-{width}-{'dark' if dark else 'light'}" for lang, width, dark in DRESSES],
)
LOADED = "document.readyState === 'complete'"


def assert_sound(browser: Chromium, root: str, pages: dict[str, str], *, language: str, width: int, dark: bool) -> None:
    """Contrast, names, roles and order of each page are right, nothing is wider than the window, nothing complains.

    `pages` are paths below `root`, each with the expression that holds when it is ready to be looked at.
    """
    set_language(language)
    try:
        for path, ready in pages.items():
            page = browser.open(root + path, width=width, dark=dark)
            page.wait_until(ready)
            assert page.axe() == [], path
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            assert page.complaints() == [], path
            page.close()
    finally:
        set_language("en")
