"""The known bugs: each stood in the robot's source, or nearly did, and breaks a point of the durability rule."""

from __future__ import annotations

from typing import Final

from tests.simulation import (
    bugs_of_leaving,
    bugs_of_reports,
    bugs_of_starts,
    bugs_of_the_disk,
    bugs_of_the_gateway,
    bugs_of_the_loop,
)

KNOWN_BUGS: Final = (
    bugs_of_reports.BUGS
    | bugs_of_the_loop.BUGS
    | bugs_of_the_disk.BUGS
    | bugs_of_the_gateway.BUGS
    | bugs_of_leaving.BUGS
    | bugs_of_starts.BUGS
)
