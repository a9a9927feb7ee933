"""The specification's samples put together as they stand, with the syntax mended: what anybody would write in an hour.

    python naive_loop.py HOST GUID SCRIPTS POLL_SECONDS        POLL_SECONDS 0: end when there is no more work

No journal, no heartbeats meanwhile, no stop, no abort. The bench compares the robot with it.
"""

import base64
import json
import os
import subprocess
import sys
import time
from typing import Any

import requests

host, robot_guid, scripts, poll_seconds = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
headers = {"Authorization": "Basic " + base64.b64encode(robot_guid.encode("utf-8")).decode("utf-8")}


def heartbeat() -> dict[str, Any]:
    """Steps 1 and 5."""
    req = {
        "RobotGUID": robot_guid,
        "Machine": "machine",
        "IP": "127.0.0.1",
        "MAC": "00:00:00:00:00:00",
        "Status": 2,
        "JobGUID": "",
        "JobName": "",
        "JobType": 1,
    }
    r = requests.post(host + "/api/robot/heartbeat", data=req, headers=headers, verify=False)  # noqa: S113, S501
    answer: dict[str, Any] = json.loads(r.text)
    return answer


def update(job_guid: str, status: int) -> None:
    """Steps 2 and 4."""
    job = {"guid": job_guid, "status": status}
    requests.put(host + "/api/job/update", data=job, headers=headers, verify=False)  # noqa: S113, S501


while True:
    if heartbeat()["HasNewJob"] == 0:
        if not poll_seconds:
            break
        time.sleep(poll_seconds)
        continue
    cnj = {"RobotGUID": robot_guid, "Status": 2}
    r = requests.post(host + "/api/robot/consumeNextJob", data=cnj, headers=headers, verify=False)  # noqa: S113, S501
    consume_result = json.loads(r.text)
    job_guid = json.loads(consume_result["Job"])["GUID"]
    python_script_name = json.loads(consume_result["ProcessVersion"])["Name"]
    update(job_guid, 8)
    script = os.path.join(scripts, python_script_name + ".py")  # noqa: PTH118 - as short as the samples
    done = subprocess.run([sys.executable, script], check=False)
    update(job_guid, 5 if done.returncode else 4)
