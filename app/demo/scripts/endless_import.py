"""Works until an operator presses Stop, then winds up properly."""

import time

import robot_job

rows = 0
while not robot_job.stop_requested():
    rows += 1
    time.sleep(0.1)
print(f"Asked to stop after {rows} rows; everything is saved.")
