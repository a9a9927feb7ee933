"""LICENSE and THIRD-PARTY-NOTICES.txt beside the program."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from shipping.parts import CPYTHON_LICENCE
from shipping.places import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from shipping.parts import Part

FILE: Final = "THIRD-PARTY-NOTICES.txt"
_LINE: Final = "=" * 100
_HEAD: Final = """Robot contains the parts below, each under its own licence; Robot itself is under the one in LICENSE.

pystray is under the GNU Lesser General Public License. You may replace it: put your version of the package, as .py or
.pyc files, in the place of the folder _internal\\pystray. Nothing else has to be changed or built anew. Its sources:
https://github.com/moses-palmer/pystray

"""


def write(folder: Path, parts: list[Part]) -> None:
    """Write both files into the program's folder."""
    shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE")
    lines = [f"    {part.name} {part.version}".ljust(40) + f"{part.licence}\n" for part in parts]
    texts = [f"\n{_LINE}\n{part.name} {part.version}\n{_LINE}\n\n" + "\n\n".join(_each(part)) for part in parts]
    (folder / FILE).write_text("".join([_HEAD, *lines, *texts]), encoding="utf-8-sig", newline="\r\n")
    shutil.rmtree(folder / "_internal" / CPYTHON_LICENCE.parent)  # it stands there now


def _each(part: Part) -> list[str]:
    return [text.strip() + "\n" for text in dict.fromkeys(part.texts)]
