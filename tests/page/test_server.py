"""The frame of the page: sections, opening and closing."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import requests

from app.base.errors import RobotError
from app.page.context import SECTIONS

if TYPE_CHECKING:
    from tests.page.served import Served


@pytest.mark.parametrize("section", SECTIONS)
def test_each_section_leads_to_all_others(served: Served, section: str) -> None:
    """A page of HTML with the navigation, its own place marked; no link says the token."""
    reply = served.get(section)
    assert reply.status_code == 200
    assert [f'href="{name}"' in reply.text for name in SECTIONS] == [True] * len(SECTIONS)
    assert f'href="{section}" aria-current="page"' in reply.text
    assert served.root.split("/")[3] not in reply.text


def test_the_root_leads_to_now(served: Served) -> None:
    """Whoever opens the page sees what the robot does."""
    assert served.get("").url == served.root + "now"


def test_the_robots_end_is_the_pages_end(served: Served) -> None:
    """Nothing listens any more, and nothing opens it again."""
    served.server.close()
    with pytest.raises(requests.ConnectionError):
        served.get("now")
    with pytest.raises(RobotError):
        served.server.address("now")


def test_a_request_that_takes_long_does_not_hold_up_the_end(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The robot ends while somebody still waits for an answer, who then gets none."""
    asked, go_on = threading.Event(), threading.Event()

    def slow(*_about: object) -> str:
        asked.set()
        go_on.wait(60)
        return ""

    monkeypatch.setattr("app.page.present.shown_leaving", slow)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(served.get, "now/live")
        assert asked.wait(20)
        served.server.close()
        assert isinstance(waiting.exception(20), requests.ConnectionError)
        with pytest.raises(requests.ConnectionError):
            served.get("now")
        go_on.set()
