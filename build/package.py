"""Builds what is shipped: `python build/dev.py package`.

dist/Robot/                       the program: robot.exe, robot-cli.exe, _internal, licences
dist/Robot-<version>-win64.zip    the same, to be unpacked anywhere
dist/Robot-<version>-setup.exe    the installer
dist/Robot-<version>.cdx.json     what it is made of (CycloneDX)
dist/robot_job-<version>-….whl    for the script author's desk
dist/policy/                      templates of Group Policy (ADMX, ADML)
dist/SHA256SUMS

--twice           build a second time and say what differs
"""

from __future__ import annotations

import argparse
import shutil
import sys

import policies
from kit import make_wheel
from shipping import archive, bill_of_materials, comparison, guide, installer, program, signing
from shipping.errors import PackagingError
from shipping.places import DIST, Release, this_release
from wine.errors import ToolchainError


def build(release: Release) -> None:
    """Everything in dist/."""
    certificate = signing.configured()
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    print("Building the program (some minutes) …", flush=True)
    parts, folder = program.build(release), program.PROGRAM
    guide.write(folder, release)
    if certificate:
        for file in (folder / "robot.exe", folder / "robot-cli.exe"):
            signing.sign(file, certificate)
    print("Making the archive, the installer and the bill of materials …", flush=True)
    policies.write(DIST / "policy")
    files = [archive.make_zip(folder, release), installer.make(folder, release)]
    files.append(bill_of_materials.write(release, parts))
    if certificate:
        signing.sign(release.installer, certificate)
    archive.write_checksums([*files, make_wheel(DIST)])


def report(release: Release) -> None:
    """What is there now, with sizes."""
    size = sum(file.stat().st_size for file in program.PROGRAM.rglob("*") if file.is_file())
    print(f"{size / 1e6:8.1f} MB  {program.PROGRAM}")
    for file in (release.archive, release.installer, release.bill_of_materials):
        print(f"{file.stat().st_size / 1e6:8.1f} MB  {file}")


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python build/dev.py package", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--twice", action="store_true", help="build a second time and say what differs")
    options = parser.parse_args()
    try:
        release = this_release()
        build(release)
        if options.twice:
            first = comparison.digests(DIST)
            build(release)
            if found := comparison.differences(first, comparison.digests(DIST)):
                print("The two builds differ:", *found, sep="\n  ")
                return 1
            print("The two builds are the same, byte for byte.")
        report(release)
    except (PackagingError, ToolchainError) as error:
        print(f"package: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
