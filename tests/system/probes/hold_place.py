"""Be a robot that holds its place (argument: GUID) until standard input ends."""

import json
import sys

from app.system.single_instance import SingleInstance

place = SingleInstance(sys.argv[1])
print(json.dumps({"acquired": place.acquire()}), flush=True)
sys.stdin.read()
