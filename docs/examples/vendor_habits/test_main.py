"""The same promises as queue_worker's."""


def test_each_task_gets_its_status(robot):
    robot.queue("Invoices").add("INV-17", {"customer": "office@example.com", "amount": 250})
    robot.queue("Invoices").add("INV-18", {"customer": "shop@example.com", "amount": -1})

    outcome = robot.run("main.py")

    assert outcome.status == 4, outcome.output
    assert outcome.task_statuses == {"INV-17": 2, "INV-18": 4}
    assert outcome.logs == [("Info", "no more invoices")]
