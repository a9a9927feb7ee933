"""How many robots which interval holds: the rule of thumb, and the edge by simulation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.fleet.measure import last_failure
from tests.fleet.robot import Pace
from tests.fleet.server import READY, SERVICE, WORKERS
from tests.fleet.situations import Fleet

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERVALS: Final = (5, 10, 15, 30, 60)  # seconds
MILLISECONDS: Final = (10, 20, 50, 100)  # that a worker is busy with one heartbeat, on average
SHARE: Final = 0.7  # of the workers' time that heartbeats alone may take; the rest is for jobs and people
MINUTES: Final = 3


@dataclass(frozen=True)
class Point:
    """The largest fleet, in steps of five per cent of the rule, with which such a server doesn't fall behind."""

    interval: int
    milliseconds: int
    robots: int

    @property
    def by_the_rule(self) -> int:
        """What the rule of thumb says."""
        return rule(self.interval, self.milliseconds)


def rule(interval: float, milliseconds: float) -> int:
    """Robots = share × workers × interval ÷ time of one heartbeat."""
    return int(SHARE * WORKERS * interval * 1000 / milliseconds)


def holds(robots: int, interval: int, milliseconds: int, seed: int) -> bool:
    """Whether no request fails, and none waits for a second."""
    service = {**SERVICE, READY: milliseconds / 1000}
    fleet = Fleet(robots, seed, Pace(poll_seconds=interval), service=service)
    fleet.switch_on(0, interval)
    fleet.run(2 * interval)
    fleet.over()
    fleet.run(60 * MINUTES)
    return last_failure(fleet.server.seconds, int(fleet.start), int(fleet.world.now)) == 0


def measured(seed: int) -> list[Point]:
    """Every interval with every server."""
    points = []
    for milliseconds in MILLISECONDS:
        for interval in INTERVALS:
            step = max(1, rule(interval, milliseconds) // 20)
            robots = 10 * step
            while holds(robots + step, interval, milliseconds, seed):
                robots += step
            points.append(Point(interval, milliseconds, robots))
    return points


def table(points: Sequence[Point]) -> str:
    """The table of `docs/fleet.md`."""
    lines = [
        "| robots by the rule · at the edge (simulated) | " + " | ".join(f"{each} s" for each in INTERVALS) + " |",
        "|---|" + "---|" * len(INTERVALS),
    ]
    for milliseconds in MILLISECONDS:
        cells = [f"{each.by_the_rule:,} · {each.robots:,}" for each in points if each.milliseconds == milliseconds]
        lines.append(f"| {milliseconds} ms for one heartbeat | " + " | ".join(cells) + " |")
    return "\n".join(lines)


WIDTH, HEIGHT, LEFT, BASE = 640, 360, 70, 310
COLORS: Final = ("#1666c0", "#2e7d32", "#ef6c00", "#c62828")
TOP: Final = 20_000


def plot(points: Sequence[Point]) -> str:
    """Robots over the interval: lines are the rule, dots were simulated. SVG."""

    def place(interval: float, robots: float) -> tuple[float, float]:
        return LEFT + (WIDTH - LEFT - 110) * interval / INTERVALS[-1], BASE - (BASE - 20) * min(robots, TOP) / TOP

    parts = []
    for robots in range(0, TOP + 1, 5000):
        y = place(0, robots)[1]
        parts.append(
            f'<path d="M{LEFT} {y:.1f}H{WIDTH - 110}" stroke="#ddd"/>'
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{robots:,}</text>'
        )
    for interval in INTERVALS:
        x = place(interval, 0)[0]
        parts.append(f'<text x="{x:.1f}" y="{BASE + 16}" text-anchor="middle">{interval} s</text>')
    for milliseconds, color in zip(MILLISECONDS, COLORS, strict=True):
        longest = min(INTERVALS[-1], TOP * milliseconds / (SHARE * WORKERS * 1000))
        x, y = place(longest, rule(longest, milliseconds))
        parts.append(
            f'<path d="M{LEFT} {BASE}L{x:.1f} {y:.1f}" stroke="{color}"/>'
            f'<text x="{x + 8:.1f}" y="{y + 4:.1f}" fill="{color}">{milliseconds} ms</text>'
        )
        for point in points:
            if point.milliseconds == milliseconds and point.robots <= TOP:
                x, y = place(point.interval, point.robots)
                parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{color}"/>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="12"><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>{"".join(parts)}'
        f'<text x="{LEFT}" y="{HEIGHT - 12}">robots over poll_seconds; 8 workers, by the time of one heartbeat; '
        "dots: the edge, simulated</text></svg>\n"
    )
