"""Suites that show what the robot can be trusted with: faults, crashes, hostile input, secrets."""
