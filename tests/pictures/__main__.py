"""Take every picture anew, into docs/images. Needs Chromium, Xvfb and trayer; look at the outcome before keeping it.

Pictures of Windows (tray, installer) are taken by the Windows lane.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.browser.chromium import Chromium, find_chromium
from tests.pictures import pages, terminal, tray
from tests.pictures.stage import Stage

LANGUAGES = ("en", "ru")


def main() -> int:
    """Take them."""
    program = find_chromium()
    if program is None:
        print("Chromium is missing.", file=sys.stderr)
        return 2
    tray.take_states()
    with Chromium(program) as browser:
        for language in LANGUAGES:
            with (
                tempfile.TemporaryDirectory(prefix="robot-pictures-") as folder,
                Stage(Path(folder), language) as stage,
            ):
                tray.take_menu(stage)
                terminal.take_check(stage, browser)
                terminal.take_demo(stage, browser)
                pages.take_sandbox(stage, browser)
                pages.take_history(stage, browser)
    return 0


sys.exit(main())
