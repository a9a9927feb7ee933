"""One robot per data folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.base.errors import AlreadyRunningError, ExitCode, RobotError
from app.system.data_lock import DataLock

if TYPE_CHECKING:
    from pathlib import Path


def test_a_second_robot_is_kept_out_of_the_data_folder(tmp_path: Path) -> None:
    """While one holds the folder, another gets an error that names it; afterwards it may come in."""
    file = tmp_path / "data" / "robot.lock"
    with DataLock(file):
        with pytest.raises(AlreadyRunningError, match="data") as caught, DataLock(file):
            pass
        assert caught.value.exit_code == ExitCode.ALREADY_RUNNING
    with DataLock(file):
        pass


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A file where the folder should be is a clear error, not a traceback."""
    (tmp_path / "data").write_text("")
    with pytest.raises(RobotError, match="data"), DataLock(tmp_path / "data" / "robot.lock"):
        pass
