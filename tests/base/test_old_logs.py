"""What is older than it may be goes, and nothing that is somebody else's."""

from __future__ import annotations

import os
import time

from app.base.logs import remove_old_evidence, remove_old_logs

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"


def test_old_job_logs_are_removed(tmp_path):
    """Jobs' logs older than the limit go, with the folders that this empties; the others and what is others' stay."""
    now = 1_800_000_000.0
    for day, name, age_days in [
        ("2026-10-01", "old.times", 31),
        ("2026-10-01", "old.log", 31),
        ("2026-10-01", "old2.log", 40),
        ("2026-10-02", "old.log", 31),
        ("2026-10-02", "new.log", 29),
        ("nightly", "backup.log", 40),
    ]:
        (tmp_path / day).mkdir(exist_ok=True)
        file = tmp_path / day / name
        file.touch()
        os.utime(file, (now - age_days * 86400,) * 2)
    (tmp_path / "a file.log").touch()
    assert remove_old_logs(tmp_path, 30, now) == 3
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "2026-10-02",
        "a file.log",
        "backup.log",
        "new.log",
        "nightly",
    ]


def test_the_robots_own_old_days_go_and_links_are_not_followed(tmp_path):
    """A robot that starts now and then keeps no log for years; what a link leads to is not the robot's."""
    logs, elsewhere = tmp_path / "logs", tmp_path / "elsewhere"
    (logs / "jobs").mkdir(parents=True)
    (elsewhere / "day").mkdir(parents=True)
    old, new = logs / "robot.log.2020-01-01", logs / "robot.log.2026-11-01"
    own = (elsewhere / "day" / "own.log", elsewhere / "own.log", logs / "robot.log.mine")
    for file in (old, new, *own):
        file.touch()
        os.utime(file, (1_800_000_000.0 - (1 if file == new else 31) * 86400,) * 2)
    (logs / "jobs" / "2020-01-02").symlink_to(elsewhere / "day")
    assert remove_old_logs(logs / "jobs", 30, 1_800_000_000.0) == 1
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence" / GUID).symlink_to(elsewhere)
    assert remove_old_evidence(tmp_path / "evidence", 30, time.time() + 90 * 86400) == 0
    assert not old.exists()
    assert all(file.exists() for file in (new, *own))


def test_one_log_that_is_held_open_does_not_keep_the_others(tmp_path, monkeypatch):
    """On Windows a file that is open elsewhere can't be removed: the rest of that day still is."""
    folder = tmp_path / "2026-01-01"
    folder.mkdir()
    for name in ("a.log", "b.log", "c.log"):
        (folder / name).touch()
    unlink = type(tmp_path).unlink

    def guarded(path, **kwargs):
        if path.name == "a.log":
            raise PermissionError(13, "in use")
        unlink(path, **kwargs)

    monkeypatch.setattr(type(tmp_path), "unlink", guarded)
    assert remove_old_logs(tmp_path, 1, time.time() + 10 * 86400) == 2
    assert [path.name for path in folder.iterdir()] == ["a.log"]


def test_logs_behind_a_link_are_somebody_elses(tmp_path):
    """A link among the days' folders leads the removal nowhere."""
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "a.log").touch()
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "2026-01-01").symlink_to(foreign)
    assert remove_old_logs(tmp_path / "logs", 1, time.time() + 10 * 86400) == 0
    assert (foreign / "a.log").exists()


def test_no_folder_no_work(tmp_path):
    """Before the first job there is nothing to remove."""
    assert remove_old_logs(tmp_path / "none", 1) == 0
