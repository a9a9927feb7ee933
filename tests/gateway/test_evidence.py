"""What a run keeps, within bounds, whatever it is handed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from app.base.logs import remove_old_evidence
from app.gateway import evidence
from app.gateway.errors import FailedError, UsageError
from app.gateway.evidence import Evidence

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def kept(tmp_path: Path) -> Evidence:
    """A run's."""
    return Evidence(tmp_path / "evidence", "7b00611f-c3ef-4d80-88f8-943536cfcaab")


def test_two_files_of_one_name_stay_apart(tmp_path: Path, kept: Evidence) -> None:
    """And a name that would lead elsewhere, or that some system refuses, doesn't."""
    paths = []
    for name in ("отчёт.txt", "a: b?.txt", "..txt"):
        file = tmp_path / name
        file.write_text(name)
        paths += [kept.attach(str(file)), kept.attach(str(file))]
    assert len(set(paths)) == 6
    assert kept.names() == [os.path.basename(path) for path in paths]  # noqa: PTH119 - texts
    assert {os.path.dirname(path) for path in paths} == {  # noqa: PTH120
        str(tmp_path / "evidence" / "7b00611f-c3ef-4d80-88f8-943536cfcaab")
    }


def test_only_files_are_kept(tmp_path: Path, kept: Evidence) -> None:
    """No folder, no device, no pipe that nobody writes to, nothing that isn't there."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", "/dev/zero"):
        with pytest.raises((UsageError, FailedError)):
            kept.attach(str(path))
    for path in (tmp_path / "nothing", "\0"):
        with pytest.raises(FailedError):
            kept.attach(str(path))
    assert kept.names() == []


def test_there_is_an_end_to_it(tmp_path: Path, kept: Evidence, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty files; a hundred megabytes in all."""
    monkeypatch.setattr(evidence, "MOST_BYTES", 1000)
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"x" * 10)
    large.write_bytes(b"x" * 995)
    for _ in range(10):
        kept.attach(str(small))
    with pytest.raises(UsageError):
        kept.attach(str(large))
    for _ in range(10):
        kept.attach(str(small))
    with pytest.raises(UsageError):
        kept.attach(str(small))
    assert len(kept.names()) == 20


def test_it_goes_with_the_logs(tmp_path: Path, kept: Evidence) -> None:
    """When everything of a run is older than the logs may be."""
    file = tmp_path / "a"
    file.touch()
    kept.attach(str(file))
    folder = tmp_path / "evidence"
    assert remove_old_evidence(folder, 30) == 0
    later = file.stat().st_mtime + 31 * 86400
    assert remove_old_evidence(folder, 30, later) == 1
    assert list(folder.iterdir()) == []
    assert remove_old_evidence(tmp_path / "none", 30) == 0


def test_a_folder_that_is_no_runs_is_somebody_elses(tmp_path: Path) -> None:
    """`data_dir` may be a folder in which somebody keeps evidence of his own, and for longer."""
    photo = tmp_path / "evidence" / "Case 17" / "photo.jpg"
    photo.parent.mkdir(parents=True)
    photo.touch()
    assert remove_old_evidence(tmp_path / "evidence", 30, photo.stat().st_mtime + 31 * 86400) == 0
    assert photo.exists()


def test_a_link_leads_nobody_to_files_of_others(tmp_path: Path, kept: Evidence) -> None:
    """What lies behind one isn't shown as the run's, gets none of its files, and isn't removed in its time."""
    foreign, evidences = tmp_path / "foreign", tmp_path / "evidence"
    foreign.mkdir()
    evidences.mkdir()
    (foreign / "letter.txt").touch()
    (evidences / "7b00611f-c3ef-4d80-88f8-943536cfcaab").symlink_to(foreign)
    assert kept.names() == []
    with pytest.raises(FailedError):
        kept.attach(str(foreign / "letter.txt"))
    assert remove_old_evidence(evidences, 30, (foreign / "letter.txt").stat().st_mtime + 31 * 86400) == 0
    assert [file.name for file in foreign.iterdir()] == ["letter.txt"]
