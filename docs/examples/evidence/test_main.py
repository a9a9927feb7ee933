"""The statement is kept, and the result says what is in it."""


def test_the_statement_is_kept(robot):
    outcome = robot.run("main.py")

    assert outcome.status == 4, outcome.output
    assert outcome.result == {"regions": 2, "sales": 2000}
    assert outcome.attached[0].read_text("utf-8-sig").splitlines()[1] == "North;1200"
    assert outcome.screenshots == ["when it was done"]
