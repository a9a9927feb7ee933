"""Which files of the scripts folder `robot prepare` and `robot check` look at."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from app.jobs.environments.survey import all_scripts, name_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="such files are POSIX's")
def test_what_is_no_file_is_no_script(tmp_path: Path) -> None:
    """A pipe named like a script would be read for ever; a link into nowhere can't be read at all."""
    (tmp_path / "invoices.py").touch()
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "main.py").touch()
    os.mkfifo(tmp_path / "letters" / "pipe.py")
    (tmp_path / "nowhere.py").symlink_to(tmp_path / "gone")
    (tmp_path / "folder.py").mkdir()
    assert [name_of(script) for script in all_scripts(tmp_path)] == ["invoices", "letters"]
