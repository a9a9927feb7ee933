"""One robot per GUID: `app/system/single_instance.py` on POSIX, with real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.base.errors import AlreadyRunningError, ExitCode, RobotError
from app.system.single_instance import SingleInstance, guid_hash

if sys.platform != "win32":
    import fcntl

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the lock file is POSIX's; Windows has a mutex")

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"
ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys
from app.system.single_instance import SingleInstance
print(SingleInstance(sys.argv[1]).acquire(), flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    """A user's state folder of this test alone."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def start_holder(guid: str) -> subprocess.Popen[str]:
    """Another robot: it holds the place until its standard input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, guid],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_second_robot_of_the_guid_is_refused(tmp_path):
    """While a robot's process lives, another with its GUID, however written, doesn't get in and hears why."""
    with start_holder(GUID) as other:
        assert other.stdout.readline() == "True\n"
        with pytest.raises(AlreadyRunningError) as refused, SingleInstance(f" {{{GUID.upper()}}}"):
            pass
        other.stdin.close()
    assert refused.value.exit_code == ExitCode.ALREADY_RUNNING
    assert GUID not in str(refused.value).lower()
    with SingleInstance(GUID):
        """The other one has ended, so the place is free."""


def test_a_killed_robot_leaves_the_place_free(tmp_path):
    """The lock goes with the process, even if it is killed; nobody has to remove a file."""
    with start_holder(GUID) as other:
        assert other.stdout.readline() == "True\n"
        assert not SingleInstance(GUID).acquire()
        other.kill()
        other.stdin.close()
        other.wait(10)
        place = SingleInstance(GUID)
        assert place.acquire()
        place.release()


def test_robots_of_different_guids_run_side_by_side(tmp_path):
    """The place is one GUID's, not the program's."""
    with SingleInstance(GUID), SingleInstance("another"):
        assert len(list((tmp_path / "state" / "Robot" / "locks").iterdir())) == 2


def test_the_lock_file_does_not_tell_the_guid(tmp_path):
    """The file's name carries a hash only, and others can't open the file or look into its folder."""
    with SingleInstance(GUID):
        folder = tmp_path / "state" / "Robot" / "locks"
        (file,) = folder.iterdir()
        assert file.name == f"{guid_hash(GUID)}.lock"
        assert not any(part in file.name for part in GUID.split("-"))
        assert file.stat().st_mode & 0o777 == 0o600
        assert folder.stat().st_mode & 0o777 == 0o700
    assert list(folder.iterdir()) == []


def test_who_opened_the_file_of_one_that_left_does_not_get_in_beside_a_third(monkeypatch):
    """While a robot opens the file, the one inside leaves and a third comes: two never hold the place."""
    first, second, third = SingleInstance(GUID), SingleInstance(GUID), SingleInstance(GUID)
    assert first.acquire()
    lock = fcntl.flock

    def late(handle: int, how: int) -> None:
        monkeypatch.setattr(fcntl, "flock", lock)
        first.release()
        assert third.acquire()
        lock(handle, how)

    monkeypatch.setattr(fcntl, "flock", late)
    assert not second.acquire()
    third.release()
    assert second.acquire()
    second.release()


def test_a_script_does_not_inherit_the_lock(tmp_path):
    """A process that outlives the robot doesn't keep the place taken."""
    place = SingleInstance(GUID)
    assert place.acquire()
    script = "print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False
    ) as sleeper:
        sleeper.stdout.readline()  # it runs: the kernel has closed what it doesn't inherit
        place.release()
        again = SingleInstance(GUID)
        assert again.acquire()
        again.release()
        sleeper.communicate(b"\n")


def test_acquiring_twice_and_releasing_twice_is_harmless(tmp_path):
    """The same object holds its place however often it is asked."""
    place = SingleInstance(GUID)
    assert place.acquire()
    assert place.acquire()
    place.release()
    place.release()
    with SingleInstance(GUID):
        assert not place.acquire()


def test_without_a_home_the_temporary_folder_serves(tmp_path, monkeypatch):
    """A service that may not write its home keeps the rule all the same, in a private folder."""
    (tmp_path / "state").touch()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with SingleInstance(GUID):
        assert not SingleInstance(GUID).acquire()
    assert (tmp_path / f"robot-{os.geteuid()}").stat().st_mode & 0o777 == 0o700


def test_a_place_that_somebody_else_laid_out_is_not_used(tmp_path, monkeypatch):
    """A link in the temporary folder, which anybody can make, is not followed; the error says what to do."""
    (tmp_path / "state").touch()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"robot-{os.geteuid()}").symlink_to(tmp_path / "elsewhere")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(RobotError, match=r"state.*: [\s\S]*XDG_STATE_HOME"):
        SingleInstance(GUID).acquire()
    assert not list((tmp_path / "elsewhere").iterdir())


def test_no_handle_is_left_behind(tmp_path):
    """Refused and released places leave no open file."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    with SingleInstance(GUID):
        assert not SingleInstance(GUID).acquire()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
