"""The edges to the operating system: one external thing per file, each with its Microsoft reference.

Every module imports on Linux as well, and does there what a robot under development needs.
"""
