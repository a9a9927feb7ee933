"""Signing, with a certificate that is thrown away afterwards."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.program_on_windows.machine import ON_WINDOWS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.program_on_windows.machine import Machine


@pytest.mark.skipif(ON_WINDOWS, reason="signtool of the Windows SDK signs there")
def test_a_signed_program_verifies_and_runs(machine: Machine, program: Path, tmp_path: Path):
    """Osslsigncode finds the signature sound; one changed byte spoils it; the signed program still runs."""
    from shipping import signing

    key, certificate, pfx = tmp_path / "key.pem", tmp_path / "certificate.pem", tmp_path / "both.pfx"
    subject = ["-subj", "/CN=Throw-away", "-addext", "extendedKeyUsage=codeSigning"]
    _openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, "-keyout", key, "-out", certificate
    )
    _openssl("pkcs12", "-export", "-inkey", key, "-in", certificate, "-out", pfx, "-passout", "pass:пароль")
    signed = tmp_path / "program" / "robot-cli.exe"
    shutil.copytree(program, signed.parent)

    signing.sign(signed, signing.Certificate(pfx, "пароль", ""))

    assert _verify(signed, certificate) == 0
    assert machine.run(signed, "--version").stdout.startswith("robot ")
    data = bytearray(signed.read_bytes())
    data[len(data) // 2] ^= 1
    signed.write_bytes(data)
    assert _verify(signed, certificate) != 0


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def _verify(file: Path, authority: Path) -> int:
    command = ["osslsigncode", "verify", "-CAfile", str(authority), "-in", str(file)]
    return subprocess.run(command, capture_output=True, check=False).returncode
