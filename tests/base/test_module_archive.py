"""The Windows program's archive of modules, as PyInstaller's reader opens it: for each module anew."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from app.base import module_archive

if TYPE_CHECKING:
    from pathlib import Path

READER = """
opened = []

def read(name, place, length):
    with open(name, "rb") as file:
        opened.append(file)
        file.seek(place)
        return file.read(length)
"""


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module that reads as PyInstaller's does."""
    made = ModuleType("pyimod01_archive")
    exec(READER, vars(made))  # noqa: S102 - our own source
    monkeypatch.setitem(sys.modules, made.__name__, made)
    return made


def test_one_opening_serves_all_modules_until_it_is_let_go(reader: ModuleType, tmp_path: Path) -> None:
    """A command is imported from one open file; afterwards nothing holds it, and it is found where it is read again."""
    archive = tmp_path / "modules.pyz"
    archive.write_bytes(b"first second")
    module_archive.keep_open()
    assert [reader.read(str(archive), *place) for place in ((0, 5), (6, 6), (0, 5))] == [b"first", b"second", b"first"]
    assert len(set(map(id, reader.opened))) == 1
    module_archive.let_go()
    assert reader.opened[0].closed
    archive.write_bytes(b"other")
    assert reader.read(str(archive), 0, 5) == b"other"
    assert reader.opened[-1].closed


def test_from_sources_there_is_no_archive() -> None:
    """Nothing happens where nothing is packed."""
    assert "pyimod01_archive" not in sys.modules
    module_archive.keep_open()
    module_archive.let_go()
