"""The program's entry: `python -m app`, robot.exe, robot-cli.exe."""

from __future__ import annotations

import sys


def main() -> int:
    """Run a script for a robot (the bundled interpreter does), or a command of the robot itself."""
    from app.jobs.child.host import FROZEN, HOST_ARGUMENT

    if len(sys.argv) > 1 and sys.argv[1] == HOST_ARGUMENT:
        # First of all, so that a script's start doesn't wait for anything that only the robot needs.
        from app.jobs.child import host

        host.main(sys.argv[2:])  # raises what ends the process as the script ended
        return 0
    if FROZEN:
        from app.jobs.child import bundled_python

        if bundled_python.is_meant(sys.argv[1:]):
            bundled_python.main(sys.argv[1:])
            return 0
    from app import cli

    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
