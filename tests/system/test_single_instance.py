"""One robot per GUID: `app/system/single_instance.py` on POSIX, with real processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.base.errors import AlreadyRunningError, ExitCode, RobotError
from app.system.single_instance import SingleInstance, guid_hash

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the lock file is POSIX's; Windows has a mutex")

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"
ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys
from pathlib import Path
from app.system.single_instance import SingleInstance
print(SingleInstance(sys.argv[1], Path(sys.argv[2])).acquire(), flush=True)
sys.stdin.read()
"""


def start_holder(guid: str, folder: Path) -> subprocess.Popen[str]:
    """Another robot: it holds the place until its standard input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, guid, str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_second_robot_of_the_guid_is_refused(tmp_path):
    """While a robot's process lives, another with its GUID, however written, doesn't get in and hears why."""
    with start_holder(GUID, tmp_path) as other:
        assert other.stdout.readline() == "True\n"
        with pytest.raises(AlreadyRunningError) as refused, SingleInstance(f" {{{GUID.upper()}}}", tmp_path):
            pass
        other.stdin.close()
    assert refused.value.exit_code == ExitCode.ALREADY_RUNNING
    assert GUID not in str(refused.value).lower()
    with SingleInstance(GUID, tmp_path):
        """The other one has ended, so the place is free."""


def test_a_killed_robot_leaves_the_place_free(tmp_path):
    """The lock goes with the process, even if it is killed; nobody has to remove a file."""
    with start_holder(GUID, tmp_path) as other:
        assert other.stdout.readline() == "True\n"
        assert not SingleInstance(GUID, tmp_path).acquire()
        other.kill()
        other.stdin.close()
        other.wait(10)
        place = SingleInstance(GUID, tmp_path)
        assert place.acquire()
        place.release()


def test_robots_of_different_guids_run_side_by_side(tmp_path):
    """The place is one GUID's, not the program's."""
    with SingleInstance(GUID, tmp_path), SingleInstance("another", tmp_path):
        assert len(list(tmp_path.iterdir())) == 2


def test_the_lock_file_does_not_tell_the_guid(tmp_path):
    """The file's name carries a hash only, and others can't open the file."""
    with SingleInstance(GUID, tmp_path / "data"):
        (file,) = (tmp_path / "data").iterdir()
    assert file.name == f"robot-{guid_hash(GUID)}.lock"
    assert not any(part in file.name for part in GUID.split("-"))
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_script_does_not_inherit_the_lock(tmp_path):
    """A process that outlives the robot doesn't keep the place taken."""
    place = SingleInstance(GUID, tmp_path)
    assert place.acquire()
    script = "print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False
    ) as sleeper:
        sleeper.stdout.readline()  # it runs: the kernel has closed what it doesn't inherit
        place.release()
        again = SingleInstance(GUID, tmp_path)
        assert again.acquire()
        again.release()
        sleeper.communicate(b"\n")


def test_acquiring_twice_and_releasing_twice_is_harmless(tmp_path):
    """The same object holds its place however often it is asked."""
    place = SingleInstance(GUID, tmp_path)
    assert place.acquire()
    assert place.acquire()
    place.release()
    place.release()
    with SingleInstance(GUID, tmp_path):
        assert not place.acquire()


def test_an_unusable_data_folder_is_named(tmp_path):
    """A data folder that is a file is said in words, with the remedy."""
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(RobotError, match=r"file.*can't be used[\s\S]*data_dir"):
        SingleInstance(GUID, blocked).acquire()


def test_no_handle_is_left_behind(tmp_path):
    """Refused and released places leave no open file."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    with SingleInstance(GUID, tmp_path):
        assert not SingleInstance(GUID, tmp_path).acquire()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
