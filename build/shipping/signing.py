"""Authenticode signatures, when a certificate is configured.

    ROBOT_SIGN_PFX        a PKCS#12 file with the certificate and its key
    ROBOT_SIGN_PASSWORD   its password; handed to the tool by a file that only this user can read
    ROBOT_SIGN_TIMESTAMP  the address of a time-stamping service (RFC 3161); without one,
                          signatures end with the certificate

Tools: osslsigncode on Linux, signtool of the Windows SDK on Windows.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from shipping.errors import PackagingError


@dataclass(frozen=True)
class Certificate:
    """What to sign with."""

    file: Path
    password: str
    timestamp: str


def configured() -> Certificate | None:
    """The certificate that the environment names, if any.

    Raises:
        PackagingError: it names a file that doesn't exist.
    """
    name = os.environ.get("ROBOT_SIGN_PFX", "")
    if not name:
        return None
    file = Path(name)
    if not file.is_file():
        raise PackagingError(f"ROBOT_SIGN_PFX names {file}, which does not exist.")
    return Certificate(file, os.environ.get("ROBOT_SIGN_PASSWORD", ""), os.environ.get("ROBOT_SIGN_TIMESTAMP", ""))


def sign(file: Path, certificate: Certificate) -> None:
    """Sign one program in place.

    Raises:
        PackagingError: the tool is missing or refused.
    """
    sign_it = _with_signtool if sys.platform == "win32" else _with_osslsigncode
    sign_it(file, certificate)


def _with_osslsigncode(file: Path, certificate: Certificate) -> None:
    if not shutil.which("osslsigncode"):
        raise PackagingError("osslsigncode is missing. Install it: sudo apt-get install osslsigncode")
    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder) / "password"
        secret.touch(mode=0o600)
        secret.write_text(certificate.password, encoding="utf-8")
        signed = Path(folder) / file.name
        command = ["osslsigncode", "sign", "-pkcs12", str(certificate.file), "-readpass", str(secret)]
        command += ["-h", "sha256", "-n", "Robot", *(["-ts", certificate.timestamp] if certificate.timestamp else [])]
        _run([*command, "-in", str(file), "-out", str(signed)])
        shutil.copyfile(signed, file)


def _with_signtool(file: Path, certificate: Certificate) -> None:
    command = ["signtool", "sign", "/fd", "sha256", "/d", "Robot", "/f", str(certificate.file)]
    command += ["/p", certificate.password] if certificate.password else []
    command += ["/tr", certificate.timestamp, "/td", "sha256"] if certificate.timestamp else []
    _run([*command, str(file)])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackagingError(f"{command[0]} could not sign {Path(command[-1]).name}:\n{done.stdout}{done.stderr}")
