"""Situations as a table and as a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.fleet.measure import ROBOTS_PEAK
from tests.fleet.server import WORKERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.fleet.measure import Verdict
    from tests.fleet.server import Seconds

WORDS: Final = {
    "rest": "rest",
    "refused": "after an hour without connection",
    "dark": "after an hour without answer",
    "hung": "after half a minute of a hanging database",
    "queue": "the same for a minute, 16,384 may wait",
    "morning": "all log on within three minutes",
    "second": "all are switched on in one second",
    "power": "the same, in an outage of two minutes",
    "peace": "the same, told for two minutes to come back after 30 s",
    "rollout": "new settings on all at once",
    "burst": "a job for each at once",
    "nowork": "all are switched on in one second, no work: log-off",
}
WITHOUT_REST: Final = ("nowork",)  # nobody is there any more


def met(found: Verdict) -> bool:
    """Whether it is as it should be: settled, even, and heartbeats alone fill no minute of the workers."""
    even = found.name in WITHOUT_REST or (found.settled is not None and found.later <= ROBOTS_PEAK)
    return even and found.beats < 1


def situations(verdicts: Sequence[Verdict], size: int) -> str:
    """The table of `docs/fleet.md`."""
    heads = (
        f"{size:,} robots",
        "fullest second",
        "no failure, no long wait after",
        "even after",
        "then fullest second of any minute",
        "heartbeats alone, busiest minute",
        "failed requests",
        "longest silence",
    )
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for found in verdicts:
        gone = found.name in WITHOUT_REST
        even = "—" if gone else "never" if found.settled is None else f"{found.settled} s"
        peak = "—" if gone else f"{found.later:.2f} × mean ({found.rate:.0f}/s)"
        lines.append(
            f"| {WORDS[found.name]} | {found.fullest:,} | {found.recovers} s | {even} | {peak} "
            f"| {100 * found.beats:.0f} % of {WORKERS} workers | {found.failed:,} | {found.silence:.0f} s |"
        )
    return "\n".join(lines)


WIDTH, HEIGHT, LEFT, MINUTES = 760, 150, 60, 3


def plot(drawn: Mapping[str, tuple[Seconds, float, float]]) -> str:
    """Requests a second, and those that failed, from half a minute before to three minutes after, as SVG."""
    parts = []
    for row, (name, (seconds, start, _end)) in enumerate(drawn.items()):
        first = max(0, int(start) - 30)
        moments = range(first, int(start) + 60 * MINUTES)
        came = [seconds.came.get(each, 0) for each in moments]
        failed = [seconds.refused.get(each, 0) + seconds.timed_out.get(each, 0) for each in moments]
        top = max(came) * 1.1 or 1
        base = HEIGHT - 30

        def line(values: list[int], color: str, top: float = top, base: int = base) -> str:
            step = (WIDTH - LEFT - 20) / (len(values) - 1)
            points = " ".join(
                f"{LEFT + step * number:.1f},{base - (base - 24) * value / top:.1f}"
                for number, value in enumerate(values)
            )
            return f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="1.3"/>'

        at = LEFT + (WIDTH - LEFT - 20) * (int(start) - first) / (len(came) - 1)
        parts.append(
            f'<g transform="translate(0 {row * HEIGHT})"><text x="{LEFT}" y="15">{WORDS[name]}</text>'
            f'<text x="{LEFT - 6}" y="30" text-anchor="end">{max(came)}/s</text>'
            f'<path d="M{LEFT} 20V{base}H{WIDTH - 20}" fill="none" stroke="#888"/>'
            f'<path d="M{at:.1f} 20V{base}" stroke="#bbb" stroke-dasharray="3 3"/>'
            f"{line(came, '#1666c0')}{line(failed, '#c62828')}"
            f'<text x="{at:.1f}" y="{base + 14}" text-anchor="middle">0</text>'
            f'<text x="{WIDTH - 20}" y="{base + 14}" text-anchor="end">{60 * MINUTES} s</text></g>'
        )
    total = len(drawn) * HEIGHT + 24
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {total}" font-family="sans-serif" '
        f'font-size="12"><rect width="{WIDTH}" height="{total}" fill="#fff"/>{"".join(parts)}'
        f'<text x="{LEFT}" y="{total - 8}" fill="#1666c0">requests a second</text>'
        f'<text x="{LEFT + 130}" y="{total - 8}" fill="#c62828">of them failed</text></svg>\n'
    )
