"""What runs have kept, on the page of past runs."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING
from urllib.parse import unquote

from app.history.kept import BUDGET
from app.history.page import render, write_history
from app.orchestrator.vocabulary import JobStatus
from tests.history.samples import NOW, Samples, record
from tests.history.test_page import Elements

if TYPE_CHECKING:
    from pathlib import Path


def kept(folder: Path, name: str) -> Path:
    """A file that the run of `record()` has kept."""
    file = folder / "evidence" / record().guid / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"what a screen shows")
    return file


def test_the_page_beside_them_leads_to_them(tmp_path: Path) -> None:
    """By a relative link, whatever they are called; nothing of what is in them is in the page."""
    names = ["a&b #1 «отчёт».txt", "screen-101500.png"]
    for name in names:
        kept(tmp_path, name)
    page = tmp_path / "history.html"
    source = Samples([record(status=JobStatus.FAILED)])
    write_history(source, page, robot_name="BUH-07", now=NOW, zone=UTC, evidence=tmp_path / "evidence")
    text = page.read_text("utf-8")
    links = [unquote(a["href"] or "") for a in Elements(text).all("a") if (a["href"] or "").startswith("evidence")]
    assert [(tmp_path / link).read_bytes() for link in links] == [b"what a screen shows"] * 2
    assert "Kept:" in Elements(text).text
    assert "what a screen shows" not in text
    assert "file:" not in text


def test_the_page_elsewhere_names_them(tmp_path: Path) -> None:
    """What would lead nowhere is no link."""
    kept(tmp_path, "screen-101500.png")
    page = tmp_path / "elsewhere" / "history.html"
    page.parent.mkdir()
    write_history(Samples([record()]), page, robot_name="BUH-07", now=NOW, zone=UTC, evidence=tmp_path / "evidence")
    text = page.read_text("utf-8")
    assert "screen-101500.png" in text
    assert record().guid not in text


def test_what_has_gone_is_not_named(tmp_path: Path) -> None:
    """As all of it goes with the logs."""
    kept(tmp_path, "screen.png").unlink()
    text = render(Samples([record()]), robot_name="BUH-07", now=NOW, zone=UTC, evidence=tmp_path / "evidence")
    assert "Kept:" not in text


def test_there_is_an_end_to_it(tmp_path: Path) -> None:
    """The page stays one that can be opened."""
    for number in range(2_000):
        kept(tmp_path, f"{number} {'ж' * 80}")
    usual, long = (
        len(render(Samples([record()]), robot_name="BUH-07", now=NOW, zone=UTC, evidence=folder, linked=True))
        for folder in (None, tmp_path / "evidence")
    )
    assert usual + BUDGET / 4 < long < usual + BUDGET
