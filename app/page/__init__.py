"""The robot's own page: what it does now, history, logs, check, settings, about.

Served by the running robot on loopback, on demand (`server`), behind a token in its address (`door`). Nothing here is
imported before somebody opens it. It can do what the tray's user may do, and no more.
"""
