"""Take pictures anew, into docs/images; look at the outcome before keeping it.

python -m tests.pictures            all but those of Windows; needs Chromium
python -m tests.pictures windows    the installer and the tray of what `build/dev.py package` left in dist/; needs Wine,
                                    Xvfb, trayer, openbox, and the sources of Debian's locales
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.pictures.stage import LOCALES


def main() -> int:
    """Take them."""
    if sys.argv[1:] == ["windows"]:
        return take_windows()
    if sys.argv[1:]:
        print(__doc__, file=sys.stderr)
        return 2
    return take_others()


def take_windows() -> int:
    """Pictures of the Windows program."""
    from tests.pictures import windows

    for language in LOCALES:
        with tempfile.TemporaryDirectory(prefix="robot-pictures-") as folder:
            windows.take(Path(folder), language)
    return 0


def take_others() -> int:
    """The icons, and pictures of terminals and pages."""
    from tests.browser.chromium import Chromium, find_chromium
    from tests.pictures import page_now, page_runs, page_settings, pages, states, terminal
    from tests.pictures.stage import Stage

    program = find_chromium()
    if program is None:
        print("Chromium is missing.", file=sys.stderr)
        return 2
    states.take_states()
    with Chromium(program) as browser:
        for language in LOCALES:
            with (
                tempfile.TemporaryDirectory(prefix="robot-pictures-") as folder,
                Stage(Path(folder), language) as stage,
            ):
                terminal.take_check(stage, browser)
                terminal.take_demo(stage, browser)
                pages.take_sandbox(stage, browser)
                pages.take_history(stage, browser)
                pages.take_fleet(stage, browser)
                page_now.take_now(stage, browser)
                page_settings.take_settings(stage, browser)
                page_runs.take_runs(stage, browser)
    return 0


sys.exit(main())
