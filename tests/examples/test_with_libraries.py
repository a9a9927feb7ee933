"""The examples with a requirements.txt: their environment is made of a folder of wheels, without a network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.browser.chromium import find_chromium
from tests.contract.robot_process import toml
from tests.examples.runs import EXAMPLES, SUCCESS, attempt, log_of, own_tests, run_job, statuses

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the Windows program has a lane of its own")

NOBODY = "http://127.0.0.1:9"  # an index that answers nothing


@pytest.fixture(scope="session")
def wheels(tmp_path_factory):
    """A folder with the wheels that the examples want. They are in no lock: EXAMPLE_WHEELS names one; CI gets them."""
    if named := os.environ.get("EXAMPLE_WHEELS"):
        return Path(named)
    if not os.environ.get("CI"):
        pytest.skip(
            "openpyxl and playwright are in no lock: EXAMPLE_WHEELS=FOLDER of `pip download openpyxl playwright`"
        )
    folder = tmp_path_factory.mktemp("wheels")
    wanted = [part for file in EXAMPLES.rglob("requirements.txt") for part in ("-r", str(file))]
    subprocess.run([sys.executable, "-m", "pip", "download", "-q", "-d", str(folder), *wanted], check=True)
    return folder


@pytest.fixture
def prepare(home, wheels):
    """`robot prepare NAME`; the environment's libraries, and the settings for `robot try`."""
    settings = {"wheels": wheels, "python": sys.executable}

    def prepare(name):
        home.environment |= {"PIP_INDEX_URL": NOBODY, "UV_DEFAULT_INDEX": NOBODY}
        home.config.write_text(home.config.read_text("utf-8") + toml(settings), "utf-8")
        process = home.start("prepare", name, "--config", str(home.config))
        output, errors = process.communicate(timeout=180)
        assert process.returncode == 0, output + errors
        (libraries,) = home.data.glob("environments/*/lib/python*/site-packages")
        desk = {f"ROBOT_{key.upper()}": str(value) for key, value in settings.items()}
        return str(libraries), desk | {"ROBOT_DATA_DIR": str(home.data)}

    return prepare


def test_excel_report(home, sandbox, prepare):
    """Own test, try and job; the workbook that is kept with the run has the task's rows."""
    libraries, desk = prepare("excel_report")
    green = own_tests(home, "excel_report", libraries=libraries)
    assert "1 passed" in green.output, green
    said = attempt(home, "excel_report", **desk)
    assert said.code == 0, said
    job = run_job(home, sandbox, "excel_report")
    assert job.final_reports == [SUCCESS], log_of(home)
    assert json.loads(job.log[-1].message) == {"rows": 3}
    (kept,) = home.data.rglob("*sales.xlsx")
    with zipfile.ZipFile(kept) as book:
        assert b"SUM(B2:B4)" in book.read("xl/worksheets/sheet1.xml")


def test_web_form(home, sandbox, prepare):
    """Own test, try and job in a real browser; the comment is what the page said."""
    if find_chromium() is None:
        pytest.skip("Chromium is not installed.")
    libraries, desk = prepare("web_form")
    green = own_tests(home, "web_form", libraries=libraries)
    assert "1 passed" in green.output, green
    said = attempt(home, "web_form", **desk)
    assert said.code == 0, said
    job = run_job(home, sandbox, "web_form")
    assert job.final_reports == [SUCCESS], log_of(home)
    assert statuses(sandbox) == {"ORD-1": 2, "ORD-2": 4}
    comments = {task.name: task.comment for task in sandbox.tasks.all()}
    assert comments["ORD-1"] == "Received: 3 for office@example.com"
    assert "at least one piece" in comments["ORD-2"]
    assert home.processes() == []
