"""What `robot_job` raises, and what a script may raise for it."""


class BusinessError(Exception):
    """The task itself can't be done: a wrong amount, an unknown customer. Raised by the script within `with task:`.

    The task becomes Failed (business), with the text as its comment, and the script goes on with the next one.

        with task:
            if not customer:
                raise robot_job.BusinessError("the customer is unknown")
    """

    __module__ = "robot_job"  # as people read it in a traceback


class RobotJobError(Exception):
    """What was asked of the robot could not be done; the text says why.

    Attributes:
        kind: `unreachable` (the Orchestrator doesn't answer now), `refused` (it said no), `usage` (wrong arguments),
            `closed` (the run is over), `no robot` (the script was started by hand), `busy`, `denied`, `failed`.
    """

    __module__ = "robot_job"

    def __init__(self, text: str, kind: str = "failed") -> None:
        super().__init__(text)
        self.kind = kind
