"""The wheel on the author's desk: a virtual environment with pytest and it, and nothing else."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.jobs.interpreters import interpreter

ROOT = Path(__file__).parents[2]
OF_PYTEST = ("pytest", "pluggy", "iniconfig", "packaging", "pygments")
TEST = """
def test_invoices(robot):
    robot.queue("Invoices").add("INV-17", {"number": 17})
    robot.task({"month": 11})
    robot.stop_after(says="waiting")
    outcome = robot.run("main.py")
    assert outcome.status == 7, outcome
    assert outcome.task_statuses == {"INV-17": 2}
    assert outcome.result == 11

def test_a_vendors_script(robot):
    assert robot.run("vendor.py").exit_code == 0
"""
SCRIPT = """
import robot_job
for task in robot_job.queue("Invoices"):
    with task:
        print(task.parameters["number"])
robot_job.result(robot_job.parameters()["month"])
print("waiting")
while not robot_job.wait(30):
    pass
"""
TYPED = """
from pathlib import Path
import robot_job
for task in robot_job.queue("Invoices"):
    with task:
        reveal_type(task.name)
        task.postpone(17)
reveal_type(robot_job.asset("bank").password)
reveal_type(robot_job.folder())
robot_job.log("x", 1)
robot_job.quue("Invoices")
"""


def _make(folder: Path) -> Path:
    script = "import kit, pathlib, sys; print(kit.make_wheel(pathlib.Path(sys.argv[1])))"
    done = subprocess.run(
        [sys.executable, "-c", script, folder], cwd=ROOT / "build", capture_output=True, text=True, check=True
    )
    return Path(done.stdout.strip())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, made once."""
    return _make(tmp_path_factory.mktemp("dist"))


def _desk(folder: Path, wheel: Path) -> Path:
    """A virtual environment of this Python; its interpreter."""
    venv.create(folder, with_pip=False)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--python", str(python)]
    subprocess.run([*pip, "install", "--no-index", "--no-deps", str(wheel)], check=True)
    installed = next(folder.rglob("site-packages"))
    for name in OF_PYTEST:
        files = importlib.metadata.distribution(name).files or ()
        for part in {file.parts[0] for file in files} - {"..", "__pycache__"}:
            (installed / part).symlink_to(Path(str(files[0].locate())).parents[len(files[0].parts) - 1] / part)
    return python


def test_an_authors_test_is_green(wheel, tmp_path):
    """Installed by pip, the fixture is there by itself, and scripts run in the robot's own host."""
    python = _desk(tmp_path / "venv", wheel)
    work = tmp_path / "work"
    (work / "tests").mkdir(parents=True)
    (work / "main.py").write_text(SCRIPT)
    (work / "vendor.py").write_text("from OrchestratorAPI.TaskOrcAPI import TaskOrchestratorAPI")
    (work / "tests" / "test_main.py").write_text(TEST)
    done = subprocess.run(
        [python, "-W", "error", "-m", "pytest", "-p", "no:cacheprovider"],
        cwd=work,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    helped = subprocess.run(
        [python, "-m", "pytest", "--fixtures"], cwd=work, capture_output=True, text=True, check=True
    )
    assert "robot -- " in helped.stdout


def test_two_wheels_are_the_same(wheel, tmp_path):
    """To the byte; and the version is the robot's."""
    assert _make(tmp_path).read_bytes() == wheel.read_bytes()
    version = re.search(r'__version__ = "(.+)"', (ROOT / "app" / "__init__.py").read_text("utf-8"))
    assert version
    assert wheel.name == f"robot_job-{version[1]}-py3-none-any.whl"


def test_a_type_checker_knows_it(wheel, tmp_path):
    """py.typed: names have types, and a wrong argument is found, also for Python 3.10, the oldest that mypy knows."""
    python = _desk(tmp_path / "venv", wheel)
    (tmp_path / "typed.py").write_text(TYPED)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--python-version",
            "3.10",
            "--python-executable",
            python,
            "typed.py",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    said = re.findall(r"typed\.py:(\d+): (error|note): (.+)", done.stdout)
    assert [(int(line), text.partition("  ")[0]) for line, _, text in said] == [
        (6, 'Revealed type is "str"'),
        (7, 'Argument 1 to "postpone" of "QueueTask" has incompatible type "int"; expected "datetime | str"'),
        (8, 'Revealed type is "str"'),
        (9, 'Revealed type is "pathlib.Path"'),
        (10, 'Argument 2 to "log" has incompatible type "int"; expected "str"'),
        (11, 'Module has no attribute "quue"; maybe "queue"?'),
    ], done.stdout


@pytest.mark.parametrize("version", ["3.9", "3.12", "3.13", "3.14"])
def test_it_is_python_of_every_version(wheel, tmp_path, version):
    """Every file compiles, and every name can be had."""
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} here")
    code = (
        "import sys, zipfile; wheel = sys.argv[1]\n"
        "for name in zipfile.ZipFile(wheel).namelist():\n"
        "    if name.endswith('.py'): compile(zipfile.ZipFile(wheel).read(name), name, 'exec')\n"
        "sys.path.insert(0, wheel); import robot_job\n"
        "assert all(getattr(robot_job, name).__doc__ for name in robot_job.__all__)\n"
        "assert set(robot_job.__all__) <= set(dir(robot_job))\n"
        "from robot_job import *; import TaskOrcAPI, robot_job._played\n"
    )
    subprocess.run([python, "-W", "error", "-c", code, wheel], cwd=tmp_path, check=True)
