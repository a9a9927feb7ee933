"""What `robot status` says of each condition, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.base.i18n import set_language
from app.status.file import Condition, Found
from app.status.words import describe
from tests.status.samples import NOON, status

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=["en", "ru"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each language, and the first again."""
    yield set_language(request.param)
    set_language("en")


def test_a_robot_at_work(language: str) -> None:
    """State, job, what waits, the last outcome with its reason."""
    said = describe(Found(Condition.RUNNING, status(leaving_at=None)), NOON)
    for word in ("счета", "invoices", "It failed.", "2", "https://orchestrator.example.com", "3 / 10  третий счёт"):
        assert word in said
    assert ("Working since" in said) == (language == "en")
    assert "4711" not in said


def test_no_robot(language: str) -> None:
    """Never, ended with its reason, or dead with what it was at: each is told from the others."""
    never = describe(Found(Condition.NONE), NOON)
    ended = describe(Found(Condition.ENDED, status(state="ended", job=None, problem="Refused.")), NOON)
    dead = describe(Found(Condition.DEAD, status()), NOON)
    assert len({never, ended, dead}) == 3
    assert "Refused." in ended
    assert "4711" in dead
    assert "счета" in dead
    begins = "No robot runs" if language == "en" else "Робот не запущен"
    assert all(text.startswith(begins) for text in (never, ended, dead))
