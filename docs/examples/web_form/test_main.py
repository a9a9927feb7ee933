"""A good order is sent, a wrong one is refused, with a picture of the page."""

import pytest

pytest.importorskip("playwright")


def test_orders_are_sent(robot):
    robot.queue("Orders").add("ORD-1", {"customer": "office@example.com", "pieces": 3})
    robot.queue("Orders").add("ORD-2", {"customer": "shop@example.com", "pieces": 0})

    outcome = robot.run("main.py")

    assert outcome.status == 4, outcome.output
    assert outcome.task_statuses == {"ORD-1": 2, "ORD-2": 4}
    assert robot.queue("Orders").tasks[0].comment == "Received: 3 for office@example.com"
    assert [file.suffix for file in outcome.attached] == [".png"]
