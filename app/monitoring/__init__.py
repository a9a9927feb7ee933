"""What programs are told of the robot while it lives: its status, metrics, the events of Windows."""
