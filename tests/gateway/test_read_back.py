"""What a script reads just after it has changed it, while the change is still on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.robot.controls import ExitReason
from app.sandbox.faults import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.sandbox.engine import Sandbox
    from tests.robot.robot_under_test import RobotUnderTest


def test_an_asset_is_read_as_the_run_has_changed_it(
    sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest]
) -> None:
    """Also while the change is on its way: scripts of the vendor's framework know no other course."""
    robot = make_robot()
    asset = sandbox.add_asset("counter", "0")
    robot.script(
        "reader",
        "from raw_client import Raw\nraw = Raw()\n"
        "raw.api('/api/asset/update', dict(guid='counter', text='7'))\n"
        "raw('result', json=raw.api('/api/asset/read/counter')['value']['text'])\n",
    )
    sandbox.faults.add(Fault(FaultKind.DELAY, path="/api/asset/update", seconds=1.0, count=1))
    sandbox.queue_job("reader")
    assert robot.run() is ExitReason.NO_MORE_WORK
    assert asset.text == "7"
    assert robot.board.snapshot.last
    assert robot.board.snapshot.last.result == "7"


@pytest.mark.parametrize("read", ["read/{guid}", "filter/read/orders/status=4"])
def test_a_task_is_read_as_the_run_has_changed_it(
    sandbox: Sandbox, make_robot: Callable[..., RobotUnderTest], read: str
) -> None:
    """The same of tasks, whichever call finds them."""
    robot = make_robot()
    task = sandbox.add_task("orders", "one")
    robot.script(
        "reader",
        "from raw_client import Raw\nraw = Raw()\n"
        f"raw.api('/api/task/update', dict(guid={task.guid!r}, status=4))\n"
        f"raw('result', json=str(raw.api('/api/task/{read.format(guid=task.guid)}')['value']['status']))\n",
    )
    sandbox.faults.add(Fault(FaultKind.DELAY, path="/api/task/update", seconds=1.0, count=1))
    sandbox.queue_job("reader")
    assert robot.run() is ExitReason.NO_MORE_WORK
    assert robot.board.snapshot.last
    assert robot.board.snapshot.last.result == "4"
