"""The shortest useful robot script: it prints, and ends well."""

import robot_job

task = robot_job.task() or {}
print("Hello from a robot script!")
print("My task:", task.get("name", "none"), task.get("parameters"))
