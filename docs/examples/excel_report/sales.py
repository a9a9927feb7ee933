"""What is in the report: the rows that the job's Task brings."""

import robot_job

EXAMPLE = [["North", 1200], ["South", 800]]


def rows():
    """Region and sales."""
    return robot_job.parameters().get("rows", EXAMPLE)
