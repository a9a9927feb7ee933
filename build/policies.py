r"""Writes the templates of Group Policy: `python build/policies.py`, or with `python build/dev.py package`.

dist/policy/Robot.admx                    into C:\Windows\\PolicyDefinitions, or the domain's central store
dist/policy/en-US/Robot.adml, ru-RU/…     into the folders of these names there
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.base.i18n import set_language  # noqa: E402 - `app` lies beside this folder
from app.settings import admx  # noqa: E402


def write(folder: Path) -> list[Path]:
    """Write all files below `folder`; the same bytes for the same settings and catalogs."""
    files = {folder / "Robot.admx": admx.definitions()}
    for language, name in admx.LANGUAGES.items():
        set_language(language)
        files[folder / name / "Robot.adml"] = admx.texts()
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8", newline="\r\n")
    return list(files)


def main() -> int:
    """The command."""
    for file in write(ROOT / "dist" / "policy"):
        print(file.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
