"""docs/sandbox.md against the program: each call, and the world that it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.sandbox.control import ControlApi
from app.sandbox.engine import Sandbox
from app.sandbox.router import ROUTES
from app.sandbox.state_file import load_state
from app.sandbox.steps import STEPS

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [DOCS / "sandbox.md", DOCS / "ru" / "sandbox.md"]


@pytest.mark.parametrize("page", PAGES, ids=["en", "ru"])
def test_every_call_is_explained(page):
    """Those of scripts, and those of the control API."""
    text = page.read_text("utf-8")
    told = {re.sub(r"\{.*", "", path) for path in re.findall(r"(/api/[\w/{}]+)", text)}
    assert set(ROUTES) - set(STEPS) == told - {"/api/job/update"}
    table = text[text.index("GET snapshot") :]
    told = {
        re.sub(r"\b[A-Z]+$|\b[A-Z]+(?=/)", "X", path) for path in re.findall(r"(?:GET|POST|PUT|DELETE) ([\w/]+)", table)
    }
    routes = {
        re.sub(r"\{.*?\}", "X", route.path.removeprefix("/sandbox/api/")) for route in ControlApi(Sandbox()).routes
    }
    assert routes == told


@pytest.mark.parametrize("page", PAGES, ids=["en", "ru"])
def test_the_world_that_is_shown_can_be_loaded(page, tmp_path):
    """As it stands there."""
    file = tmp_path / "world.toml"
    file.write_text(re.search(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)[1], "utf-8")
    sandbox = Sandbox()
    load_state(sandbox, file)
    assert [job.name for job in sandbox.jobs] == ["finance/invoices"]
    assert sandbox.tasks.all()[0].deadline is not None
