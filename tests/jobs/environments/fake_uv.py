"""A builder in uv's place: quick, watched, and as bad as a test wants it. It takes uv's commands and notes them.

venv … FOLDER          a virtual environment without pip, as uv makes them
pip install …          puts `made_by_fake.py` into it, and does what the file `behaviour` beside this one says
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(sys.argv[0]).resolve().parent


def main() -> None:
    """Do what uv would."""
    with (HERE / "calls").open("a", encoding="utf-8") as calls:
        calls.write(json.dumps({"arguments": sys.argv[1:], "environment": dict(os.environ)}) + "\n")
    if sys.argv[1] == "venv":
        python = sys.argv[sys.argv.index("--python") + 1]
        subprocess.run([python, "-m", "venv", "--without-pip", sys.argv[-1]], check=True)
        return
    print("fake uv installs", flush=True)
    behaviour = (HERE / "behaviour").read_text("utf-8") if (HERE / "behaviour").exists() else ""
    if behaviour == "fail":
        print("error: no such package: unobtainium")
        sys.exit(1)
    if behaviour == "hang":
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        print("hanging", flush=True)
        time.sleep(600)
    if behaviour == "slow":
        (HERE / "begun").touch()
        while not (HERE / "go").exists():
            time.sleep(0.01)
    inside = sys.argv[sys.argv.index("--python") + 1]
    site = subprocess.run(
        [inside, "-I", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    Path(site, "made_by_fake.py").write_text("word = 'made'\n", encoding="utf-8")


main()
