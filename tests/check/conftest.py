"""A machine to check: a settings file, scripts, a data folder, and a sandbox as its Orchestrator."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

import pytest

from app.base import i18n
from app.base.redaction import Redactor
from app.check.checklist import all_findings
from app.commands import check
from app.sandbox.engine import Sandbox
from app.sandbox.server import SandboxServer
from tests.orchestrator.wire import Authority

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from app.check.findings import Finding

GUID = "da8bc2f0-8065-4385-b867-405e66b8e151"
NETWORK = ["proxy", "dns", "tcp", "tls", "http", "clock", "guid"]


def checked(config: Path, *, as_json: bool = False) -> int:
    """The exit code of the command."""
    return check.run(Namespace(config=config, json=as_json))


def levels(findings: Mapping[str, Finding]) -> dict[str, str]:
    """Name and level of everything on the way to the Orchestrator."""
    return {name: findings[name].level.value for name in NETWORK}


class Machine:
    """What is checked in a test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "robot.toml"
        self.data = folder / "data"
        (folder / "scripts").mkdir()
        (folder / "scripts" / "invoices.py").write_text("")

    def set(self, **settings: object) -> None:
        """Write the settings; a value of None leaves that one out."""
        values = {"robot_guid": GUID, "data_dir": "data", "request_timeout": 2, "when_idle": "exit", **settings}
        lines = [f"{key} = {_toml(value)}\n" for key, value in values.items() if value is not None]
        self.config.write_text("".join(lines), "utf-8")

    def findings(self) -> dict[str, Finding]:
        """Everything that is found, by name; of several under one name, the last."""
        return {finding.name: finding for finding in all_findings(self.config, Redactor())}


def _toml(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower()


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No proxy and no settings of the developer's own; English afterwards."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    i18n.set_language("en")
    yield
    i18n.set_language("en")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine whose settings name no Orchestrator yet."""
    return Machine(tmp_path)


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """An Orchestrator that knows the robot."""
    engine = Sandbox()
    engine.add_robot(GUID)
    with SandboxServer(engine) as server:
        yield server


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority that only `ca_file` makes known."""
    return Authority(tmp_path_factory.mktemp("tls") / "ca", "Company CA")
