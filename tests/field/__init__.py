"""What the field does to a robot, judged from outside: an independent Orchestrator, the disk, the process table."""
