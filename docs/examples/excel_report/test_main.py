"""The report has the rows of the Task and their total."""

import pytest

openpyxl = pytest.importorskip("openpyxl")


def test_the_rows_are_in_the_report(robot):
    robot.task({"rows": [["North", 1], ["South", 2]]})

    outcome = robot.run("main.py")

    assert outcome.status == 4, outcome.output
    assert outcome.result == {"rows": 2}
    sheet = openpyxl.load_workbook(outcome.attached[0])["Sales"]
    assert list(sheet.values) == [("Region", "Sales"), ("North", 1), ("South", 2), ("Total", "=SUM(B2:B3)")]
