r"""The vendor framework's settings: `%APPDATA%\Sherpa RPA Python\settings.txt`, three lines in UTF-8.

The robot's GUID; the Orchestrator's host with its scheme; whether to log off (0 no, 1 yes, missing: yes).
Source: the vendor's documentation of its Python framework.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from app.base import hosts
from app.base.dataclass import dataclass, field
from app.base.errors import SettingsError
from app.base.i18n import _
from app.base.os_reasons import describe_os_error

_LOG_OFF: Final = {"": True, "1": True, "0": False}
_MOST_BYTES: Final = 64 * 1024  # three short lines; anything bigger is another file


@dataclass(frozen=True)
class VendorSettings:
    """What the file says."""

    guid: str = field(repr=False)  # the credential
    host: str
    log_off: bool


def find_vendor_settings() -> Path | None:
    """The file where the vendor's framework keeps it, if there is one."""
    roaming = os.environ.get("APPDATA")
    if not roaming:
        return None
    file = Path(roaming) / "Sherpa RPA Python" / "settings.txt"
    return file if file.is_file() else None


def parse_vendor_settings(file: Path) -> VendorSettings:
    """Read the file; a BOM, any line ends and blanks around the values are taken.

    Raises:
        SettingsError: it can't be read, or its lines aren't what they should be; every problem at once, with its
            line. What stands in the lines is not repeated: one of them is a secret.
    """
    lines = [line.strip() for line in _text_of(file).splitlines()]
    guid, host, log_off = [*lines, "", "", ""][:3]
    problems = []
    found = hosts.read_guid(guid)
    if found is None:
        problems.append(_("Line 1 must be the robot's GUID, such as 00000000-0000-0000-0000-000000000000."))
    try:
        host = hosts.read_host(host)
    except hosts.WrongAddressError:
        problems.append(
            _("Line 2 must be the Orchestrator's address with its scheme, such as http://192.168.1.111:4500.")
        )
    if log_off not in _LOG_OFF:
        problems.append(_("Line 3 must be 0 (don't log off) or 1 (log off)."))
    if found is None or problems:
        raise SettingsError(
            _("{file} is not a settings file of the vendor's framework:").format(file=file)
            + "\n"
            + "\n".join(problems),
            _("Correct the file, or name another one: robot import-settings FILE."),
        )
    return VendorSettings(found, host, _LOG_OFF[log_off])


def _text_of(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            data = stream.read(_MOST_BYTES)
    except OSError as error:
        raise SettingsError(
            _("The file {file} can't be read: {reason}.").format(
                file=file, reason=describe_os_error(error).for_people()
            ),
            _("Check its name and your right to read it."),
        ) from error
    # Notepad's "Unicode" is UTF-16 with a BOM. What isn't text at all becomes lines that are refused below.
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return data.decode(encoding, errors="replace")
