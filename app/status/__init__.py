"""`status.json`: what the robot does now, for programs; written by the robot, read by whoever asks."""
