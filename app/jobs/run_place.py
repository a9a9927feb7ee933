"""What a run needs before its script is looked for: its private folder with its files, and its channel to the robot."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from app.base.bundle import FROZEN
from app.base.i18n import current_language
from app.base.paths import DataPaths
from app.jobs.child.host import COM_CLASSES_VARIABLE, PICTURE_VARIABLE
from app.jobs.picture import FILE_NAME
from app.jobs.run_folder import vendor_argument

if TYPE_CHECKING:
    from app.jobs.channel import Camera, Channels, RunChannel
    from app.jobs.output import OutputLog
    from app.jobs.run_folder import RunFolder, RunFolders
    from app.orchestrator.vocabulary import JobOrder
    from app.settings.model import Settings

_log = logging.getLogger("robot.jobs")


class RunPlace:
    """Made for one run; whoever doesn't start it closes it.

    Attributes:
        folder: the private folder.
        channel: to the robot; None: the script has none.
        camera: for what the screen shows; None: nobody wants to know.
        variables: for the script's environment.
        arguments: for the script.
    """

    def __init__(
        self, folders: RunFolders, settings: Settings, order: JobOrder, channels: Channels | None, log: OutputLog
    ) -> None:
        """Make it.

        Raises:
            OSError: the folder or its files can't be made; nothing is left of them.
        """
        self.channel: RunChannel | None = None
        self.camera: Camera | None = None
        self._closing = threading.RLock()  # a signal handler may interrupt the thread that holds it
        self._closed = False
        self.folder = folders.make(order.guid)
        try:
            self.variables, self.arguments = _of_the_run(settings, order, self.folder)
            if channels is not None and (channel := _opened(channels, order, self.folder, log)) is not None:
                self.channel = channel
                self.variables |= channel.variables
                still, seconds = settings.screenshots, settings.recorder_seconds
                if still or seconds:
                    self.camera = channel.camera(still=still, seconds=seconds)
                    self.variables[PICTURE_VARIABLE] = str(self.folder.path / FILE_NAME)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """No run comes of it: nothing of it is left. A second call does nothing."""
        with self._closing:
            closed, self._closed = self._closed, True
        if not closed:
            if self.channel is not None:
                self.channel.close()
            self.folder.remove()


def _of_the_run(settings: Settings, order: JobOrder, folder: RunFolder) -> tuple[dict[str, str], tuple[str, ...]]:
    """The variables and the arguments of one run; the files that they name are written."""
    guid = settings.guid if settings.share_credentials else ""
    arguments: tuple[str, ...] = ()
    if settings.script_argument == "vendor":
        arguments = (vendor_argument(order, folder.write_settings(guid, settings.host)),)
    variables = {
        "ROBOT_JOB_GUID": order.guid,
        "ROBOT_JOB_NAME": order.name,
        "ROBOT_RUN_PROCESS_VERSION": order.process_version_guid,
        "ROBOT_HOST": settings.host,
        "ROBOT_RUN_FOLDER": str(folder.path),
        "ROBOT_RUN_LANGUAGE": current_language(),
    }
    if guid:
        variables["ROBOT_GUID"] = guid
    if FROZEN:
        variables[COM_CLASSES_VARIABLE] = str(DataPaths(settings.data_dir).com_classes)
    if order.task is not None:
        variables["ROBOT_TASK_FILE"] = str(folder.write_task(order.task))
    return variables, arguments


def _opened(channels: Channels, order: JobOrder, folder: RunFolder, log: OutputLog) -> RunChannel | None:
    """The run's channel; a script that wants none runs without one as well."""
    try:
        return channels.open(order, folder, log)
    except OSError as error:
        _log.error("Job %s runs without a channel to the robot: %s", order.guid, error)
        return None
