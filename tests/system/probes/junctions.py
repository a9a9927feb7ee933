"""Junctions in the robot's folders that lead to somebody else's: what is removed, shown and written."""

import _winapi
import json
import tempfile
import time
from pathlib import Path

from app.base.logs import remove_old_evidence, remove_old_logs
from app.gateway.errors import FailedError
from app.gateway.evidence import Evidence
from app.jobs.run_folder import remove_tree
from app.setup.purge import _remove

GUID = "7b00611f-c3ef-4d80-88f8-943536cfcaab"

with tempfile.TemporaryDirectory(prefix="папка ") as name:
    root = Path(name)
    foreign, own = root / "foreign", root / "own"
    foreign.mkdir()
    own.mkdir()
    (foreign / "letter.log").write_text("x")
    later = time.time() + 100 * 86400
    try:
        for part, link in (("evidence", GUID), ("logs", "2026-11-24"), ("run", "job-1"), ("purged", "job-1")):
            (own / part).mkdir()
            _winapi.CreateJunction(str(foreign), str(own / part / link))
        _winapi.CreateJunction(str(foreign), str(own / "link"))
    except OSError as error:
        print(json.dumps({"unsupported": error.winerror}))
    else:
        evidence = Evidence(own / "evidence", GUID)
        seen: dict[str, object] = {"shown": evidence.names(), "kept": True}
        try:
            evidence.attach(str(foreign / "letter.log"))
        except FailedError:
            seen["kept"] = False
        seen["removed"] = [
            remove_old_evidence(own / "evidence", 30, later),
            remove_old_logs(own / "logs", 30, later),
        ]
        remove_tree(own / "run")
        seen["complaints"] = [*_remove(own / "purged"), *_remove(own / "link")]
        seen["left"] = sorted(each.name for each in own.iterdir())
        seen["foreign"] = [each.name for each in foreign.iterdir()]
        print(json.dumps(seen))
