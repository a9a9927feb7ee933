"""Every invoice is posted or says why not; a stop waits for the one at work."""


def test_each_task_gets_its_status(robot):
    robot.queue("Invoices").add("INV-17", {"customer": "office@example.com", "amount": 250})
    robot.queue("Invoices").add("INV-18", {"customer": "shop@example.com", "amount": -1})
    robot.queue("Letters")

    outcome = robot.run("main.py")

    assert outcome.status == 4, outcome.output
    assert outcome.result == {"posted": ["INV-17"]}
    assert outcome.task_statuses == {"INV-17": 2, "INV-18": 4, "Thank you": 0}
    assert robot.queue("Letters").tasks[0].parameters == {"to": "office@example.com"}


def test_a_stop_ends_it_between_two_invoices(robot):
    for number in range(3):
        robot.queue("Invoices").add(f"INV-{number}", {"customer": "office@example.com", "amount": 1})
    robot.queue("Letters")
    robot.stop_after(tasks=1)

    outcome = robot.run("main.py")

    assert outcome.status == 7, outcome.output
    assert [outcome.task_statuses[f"INV-{number}"] for number in range(3)] == [2, 0, 0]
