"""What `robot check` says of scripts, their environments and the interpreter."""

from __future__ import annotations

import hashlib

from app.check.findings import Level
from tests.check.conftest import checked


def test_no_scripts_folder(machine):
    """The folder is named, with what to do."""
    machine.set(host=None, scripts="нет")
    finding = machine.findings()["scripts"]
    assert finding.level is Level.ERROR
    assert str(machine.folder / "нет") in finding.message


def test_scripts_are_counted(machine):
    """Files and folders with a main.py count; an empty folder is a warning."""
    scripts = machine.folder / "scripts"
    (scripts / "a").mkdir()
    (scripts / "a" / "main.py").touch()
    (scripts / "notes.txt").touch()
    machine.set(host=None)
    assert machine.findings()["scripts"].facts == {"scripts": 2}
    (machine.folder / "empty").mkdir()
    machine.set(host=None, scripts="empty")
    assert machine.findings()["scripts"].level is Level.WARNING


def test_a_virtual_environment_without_an_interpreter(machine):
    """A `.venv` that was copied or half removed is found before a job does."""
    broken = machine.folder / "scripts" / "invoices" / ".venv"
    broken.mkdir(parents=True)
    machine.set(host=None)
    finding = machine.findings()["venv"]
    assert finding.level is Level.ERROR
    assert str(broken) in finding.message


def test_a_manifest_of_scripts(machine):
    """As approved, changed since, and a manifest that can't be read."""
    manifest = machine.folder / "approved.sha256"
    empty = hashlib.sha256(b"").hexdigest()
    manifest.write_text(f"{empty}  invoices.py\n")
    machine.set(host=None)
    assert "manifest" not in machine.findings()
    machine.set(host=None, script_manifest="approved.sha256")
    assert machine.findings()["manifest"].facts == {"approved": 1, "changed": 0}
    manifest.write_text(f"{empty}  invoices.py\n{empty}  gone.py\n{empty}  /etc/passwd\n")
    finding = machine.findings()["manifest"]
    assert finding.level is Level.WARNING
    assert finding.message.endswith(": gone.py, /etc/passwd")
    manifest.unlink()
    assert machine.findings()["manifest"].level is Level.ERROR
    assert checked(machine.config, as_json=True) == 2


def test_an_interpreter_that_does_not_start(machine):
    """A file that is no interpreter, and one that isn't there: said with its path, exit code 2."""
    fake = machine.folder / "python.exe"
    fake.write_text("not a program")
    for name in ("python.exe", "none.exe"):
        machine.set(host=None, python=name)
        finding = machine.findings()["interpreter"]
        assert finding.level is Level.ERROR
        assert str(machine.folder / name) in finding.message
        assert "Set python to" in finding.remedy


def test_an_interpreter_that_fails(machine):
    """A program that runs and is no Python isn't taken for one."""
    fake = machine.folder / "python.sh"
    fake.write_text("#!/bin/sh\necho hello\n")
    fake.chmod(0o700)
    machine.set(host=None, python="python.sh")
    assert machine.findings()["interpreter"].level is Level.ERROR


def test_the_check_leaves_nothing_behind(machine, sandbox):
    """Apart from the data folder itself and the lock of a robot in it."""
    machine.set(host=sandbox.url)
    before = {path for path in machine.folder.rglob("*") if machine.data not in (path, *path.parents)}
    machine.findings()
    after = {path for path in machine.folder.rglob("*") if machine.data not in (path, *path.parents)}
    assert after == before
    assert all(path.suffix == ".lock" for path in machine.data.iterdir())
