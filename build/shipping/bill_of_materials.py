"""What the program is made of, as CycloneDX 1.5 JSON, read from its files.

https://cyclonedx.org/docs/1.5/json/
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from shipping.places import LIBRARY_LOCK, LOCK, Release

if TYPE_CHECKING:
    from pathlib import Path

    from shipping.parts import Part

_PIN: Final = re.compile(r"^(?P<name>[A-Za-z0-9_.-]+)==(?P<version>\S+)", re.MULTILINE)
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_LIBRARY: Final = re.compile(r"^libpython\S+-stdlib\s+(\S+)\s+([0-9a-f]{64})$", re.MULTILINE)


def write(release: Release, parts: list[Part]) -> Path:
    """Write the bill of materials; it depends on the program's parts and the release alone."""
    hashes = {name: of for name, _version, of in pins(LOCK)}
    document: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'robot {release.version} {release.epoch}')}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(release.epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": _component("application", "robot", release.version) | {"licenses": [_license("MIT")]},
        },
        "components": [*(_part(part, hashes.get(part.package, [])) for part in parts), *_library()],
    }
    text = json.dumps(document, indent=2, sort_keys=True) + "\n"
    release.bill_of_materials.write_text(text, encoding="utf-8", newline="\n")
    return release.bill_of_materials


def _part(part: Part, hashes: list[str]) -> dict[str, Any]:
    kind = "platform" if part.name == "CPython" else "library"
    purl = (
        f"pkg:pypi/{part.package}@{part.version}" if part.package else f"pkg:generic/{_slug(part.name)}@{part.version}"
    )
    component = _component(kind, part.name, part.version)
    component |= {
        "purl": purl if part.version else purl.rstrip("@"),
        "licenses": [_license(part.licence, spdx=part.spdx)],
    }
    hashes = [part.sha256] if part.sha256 else hashes
    if len(hashes) == 1:  # otherwise the lock doesn't say which of the release's files was taken
        component["hashes"] = [{"alg": "SHA-256", "content": hashes[0]}]
    return component


def _library() -> list[dict[str, Any]]:
    """CPython's pure-Python library, where it comes from another place than CPython's binaries."""
    if sys.platform == "win32":
        return []
    match = _LIBRARY.search(LIBRARY_LOCK.read_text(encoding="utf-8"))
    assert match, LIBRARY_LOCK  # noqa: S101 - the toolchain has read it
    component = _component("library", "CPython standard library", match[1])
    purl = f"pkg:deb/debian/libpython3.13-stdlib@{match[1].replace('+', '%2B')}?arch=amd64&distro=trixie"
    digest = {"alg": "SHA-256", "content": match[2]}
    return [component | {"purl": purl, "licenses": [_license("PSF-2.0")], "hashes": [digest]}]


def pins(lock: Path) -> list[tuple[str, str, list[str]]]:
    """The packages of a lock: name, version, SHA-256 of each file that may be installed."""
    text = lock.read_text(encoding="utf-8")
    found = list(_PIN.finditer(text))
    ends = [match.start() for match in found[1:]] + [len(text)]
    return [
        (match["name"].lower(), match["version"], _HASH.findall(text[match.end() : end]))
        for match, end in zip(found, ends, strict=True)
    ]


def _component(kind: str, name: str, version: str) -> dict[str, Any]:
    return {"type": kind, "bom-ref": f"{name}@{version}", "name": name} | ({"version": version} if version else {})


def _license(said: str, *, spdx: bool = True) -> dict[str, Any]:
    """An SPDX expression, or the words of a part's own metadata."""
    return {"expression": said} if spdx else {"license": {"name": said}}


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
