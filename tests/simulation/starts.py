"""The verdict on starts: of two robots in one place one speaks, and the other ends as one that is there already."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulation.world import World


def starts(world: World) -> Iterator[str]:
    """What was said by two at once; who was sent away though nobody was there."""
    spoken = sorted(world.spoken.items(), key=lambda each: each[1][0])
    for (first, (_from, until)), (second, (since, _until)) in itertools.pairwise(spoken):
        if since < until:
            yield f"{second.name} spoke at {since:.2f}, {first.name} until {until:.2f}"
    for at, life, how in world.ends:
        if not how.startswith("ended with AlreadyRunningError"):
            continue
        # The other one may end between the moment in which it is found and that in which the start gives up.
        others = [
            each for each in world.lives if each is not life and each.born <= at and life.born <= world.end_of(each)
        ]
        if not others:
            yield f"{life.name} was sent away at {at:.2f}, though nobody was there"
