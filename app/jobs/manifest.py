r"""Which scripts may run, if the settings name a manifest: one line a script, as `sha256sum` writes them.

    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  finance/invoices.py

Paths count from the scripts folder; `\` does as well as `/`, and the case of letters doesn't matter. Empty lines and
those that begin with `#` are passed over. It vouches for the file that a job starts, not for what that imports.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from app.base.dataclass import dataclass
from app.base.i18n import _
from app.base.os_reasons import describe_os_error
from app.jobs.errors import CannotStartError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app.jobs.scripts import Script

_LINE: Final = re.compile(r"([0-9a-f]{64}) [ *]?\s*(.+)", re.IGNORECASE)


class Approved(NamedTuple):
    """One line: the path with `/`, and SHA-256 in lower-case hex."""

    path: str
    sum: str


@dataclass(frozen=True)
class Manifest:
    """The approved scripts, by their paths with letters of one case."""

    file: Path
    scripts: Mapping[str, Approved]

    @classmethod
    def read(cls, file: Path) -> Self:
        """The manifest as it is now.

        Raises:
            CannotStartError: it can't be read or understood; then nothing may run.
        """
        try:
            text = _text(file.read_bytes())
        except OSError as error:
            raise CannotStartError(
                _("The manifest of scripts {file} can't be read: {reason}.").format(
                    file=file, reason=describe_os_error(error).for_people()
                )
            ) from None
        except UnicodeDecodeError:
            raise CannotStartError(
                _("The manifest of scripts {file} is not text in UTF-8.").format(file=file)
            ) from None
        scripts = {}
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            match = _LINE.fullmatch(line.strip())
            if not match:
                raise CannotStartError(
                    _("The manifest of scripts {file} has a mistake in line {number}.").format(file=file, number=number)
                )
            path = match[2].strip().replace("\\", "/").removeprefix("./")
            scripts[path.casefold()] = Approved(path, match[1].lower())
        return cls(file, scripts)

    def approve(self, script: Script) -> str:
        """The SHA-256 of `script`, which is the one that stands here.

        Raises:
            CannotStartError: the script isn't listed, or is another one by now.
        """
        name = _name(script)
        approved = self.scripts.get(name.casefold())
        if approved is None:
            raise CannotStartError(
                _("The script {script} is not in the manifest of scripts {file}.").format(script=name, file=self.file)
            )
        with script.file.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != approved.sum:
            raise CannotStartError(self.changed(script))
        return found

    def changed(self, script: Script) -> str:
        """For people: `script` isn't the one that was approved."""
        return _("The script {script} is not the one that the manifest of scripts {file} approves.").format(
            script=_name(script), file=self.file
        )


def _name(script: Script) -> str:
    """The script's path from the scripts folder, with `/`."""
    return script.file.relative_to(script.root).as_posix()


def _text(data: bytes) -> str:
    """UTF-8, with or without a BOM, or what `>` of Windows PowerShell writes."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    return data.decode("utf-8-sig")
