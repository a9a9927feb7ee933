"""What the program is made of, as CycloneDX 1.5 JSON, from the locks.

https://cyclonedx.org/docs/1.5/json/
"""

from __future__ import annotations

import json
import re
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from shipping.places import CPYTHON_LOCK, LOCK, Release

if TYPE_CHECKING:
    from pathlib import Path

_PIN: Final = re.compile(r"^(?P<name>[A-Za-z0-9_.-]+)==(?P<version>\S+)", re.MULTILINE)
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")
# In the lock because they build the program; not in it. PyInstaller's bootloader is.
BUILD_ONLY: Final = {"altgraph", "packaging", "pefile", "pyinstaller-hooks-contrib", "pywin32-ctypes", "setuptools"}
CPYTHON: Final = "3.13.11"


def write(release: Release) -> Path:
    """Write the bill of materials; it depends on the locks and the release alone."""
    document: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'robot {release.version} {release.epoch}')}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(release.epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": _component("application", "robot", release.version) | {"licenses": [_license("MIT")]},
        },
        "components": [
            _component("platform", "CPython", CPYTHON)
            | {"purl": f"pkg:generic/cpython@{CPYTHON}", "licenses": [_license("PSF-2.0")]},
            *(_package(name, version, hashes) for name, version, hashes in pins(LOCK) if name not in BUILD_ONLY),
            *(_package(name, version, hashes) for name, version, hashes in pins(CPYTHON_LOCK)),
        ],
    }
    text = json.dumps(document, indent=2, sort_keys=True) + "\n"
    release.bill_of_materials.write_text(text, encoding="utf-8", newline="\n")
    return release.bill_of_materials


def pins(lock: Path) -> list[tuple[str, str, list[str]]]:
    """The packages of a lock: name, version, SHA-256 of each file that may be installed."""
    text = lock.read_text(encoding="utf-8")
    found = list(_PIN.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return [
        (match["name"].lower(), match["version"], _HASH.findall(text[match.end() : end]))
        for match, end in zip(found, ends, strict=True)
    ]


def _package(name: str, version: str, hashes: list[str]) -> dict[str, Any]:
    component = _component("library", name, version) | {"purl": f"pkg:pypi/{name}@{version}"}
    if len(hashes) == 1:  # otherwise the lock doesn't say which of the release's files was taken
        component["hashes"] = [{"alg": "SHA-256", "content": hashes[0]}]
    return component


def _component(kind: str, name: str, version: str) -> dict[str, Any]:
    return {"type": kind, "bom-ref": f"{name}@{version}", "name": name, "version": version}


def _license(identifier: str) -> dict[str, Any]:
    return {"license": {"id": identifier}}
