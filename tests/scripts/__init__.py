"""What scripts of all kinds do, and what comes of it: each through the robot as a process, judged from outside."""
