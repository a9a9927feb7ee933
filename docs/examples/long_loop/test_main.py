"""It goes through all accounts, or says where to go on."""


def test_it_looks_at_every_account(robot):
    robot.task({"from": 10, "to": 13, "seconds": 0})

    outcome = robot.run("main.py")

    assert outcome.status == 4, outcome.output
    assert outcome.progress[-1] == (2, 3, "account 12")
    assert outcome.result == {"done": 3, "go on from": 13}


def test_a_stop_comes_between_two_accounts(robot):
    robot.task({"from": 10, "to": 1000, "seconds": 60})
    robot.stop_after(says="account 10")

    outcome = robot.run("main.py")

    assert outcome.status == 7, outcome.output
    assert outcome.result == {"done": 1, "go on from": 11}
