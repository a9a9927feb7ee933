r"""Where things are: the only module that knows folders.

Settings: `%PROGRAMDATA%\Robot`, `%APPDATA%\Robot` (on Linux the XDG folders). Data (journal, logs, lock):
`%LOCALAPPDATA%\Robot`. https://platformdirs.readthedocs.io/en/latest/
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.base.dataclass import dataclass

if TYPE_CHECKING:
    from datetime import datetime

PACKAGE_DIR: Final = Path(__file__).resolve().parent.parent
# PyInstaller puts data files beside the package (onedir: `_internal`), so both layouts agree on `app/`, `assets/`.
BUNDLE_DIR: Final = PACKAGE_DIR.parent
ASSETS_DIR: Final = BUNDLE_DIR / "assets"
LOCALE_DIR: Final = PACKAGE_DIR / "locale"

APP_FOLDER: Final = "Robot"
SETTINGS_FILE: Final = "robot.toml"


def machine_settings_file() -> Path:
    """The settings that hold for every user of the machine."""
    import platformdirs  # late: 10 ms that `--config` doesn't need

    return platformdirs.site_config_path(APP_FOLDER, appauthor=False) / SETTINGS_FILE


def user_settings_file() -> Path:
    """The settings of this user, which override the machine's."""
    import platformdirs

    return platformdirs.user_config_path(APP_FOLDER, appauthor=False, roaming=True) / SETTINGS_FILE


def default_data_dir() -> Path:
    """The platform's local (not roaming) data folder of this user."""
    import platformdirs

    return platformdirs.user_data_path(APP_FOLDER, appauthor=False, roaming=False)


def user_state_dir() -> Path:
    """What belongs to this user's robots together, wherever each has its data folder (POSIX: their locks)."""
    if sys.platform == "linux":  # as platformdirs has it, which takes 2 ms of each start
        state = os.environ.get("XDG_STATE_HOME", "").strip() or os.path.expanduser("~/.local/state")  # noqa: PTH111
        return Path(state) / APP_FOLDER
    import platformdirs

    return platformdirs.user_state_path(APP_FOLDER, appauthor=False)


@dataclass(frozen=True)
class DataPaths:
    """The files below `data_dir`."""

    root: Path

    @property
    def journal(self) -> Path:
        """The SQLite journal."""
        return self.root / "journal.sqlite3"

    @property
    def lock(self) -> Path:
        """The lock that keeps a second robot out of this folder."""
        return self.root / "robot.lock"

    @property
    def logs(self) -> Path:
        """Folder of the robot's log, with the jobs' logs below it."""
        return self.root / "logs"

    @property
    def robot_log(self) -> Path:
        """The robot's own log, rotated by day."""
        return self.logs / "robot.log"

    @property
    def start_log(self) -> Path:
        """What is said by starts that no robot has come of."""
        return self.logs / "start.log"

    @property
    def job_logs(self) -> Path:
        """Folder of the jobs' output."""
        return self.logs / "jobs"

    @property
    def history_page(self) -> Path:
        """The page of past runs, where `robot history` and the tray write it."""
        return self.root / "history.html"

    @property
    def status(self) -> Path:
        """What the robot does now, for programs."""
        return self.root / "status.json"

    @property
    def runs(self) -> Path:
        """Private folders of running jobs."""
        return self.root / "runs"

    @property
    def environments(self) -> Path:
        """Virtual environments that scripts ask for."""
        return self.root / "environments"

    @property
    def evidence(self) -> Path:
        """What runs keep: pictures, copies of files; a folder a run, named after its job's GUID."""
        return self.root / "evidence"

    @property
    def com_classes(self) -> Path:
        """What `win32com` makes of type libraries for scripts of the bundled interpreter (its `gen_py`)."""
        return self.root / "com"

    def job_log(self, name: str, guid: str, started_at: datetime) -> Path:
        """The log of one run: `logs/jobs/2026-11-24/101500 invoices 5f3c9a17.log`."""
        local = started_at.astimezone()
        return (
            self.job_logs
            / f"{local:%Y-%m-%d}"
            / f"{local:%H%M%S} {safe_file_name(name)} {safe_file_name(guid)[:8]}.log"
        )


def safe_file_name(text: str, limit: int = 60) -> str:
    """`text` as part of a file name on any system: at most `limit` characters, never empty, no separators."""
    return re.sub(r"[^\w.-]+", "_", text, flags=re.UNICODE).strip("._ ")[:limit] or "_"
