"""The private folders of runs that can't be removed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from app.jobs import run_folder
from app.jobs.run_folder import RunFolders

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_folder_that_cannot_be_removed_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many runs come after it; when it can be, it goes."""
    folders = RunFolders(tmp_path)
    left = folders.make("00000000-0000-4000-8000-000000000001").path

    def held(path: Path) -> None:
        raise PermissionError(13, "held open", str(path))

    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING):
        patch.setattr(run_folder, "remove_tree", held)
        assert not folders.remove(left)
        for number in range(2, 6):
            folders.make(f"00000000-0000-4000-8000-00000000000{number}")
    assert [record.getMessage() for record in caplog.records if str(left) in record.getMessage()] == [
        f"The private folder of a run can't be removed now: [Errno 13] held open: '{left}'"
    ]
    folders.make("00000000-0000-4000-8000-000000000006")
    assert not left.exists()
