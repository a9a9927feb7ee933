"""Data folders of before: what waits there is known at the next start."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from app.base.paths import DataPaths
from app.journal.journal import Journal
from app.orchestrator.origin import origin_of
from app.orchestrator.vocabulary import JobStatus
from app.program.data_folders import left_behind, remember

if TYPE_CHECKING:
    from pathlib import Path

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"
OTHER = "5a9db0c5-0000-4000-8000-000000000001"


@pytest.fixture(autouse=True)
def _own_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.program.data_folders.user_state_dir", lambda: tmp_path / "state")


def a_report_waits(folder: Path) -> Journal:
    """The journal of a robot that could not deliver its last outcome."""
    folder.mkdir()
    origin = origin_of("http://orchestrator", GUID)
    journal = Journal.open(DataPaths(folder).journal, origin=origin)
    journal.begin_job("a", "job", "", "mark", datetime.now(UTC), folder / "a.log", origin)
    journal.finish_job("a", JobStatus.SUCCESS, datetime.now(UTC), 0, "", "")
    return journal


def test_what_waits_in_an_earlier_folder_is_told_until_it_is_gone(tmp_path: Path) -> None:
    """At each start with another folder, for this robot alone; what is delivered is told no more, and nothing stays."""
    old, new = tmp_path / "старая", tmp_path / "new"
    journal = a_report_waits(old)
    remember(GUID, old)
    assert left_behind(GUID, old) == {}
    assert left_behind(GUID.upper(), new) == {old: 1}
    assert left_behind(OTHER, new) == {}
    remember(GUID, new)
    assert left_behind(GUID, new) == {old: 1}
    journal.delivered(journal.outbox()[0].id)
    journal.close()
    assert left_behind(GUID, new) == {}
    remember(GUID, new)
    assert list((tmp_path / "state").iterdir()) == []


def test_a_folder_in_which_nothing_waits_is_not_remembered(tmp_path: Path) -> None:
    """A robot whose reports have all arrived leaves no trace of where it worked."""
    remember(GUID, tmp_path / "one")
    assert not (tmp_path / "state").exists()


def test_a_memory_that_cannot_be_kept_holds_nobody_up(tmp_path: Path) -> None:
    """A file where its folder should be."""
    (tmp_path / "state").write_text("")
    a_report_waits(tmp_path / "one").close()
    remember(GUID, tmp_path / "one")
    assert left_behind(GUID, tmp_path / "two") == {}
