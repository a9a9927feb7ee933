"""Be the installer: ask the robots to end; argument: seconds to wait, or none; `make-way` for an upgrade."""

import json
import os
import sys

from app.system import running_robots
from app.system.running_robots import ask_to_end, wait_for_the_end

if "elsewhere" in sys.argv:  # Wine has one session; only what Windows says of it is made up
    running_robots._session = lambda pid: 1 if pid == os.getpid() else 2
lived = []
options = {"all_sessions": "all-sessions" in sys.argv}
if sys.argv[1] == "none":
    nobody = ask_to_end(**options)
else:
    nobody = wait_for_the_end(
        float(sys.argv[1]), make_way="make-way" in sys.argv, before_they_end=lived.extend, **options
    )
print(json.dumps({"nobody runs": nobody, "lived": len(lived)}))
