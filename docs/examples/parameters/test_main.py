"""What is older than the Task says goes, and nothing else."""

import os


def test_old_files_are_moved(robot, tmp_path):
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    old.touch(), new.touch()
    os.utime(old, (0, 0))
    robot.task({"folder": str(tmp_path), "days": 7})

    outcome = robot.run("main.py")

    assert outcome.status == 4, outcome.output
    assert outcome.result == {"moved": 1}
    assert new.exists()
    assert (tmp_path / "archive" / "old.txt").exists()
