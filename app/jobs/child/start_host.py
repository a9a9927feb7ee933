"""Runs host.py as an imported module, whose compiled form Python keeps: half a millisecond instead of three per job."""

import os
import sys

if sys.version_info < (3, 8):  # noqa: UP036 - so far every Python can read this file, and none before 3.8 the next one
    _version = ".".join(map(str, sys.version_info[:3]))
    sys.stderr.write("robot: Python %s is older than 3.8: %s\n" % (_version, sys.executable))  # noqa: UP031
    sys.exit(1)

_here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - pathlib takes milliseconds to import
if sys.path and sys.path[0] == _here:
    del sys.path[0]
sys.path.insert(0, os.path.dirname(_here))  # noqa: PTH120
from child import host  # type: ignore[import-not-found]  # noqa: E402 - found in the folder just added

del sys.path[0]
for _name in [name for name in sys.modules if name == "child" or name.startswith("child.")]:
    del sys.modules[_name]  # the script may have a package of that name
host.main(sys.argv[1:])
