"""What the robot's process held in a soak, as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Sample:
    """The robot's process after so many jobs; memory in MiB, disk in KiB."""

    jobs: int
    threads: int
    files: int
    memory: float
    disk: float


def plot(samples: Sequence[Sample]) -> str:
    """Four small charts as SVG."""
    width, height, charts = 640, 110, []
    for row, (name, unit) in enumerate((("threads", ""), ("files", ""), ("memory", "MiB"), ("disk", "KiB"))):
        values = [getattr(sample, name) for sample in samples]
        top = max(values) * 1.15 or 1
        points = " ".join(
            f"{90 + (width - 110) * sample.jobs / samples[-1].jobs:.1f},{height - 20 - (height - 40) * value / top:.1f}"
            for sample, value in zip(samples, values, strict=True)
        )
        charts.append(
            f'<g transform="translate(0 {row * height})"><text x="8" y="{height // 2}">{name}</text>'
            f'<text x="8" y="{height // 2 + 16}">max {max(values):.0f} {unit}</text>'
            f'<path d="M90 20V{height - 20}H{width - 20}" fill="none" stroke="#888"/>'
            f'<polyline points="{points}" fill="none" stroke="#1666c0" stroke-width="1.5"/></g>'
        )
    total = len(charts) * height + 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {total}" font-family="sans-serif" '
        f'font-size="12"><rect width="{width}" height="{total}" fill="#fff"/>{"".join(charts)}'
        f'<text x="90" y="{total - 6}">0 … {samples[-1].jobs} jobs</text></svg>\n'
    )
