"""The first page of the script author's guide, step by step: new, test, try, job."""

from __future__ import annotations

import json
import re
import sys

import pytest

from tests.contract.robot_process import ROOT
from tests.examples.runs import SUCCESS, at_the_desk, attempt, log_of, own_tests, run_job, statuses

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the Windows program has a lane of its own")


@pytest.mark.parametrize(("language", "guide"), [("en", "scripts.md"), ("ru", "ru/scripts.md")])
def test_from_new_to_a_job(home, sandbox, language, guide):
    """Each step works as the guide has it, and `try` says what stands there."""
    made = at_the_desk(home, "new", "invoices", ROBOT_LANGUAGE=language)
    assert made.code == 0, made
    green = own_tests(home, "invoices")
    assert "2 passed" in green.output, green
    said = attempt(home, "invoices", ROBOT_LANGUAGE=language)
    assert said.code == 0, said
    promised = re.search(r"\n   ```\n(.*?)\n   ```", (ROOT / "docs" / guide).read_text("utf-8"), re.DOTALL)
    assert promised
    lines = [line.strip() for line in promised[1].splitlines()]
    assert len(lines) > 5
    assert not [line for line in lines if line not in said.output]
    job = run_job(home, sandbox, "invoices")
    assert job.final_reports == [SUCCESS], log_of(home)
    assert statuses(sandbox) == {"INV-17": 2, "INV-18": 4}
    assert json.loads(job.log[-1].message) == {"done": 2}
