"""Be the installer: ask the robots to finish; argument: seconds to wait."""

import json
import sys

from app.system.finish_requests import ask_running_robots_to_finish

print(json.dumps({"nobody runs": ask_running_robots_to_finish(float(sys.argv[1]))}))
