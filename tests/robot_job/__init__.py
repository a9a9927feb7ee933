"""`robot_job` as an author meets it."""
