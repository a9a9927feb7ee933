"""What a running script may ask of the robot: the other end of `robot_job`.

A channel belongs to one run: owner-only, with a secret of its own, gone with the run. Whatever a script asks passes the
table of published calls; what changes something is written down and delivered like a report, everything else is asked
at once. Nothing here decides about the job; nothing of what a script sends reaches a log.
"""
