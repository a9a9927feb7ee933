"""A wrong command line of robot.exe, which has no console: a person sees a box, nobody else is held up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.program_on_windows.machine import ON_WINDOWS, SECONDS, eventually

if TYPE_CHECKING:
    from tests.program_on_windows.machine import Machine

pytestmark = pytest.mark.skipif(ON_WINDOWS, reason="these eyes are for an X screen")


def test_a_slip_in_a_shortcut_is_shown(machine: Machine, program: Path, tmp_path: Path):
    """What is wrong, in a box; the exit code stays 2. An unattended start with the same slip ends at once."""
    from wine import toolchain

    exe, output = machine.windows(program / "robot.exe"), tmp_path / "output.txt"
    clicked = machine.start("start", "/wait", exe, "run", "--confg", "x", output=output)  # as the Explorer: no handles
    box = eventually(lambda: next((w for w in machine.screen.seen("robot.exe") if w.title == "Robot"), None))
    assert box, output.read_text("utf-8", "replace")
    reader = machine.windows(Path(__file__).with_name("read_dialog.py"))
    said = machine.run(toolchain.ensure().python, reader, "Robot", PYTHONUTF8="1").stdout
    assert "--confg" in said
    assert "robot-cli --help" in said
    unattended = machine.run("start", "/wait", exe, "run", "--headless", "--confg", "x", timeout=SECONDS)
    assert unattended.returncode == 2
    x, y, width, height = box.place
    assert eventually(
        lambda: machine.screen.click(x + width // 2, y + height - 24) or clicked.poll() is not None, SECONDS / 2
    )
    assert clicked.poll() == 2
    assert "The command line is wrong" in (machine.local / "Robot" / "logs" / "start.log").read_text("utf-8")
