"""The zip of the program, the same byte for byte for the same files; and the checksums."""

from __future__ import annotations

import hashlib
import time
import zipfile
from pathlib import Path

from shipping.places import DIST, Release


def make_zip(program: Path, release: Release) -> Path:
    """Pack the folder: sorted, with the release's time, without this system's file modes."""
    when = time.gmtime(release.epoch)[:6]
    with zipfile.ZipFile(release.archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(path for path in program.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(str(Path("Robot") / file.relative_to(program)).replace("\\", "/"), when)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0  # made "on Windows" wherever it is made
            archive.writestr(entry, file.read_bytes())
    return release.archive


def write_checksums(files: list[Path]) -> Path:
    """dist/SHA256SUMS, in the form of sha256sum."""
    sums = DIST / "SHA256SUMS"
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(files)]
    sums.write_text("".join(lines), encoding="ascii", newline="\n")
    return sums
