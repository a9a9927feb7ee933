"""Check and About over HTTP."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from app.base.errors import RobotError
from app.check.findings import Finding, error, ok, warning
from tests.history.test_page import Elements
from tests.page.served import GUID, served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pytest

    from tests.page.served import Served

FINDINGS = [
    ok("settings", "/etc/robot.toml"),
    warning("clock", f"The clock is late for {GUID}.", "Set it."),
    error("guid", "Unknown \u202e<b>.", "Copy it from the Orchestrator."),
]


def until(page: Served, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The state of the check once it is as wanted."""
    deadline = time.monotonic() + 30
    while not wanted(state := page.get("check/state").json()):
        assert time.monotonic() < deadline, state
        time.sleep(0.02)
    return dict(state)


def test_a_check_is_made_when_somebody_asks(served: Served) -> None:
    """Not before; its table, its summary, and the text that `robot check` prints."""
    served.facts.findings = FINDINGS
    assert served.get("check").status_code == 200
    assert served.get("check/state").json() == {"begun": False, "going_on": False, "rows": []}
    assert served.post("check/run", {}).status_code == 200
    state = until(served, lambda state: not state["going_on"])
    assert [(row["level"], row["word"], row["title"]) for row in state["rows"]] == [
        ("ok", "fine", "Settings"),
        ("warning", "take a look", "Clock"),
        ("error", "wrong", "Robot's GUID"),
    ]
    assert state["rows"][1]["message"] == "The clock is late for ***."
    assert (
        state["rows"][2] | {"message": "Unknown \\u202e<b>.", "remedy": "Copy it from the Orchestrator."}
        == state["rows"][2]
    )
    assert state["summary"] == "The robot can't work here yet."
    assert state["level"] == "error"
    assert "→ Set it." in state["text"]
    assert GUID not in state["text"]


def test_it_says_how_far_it_is_and_is_one_at_a_time(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Findings come as they are found; asking again meanwhile begins no second one."""
    go_on, begun = threading.Event(), []

    def slowly() -> Iterator[Finding]:
        begun.append(1)
        yield FINDINGS[0]
        go_on.wait(30)
        yield FINDINGS[1]

    monkeypatch.setattr(served.facts, "check", slowly)
    served.post("check/run", {})
    until(served, lambda state: state["going_on"] and len(state["rows"]) == 1)
    assert served.post("check/run", {}).json()["going_on"]
    go_on.set()
    assert len(until(served, lambda state: not state["going_on"])["rows"]) == 2
    assert len(begun) == 1
    served.post("check/run", {})
    until(served, lambda state: not state["going_on"] and len(begun) == 2)


def test_a_check_that_breaks_shows_what_it_has(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says that it broke."""

    def breaks() -> Iterator[Finding]:
        yield FINDINGS[0]
        raise OSError("nobody foresaw this")

    monkeypatch.setattr(served.facts, "check", breaks)
    served.post("check/run", {})
    state = until(served, lambda state: not state["going_on"])
    assert len(state["rows"]) == 1
    assert state["summary"] == "The check could not be finished."


def test_a_check_is_not_begun_by_a_link(served: Served) -> None:
    """GET does nothing, nor does a form of another site."""
    assert served.get("check/run").status_code == 405
    assert served.post("check/run", None, data="x=1").status_code in {400, 415}
    assert not served.get("check/state").json()["begun"]


def test_about_says_what_the_message_box_says(served: Served, tmp_path: Path) -> None:
    """Version, licences with their texts, places."""
    licence = tmp_path / "LICENSE"
    licence.write_text("MIT <b>License", "utf-8")
    served.facts.texts = [licence]
    found = Elements(served.get("about").text)
    for words in ("Robot 0.1.0", str(served.file), str(served.data), "MIT License; parts under", "LICENSE"):
        assert words in found.text
    assert "MIT <b>License" in Elements(served.get("about/licences/0").text).text
    assert served.get("about/licences/1").status_code == 404
    assert GUID not in served.get("about").text


def test_folders_are_opened_by_name_only(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """No path can be asked for; what can't be opened is said."""
    assert served.post("about/open", {"key": "logs"}).status_code == 200
    assert served.post("about/open", {"key": "settings-0"}).status_code == 200
    assert served.facts.opened == [str(served.data / "logs"), str(served.file.parent)]
    for key in ("/etc", "../..", None, 1, "settings-1", ["logs"]):
        assert served.post("about/open", {"key": key}).status_code == 400
    assert len(served.facts.opened) == 2

    def refuses(_target: object) -> None:
        raise RobotError("There is no program for it.")

    monkeypatch.setattr(served.facts, "open", refuses)
    answer = served.post("about/open", {"key": "logs"})
    assert answer.status_code == 409
    assert answer.json() == {"error": "There is no program for it."}


def test_before_there_are_settings(tmp_path: Path) -> None:
    """Every section can be opened while nobody knows where anything is."""
    with served(tmp_path, loaded=lambda: None, paths=lambda: None) as page:
        for path in ("history", "logs", "check", "about", "logs/search?text=x", "history/mark"):
            assert page.get(path).status_code == 200, path
        assert page.get("logs/view?file=robot.log").status_code == 404
