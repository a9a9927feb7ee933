"""No secret is ever read in the output, and the new password reaches the asset."""


def test_secrets_are_masked(robot):
    robot.asset("crm", text="robot", password="s3cret-of-old")

    outcome = robot.run("main.py")

    assert outcome.status == 4, outcome.output
    assert "Logging in as robot with ***" in outcome.output
    assert "Basic ***" in outcome.output
    assert "s3cret-of-old" not in outcome.output
    assert robot.asset("crm").password not in ("s3cret-of-old", *outcome.output.split())
