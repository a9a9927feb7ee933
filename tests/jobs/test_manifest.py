"""Only approved scripts run, where the settings name a manifest."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from app.jobs.child.host import APPROVED_VARIABLE
from app.jobs.interpreter import START_HOST
from app.jobs.outcome import EndingKind
from app.orchestrator.vocabulary import JobOrder
from tests.jobs.jobbench import PATIENCE, Bench

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "print('ran')\n"


def sum_of(source: str) -> str:
    """SHA-256 as `sha256sum` prints it."""
    return hashlib.sha256(source.encode()).hexdigest()


@pytest.fixture
def manifest(bench: Bench, tmp_path: Path) -> Path:
    """A manifest that approves `script.py` with `SOURCE`."""
    bench.write(SOURCE)
    file = tmp_path / "approved.sha256"
    file.write_text(f"# approved by Иван\n\n{sum_of(SOURCE)}  script.py\n", "utf-8")
    return file


def test_an_approved_script_runs(bench: Bench, manifest: Path) -> None:
    """Its sum stands there; it finds nothing of the manifest in its environment."""
    bench.write(source := "import os\nprint([name for name in os.environ if 'SHA' in name])\n")
    manifest.write_text(f"{sum_of(source)}  script.py\n")
    assert bench.run(script_manifest=manifest).exit_code == 0, bench.text()
    assert bench.output() == "[]\n"


@pytest.mark.parametrize(
    "line",
    [
        "{SUM} *script.py",
        "{SUM}  ./script.py",
        "{SUM}  .\\SCRIPT.PY",
        "{SUM} script.py",
        "\ufeff{SUM}  script.py",
    ],
)
def test_what_other_programs_write_is_understood(bench: Bench, manifest: Path, line: str) -> None:
    """Binary mode, Windows' separators and letters, upper-case sums, a BOM."""
    manifest.write_text(line.format(SUM=sum_of(SOURCE).upper()), "utf-8")
    assert bench.run(script_manifest=manifest).exit_code == 0, bench.text()


def test_what_windows_powershell_redirects_is_understood(bench: Bench, manifest: Path) -> None:
    """Its `>` writes UTF-16."""
    manifest.write_text(f"{sum_of(SOURCE)}  script.py\r\n", "utf-16")
    assert bench.run(script_manifest=manifest).exit_code == 0, bench.text()


@pytest.mark.parametrize("name", ["finance/счета", "finance\\счета"])
def test_a_script_in_a_folder(bench: Bench, manifest: Path, name: str) -> None:
    """The path counts from the scripts folder."""
    bench.write(SOURCE, "finance/счета.py")
    manifest.write_text(f"{sum_of(SOURCE)}  finance/счета.py\n", "utf-8")
    order = JobOrder("job-1", name, "version-1")
    assert bench.run(order=order, script_manifest=manifest).exit_code == 0, bench.text()


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("{other}  script.py", "is not the one that the manifest"),
        ("{sum}  another.py", "script.py is not in the manifest"),
        ("", "script.py is not in the manifest"),
        ("{sum}  script.py\nsomething else", "has a mistake in line 2"),
    ],
)
def test_another_script_is_refused(bench: Bench, manifest: Path, lines: str, words: str) -> None:
    """Changed, not listed, or a manifest that can't be understood: nothing runs, and the log says why."""
    manifest.write_text(lines.format(sum=sum_of(SOURCE), other=sum_of("print('another')")))
    ending = bench.run(script_manifest=manifest)
    assert ending.kind is EndingKind.NOT_STARTED
    assert words in ending.message
    assert bench.output() == ""


@pytest.mark.parametrize("broken", ["missing", "folder", "latin"])
def test_without_a_readable_manifest_nothing_runs(bench: Bench, manifest: Path, broken: str) -> None:
    """A manifest that has gone doesn't open the door."""
    manifest.unlink()
    if broken == "folder":
        manifest.mkdir()
    elif broken == "latin":
        manifest.write_bytes(b"\xff script.py")
    ending = bench.run(script_manifest=manifest)
    assert ending.kind is EndingKind.NOT_STARTED
    assert str(manifest) in ending.message


def test_a_module_beside_the_script_never_runs_before_it(bench: Bench, manifest: Path) -> None:
    """The comparison uses Python's own hashlib, whatever lies beside the script."""
    bench.write("print('not approved')", "hashlib.py")
    manifest.write_text(f"{sum_of(SOURCE)}  script.py")
    bench.run(script_manifest=manifest)
    assert "not approved" not in bench.output()


def test_a_script_exchanged_after_the_comparison_does_not_run(tmp_path: Path) -> None:
    """The host compares what it has read itself, so there is no moment between the look and the run."""
    script = tmp_path / "script.py"
    script.write_text("print('exchanged')\n")
    with subprocess.Popen(
        [sys.executable, str(START_HOST), str(script)],
        env=os.environ | {APPROVED_VARIABLE: f"{sum_of(SOURCE)} not the approved one"},
        stdin=subprocess.PIPE,  # its end would end the host
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.wait(PATIENCE) == 1
        assert (process.stdout.read(), process.stderr.read()) == ("", "not the approved one\n")
