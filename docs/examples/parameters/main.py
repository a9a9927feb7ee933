"""Moves old files of a folder into another one; which, the job's Task says."""

import shutil
import time
from pathlib import Path

import robot_job


def main():
    asked = robot_job.parameters()  # {} where the job has no Task
    folder = Path(asked.get("folder", "inbox"))  # relative: beside this script
    days = asked.get("days", 30)
    archive = folder / asked.get("archive", "archive")
    archive.mkdir(parents=True, exist_ok=True)
    moved = 0
    for file in sorted(folder.iterdir()):
        if file.is_file() and time.time() - file.stat().st_mtime > days * 86400:
            shutil.move(file, archive / file.name)
            print("moved", file.name)
            moved += 1
    robot_job.result({"moved": moved})


if __name__ == "__main__":
    main()
