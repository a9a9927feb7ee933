"""What the session is like, and what the edges that have no counterpart outside say of themselves."""

import dataclasses
import json
import logging
import os
import tempfile
import threading
from pathlib import Path

from app.base.private_files import make_private
from app.orchestrator.identity import MacAddresses, machine_name
from app.system.keep_awake import KeepAwake
from app.system.session import session_facts

warnings: list[str] = []
handler = logging.Handler()
handler.emit = lambda record: warnings.append(record.getMessage())
logging.getLogger().addHandler(handler)

with KeepAwake() as awake:
    awake.acquire()
    holding = [thread.name for thread in threading.enumerate()]

folder = Path(tempfile.mkdtemp())
make_private(folder)
(folder / "файл.txt").write_text("mine")
make_private(folder / "файл.txt")
try:
    make_private(folder / "missing")
except OSError as error:
    missing = error.strerror

print(
    json.dumps(
        {
            "facts": dataclasses.asdict(session_facts()),
            "holding": holding,
            "threads": threading.active_count(),
            "warnings": warnings,
            "read": (folder / "файл.txt").read_text(),
            "missing": missing,
            "machine": machine_name() == os.environ["COMPUTERNAME"].lower() or machine_name(),
            "loopback": MacAddresses().of("127.0.0.1"),
        }
    )
)
