"""What a script finds when the robot runs it, and which file a job's name means."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.contract.orchestrator import FAILED, IN_PROGRESS, STOPPED, SUCCESS
from tests.contract.robot_process import GUID

if TYPE_CHECKING:
    from tests.contract.orchestrator import Orchestrator
    from tests.contract.robot_process import Home

LOOK = """
import json, os, pathlib, stat, sys
import robot_job
found = {
    "environment": dict(os.environ), "argv": sys.argv, "cwd": os.getcwd(), "stdin": sys.stdin.read(),
    "encoding": sys.stdout.encoding, "task": robot_job.task(), "stop": robot_job.stop_requested(),
    "file": __file__, "name": __name__, "path": sys.path[0],
}
for key, path in [("task_file", os.environ.get("ROBOT_TASK_FILE")), ("settings", sys.argv[-1].split("|")[-1])]:
    if path and os.path.isfile(path):
        found[key] = pathlib.Path(path).read_text("utf-8")
        found[key + "_mode"] = stat.S_IMODE(os.stat(path).st_mode)
        found[key + "_path"] = path
print("Привет, мир")
pathlib.Path("found.json").write_text(json.dumps(found), "utf-8")
"""
TASK = {"id": 7, "guid": "t", "name": "задача", "parameters": '{"invoices": [1, 2]}'}


def look(home: Home, folder: str = "") -> dict[str, Any]:
    """What the script noted."""
    found: dict[str, Any] = json.loads((home.scripts / folder / "found.json").read_text("utf-8"))
    return found


def test_what_a_script_finds(robot: Home, orchestrator: Orchestrator) -> None:
    """Folder, stdin, variables, task, the vendor's argument and its settings file: as promised, and gone afterwards."""
    robot.environment |= {"ROBOT_LANGUAGE": "en", "ROBOT_NOTIFICATIONS": "false", "KEPT": "yes"}
    file = robot.script("счета/отчёт за месяц", LOOK)
    job = orchestrator.queue("счета\\отчёт за месяц", task=json.dumps(TASK))
    assert robot.run_robot().code == 0
    assert job.updates == [IN_PROGRESS, SUCCESS]

    found = look(robot, "счета")
    internal = ("ROBOT_RUN_", "ROBOT_GATEWAY")  # between robot_job and the robot
    environment = found["environment"].items()
    ours = {key: value for key, value in environment if key.startswith("ROBOT_") and not key.startswith(internal)}
    assert ours == {
        "ROBOT_JOB_GUID": job.guid,
        "ROBOT_JOB_NAME": job.name,
        "ROBOT_TASK_FILE": found["task_file_path"],
        "ROBOT_HOST": orchestrator.url,
        "ROBOT_GUID": GUID,
    }
    assert found["environment"]["KEPT"] == "yes"
    assert found["cwd"] == found["path"] == str(file.parent)
    assert (found["file"], found["name"], found["stdin"]) == (str(file), "__main__", "")
    assert found["encoding"].lower() == "utf-8"
    parsed = TASK | {"parameters": {"invoices": [1, 2]}}
    assert found["task"] == parsed
    assert json.loads(found["task_file"]) == parsed
    assert found["stop"] is False
    version, job_guid, _, settings = found["argv"][1].split("|")
    assert len(found["argv"]) == 2
    assert (version, job_guid) == (job.version, job.guid)
    assert found["settings"].splitlines()[:2] == [GUID, orchestrator.url]
    assert found["settings_mode"] == found["task_file_mode"] == 0o600
    assert settings.startswith(str(robot.data / "runs"))
    assert list((robot.data / "runs").iterdir()) == []
    logs = list((robot.data / "logs" / "jobs").rglob("*.log"))
    assert len(logs) == 1
    assert "Привет, мир" in logs[0].read_text("utf-8")


def test_without_task_and_without_argument(robot: Home, orchestrator: Orchestrator) -> None:
    """`script_argument = "none"` leaves the argument out; an empty task is None, without a ROBOT_TASK_FILE."""
    robot.settings(orchestrator.url, script_argument="none")
    robot.script("look", LOOK)
    for empty in ("", "[]", "{}", "null"):
        job = orchestrator.queue("look", task=empty)
        (robot.scripts / "found.json").unlink(missing_ok=True)
        assert robot.run_robot().code == 0
        assert job.final == SUCCESS
        found = look(robot)
        assert found["argv"] == [str(robot.scripts / "look.py")]
        assert "ROBOT_TASK_FILE" not in found["environment"]
        assert found["task"] is None


def test_which_file_a_name_means(robot: Home, orchestrator: Orchestrator) -> None:
    """NAME.py, else NAME/main.py, else NAME/__main__.py; with .py, sub-folders, Cyrillic and blanks; never outside."""
    note = "open(r'%s', 'a').write(__file__ + '\\n')"
    ran = robot.folder / "ran.txt"
    note %= ran
    for name in ("both", "both/main", "main_only/main", "main_only/__main__", "package/__main__", "под папка/имя"):
        robot.script(name, note)
    outside = robot.folder / "outside.py"
    outside.write_text(note)
    (robot.scripts / "link.py").symlink_to(outside)
    good = {
        "both": "both.py",
        "both.py": "both.py",
        "both/main": "both/main.py",
        "main_only": "main_only/main.py",
        "package": "package/__main__.py",
        "под папка\\имя": "под папка/имя.py",
    }
    jobs = {name: orchestrator.queue(name) for name in good}
    names = [
        "..\\outside",
        "../outside",
        str(outside),
        str(robot.scripts / "both"),
        "link",
        "under/../../outside",
        "x\x00y",
    ]
    bad = [orchestrator.queue(name) for name in names]

    assert robot.run_robot().code == 0

    assert {name: job.final for name, job in jobs.items()} == dict.fromkeys(good, SUCCESS)
    assert [job.updates for job in bad] == [[IN_PROGRESS, FAILED]] * len(bad)
    assert ran.read_text("utf-8").splitlines() == [str(robot.scripts / file) for file in good.values()]


def test_a_cooperative_script_is_told_and_not_interrupted(robot: Home, orchestrator: Orchestrator) -> None:
    """on_stop's callback runs, stop_requested turns true, and nothing is raised in the main thread."""
    file = robot.script(
        "polite",
        "import pathlib, time, robot_job\n"
        "robot_job.on_stop(lambda: pathlib.Path('told').touch())\n"
        "pathlib.Path('begun').touch()\n"
        "while not robot_job.stop_requested(): time.sleep(0.01)\n"
        "time.sleep(0.3)\n"
        "pathlib.Path('finished').touch()\n",
    )
    job = orchestrator.queue("polite", asks=(20,), when=file.parent / "begun")
    assert robot.run_robot().code == 0
    assert job.updates == [IN_PROGRESS, STOPPED]
    assert (file.parent / "told").exists()
    assert (file.parent / "finished").exists()
