"""Every test starts in English."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.base.i18n import set_language
from tests.contract.conftest import home, orchestrator, robot

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["home", "orchestrator", "robot"]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """The language of one test doesn't reach the next."""
    set_language("en")
    yield
    set_language("en")
