"""A person's changes go into the file that is the person's own, and nothing is lost on the way."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest

from app.base.errors import SettingsError
from app.base.replacing import ChangedMeanwhileError
from app.settings.loading import load_settings
from app.settings.own_file import read_own_file, write_changes
from tests.settings.conftest import GUID, NEEDED, no_file_longer_than

if TYPE_CHECKING:
    from pathlib import Path


def change(file: Path, **changes: str | float | bool | None) -> None:
    """Read the file and write the changes."""
    write_changes(read_own_file(file), changes)


def test_the_bytes_of_before_stay(tmp_path: Path) -> None:
    """BOM, line ends and comments are in the file as they were."""
    file = tmp_path / "robot.toml"
    before = b"\xef\xbb\xbf" + NEEDED.replace("\n", "\r\n").encode() + "# по-русски\r\npoll_seconds = 5".encode()
    file.write_bytes(before)
    change(file, poll_seconds=7)
    assert file.read_bytes() == before.replace(b"= 5", b"= 7")
    assert [each.name for each in tmp_path.iterdir()] == ["robot.toml"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX rights")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_rights_and_owner_stay(tmp_path: Path, mode: int) -> None:
    """Who might read and write the file before may do so afterwards, and nobody else."""
    file = tmp_path / "robot.toml"
    file.write_text(NEEDED)
    file.chmod(mode)
    if os.getuid() == 0:
        os.chown(file, 1234, 2345)
    before = file.stat()
    change(file, poll_seconds=7)
    now = file.stat()
    assert (stat.S_IMODE(now.st_mode), now.st_uid, now.st_gid) == (mode, before.st_uid, before.st_gid)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a right there")
def test_a_link_stays_one(tmp_path: Path) -> None:
    """What the link leads to is changed."""
    real, link = tmp_path / "kept elsewhere" / "ours.toml", tmp_path / "robot.toml"
    real.parent.mkdir()
    real.write_text(NEEDED)
    link.symlink_to(real)
    change(link, poll_seconds=7)
    assert link.is_symlink()
    assert load_settings(real, {}).settings.poll_seconds == 7


def test_a_file_that_is_not_there_is_made_from_the_template(tmp_path: Path) -> None:
    """It holds the credential: it is its user's only."""
    file = tmp_path / "new" / "robot.toml"
    change(file, host="http://o", robot_guid=GUID, poll_seconds=7)
    settings = load_settings(file, {}).settings
    assert (settings.host, settings.guid, settings.poll_seconds) == ("http://o", GUID, 7)
    assert file.stat().st_mode & 0o777 == 0o600 or sys.platform == "win32"
    text = file.read_text("utf-8-sig")
    assert "# verify_tls = true" in text


def test_what_somebody_else_has_written_meanwhile_stays(tmp_path: Path) -> None:
    """A file that was changed, made or removed since it was read is not overwritten."""
    file = tmp_path / "robot.toml"
    not_there = read_own_file(file)
    file.write_text(NEEDED)
    read = read_own_file(file)
    with pytest.raises(ChangedMeanwhileError):
        write_changes(not_there, {"poll_seconds": 7})
    file.write_text(NEEDED + "poll_seconds = 1")
    with pytest.raises(ChangedMeanwhileError):
        write_changes(read, {"poll_seconds": 7})
    assert file.read_text() == NEEDED + "poll_seconds = 1"
    file.unlink()
    with pytest.raises(ChangedMeanwhileError):
        write_changes(read, {"poll_seconds": 7})
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_to_be_read_only_stays_as_it_is(tmp_path: Path) -> None:
    """Its folder would let it be replaced, but somebody has said that it is not to be written."""
    file = tmp_path / "robot.toml"
    file.write_text(NEEDED)
    file.chmod(0o444)
    with pytest.raises(SettingsError, match=r"can't be written: access denied") as caught:
        change(file, poll_seconds=7)
    assert str(file) in caught.value.message
    assert file.read_text() == NEEDED


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    """What could not be written whole is not there at all, and the old file is."""
    file = tmp_path / "robot.toml"
    file.write_text(NEEDED + "#" * 5000)
    own = read_own_file(file)
    with no_file_longer_than(4096), pytest.raises(SettingsError, match="can't be written"):
        write_changes(own, {"poll_seconds": 7})
    assert file.read_text() == NEEDED + "#" * 5000
    assert [each.name for each in tmp_path.iterdir()] == ["robot.toml"]


@pytest.mark.parametrize("data", [b"host = \n", b"host = 'http://o\xff'\n"])
def test_what_is_no_toml_is_not_written(tmp_path: Path, data: bytes) -> None:
    """A person mends it; the file stays as it is."""
    file = tmp_path / "robot.toml"
    file.write_bytes(data)
    with pytest.raises(SettingsError) as caught:
        change(file, poll_seconds=7)
    assert str(file) in caught.value.message
    assert file.read_bytes() == data


def test_a_table_in_the_place_of_a_setting_is_for_an_editor(tmp_path: Path) -> None:
    """It is said that it can't be done from here."""
    file = tmp_path / "robot.toml"
    file.write_text("[host]\nname = 1\n")
    with pytest.raises(SettingsError, match="can't be changed from here"):
        change(file, host="http://o")
    assert file.read_text() == "[host]\nname = 1\n"


def test_nothing_that_is_shown_by_accident_holds_the_secret(tmp_path: Path) -> None:
    """Not in a traceback's or a log's words for the file."""
    file = tmp_path / "robot.toml"
    file.write_text(NEEDED)
    assert GUID[:8] not in repr(read_own_file(file))
