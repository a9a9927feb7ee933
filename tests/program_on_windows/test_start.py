"""What a start of the installed program has loaded when its first heartbeat arrives: nothing that can come later."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.contract.orchestrator import Orchestrator
from tests.program_on_windows.machine import ON_WINDOWS
from tests.program_on_windows.robot import GUID

if TYPE_CHECKING:
    from tests.contract.orchestrator import Request
    from tests.program_on_windows.robot import InstalledRobot

# Each costs milliseconds at every start; the first makes Wine start a whole desktop.
LATER = {
    *("win32gui.pyd", "pythoncom313.dll", "win32com.pyd", "win32ui.pyd", "_psutil_windows.pyd", "_imaging.pyd"),
    *("_bz2.pyd", "_lzma.pyd", "_decimal.pyd", "_asyncio.pyd", "_multiprocessing.pyd"),
}


@pytest.mark.skipif(ON_WINDOWS, reason="Wine tells what is loaded")
def test_the_first_heartbeat_waits_for_no_library_that_it_does_not_need(robot: InstalledRobot):
    """Judged in the moment in which the Orchestrator has it and hasn't answered."""
    loaded: list[set[str]] = []

    def look(_request: Request) -> None:
        if not loaded:
            loaded.append({name.lower() for name in re.findall(r'Loaded L".*?([^\\"]+)"', robot.said())})

    with Orchestrator(GUID) as orchestrator:
        orchestrator.interfere = look
        robot.configure(host=orchestrator.url)
        process = robot.start(WINEDEBUG="+loaddll")
        assert robot.ended(process) == 0
    assert {"python313.dll", "_socket.pyd"} <= loaded[0]
    assert not loaded[0] & LATER
