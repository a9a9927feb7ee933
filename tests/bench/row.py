"""One line of the bench's table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measure beside its floor, both from the same run.

    Attributes:
        measure: what was measured.
        floor: what stands beside it, with its value, as text.
        ours: the robot's value, as text.
        value: the number that the target is about: a ratio, seconds, or megabytes.
        target: the most that `value` may be; None for a line that is there for comparison only.
        unit: of value and target: "x" for a ratio.
    """

    measure: str
    floor: str
    ours: str
    value: float
    target: float | None
    unit: str

    @property
    def met(self) -> bool:
        """Whether the target is met."""
        return self.target is None or self.value <= self.target


def milliseconds(seconds: float) -> str:
    """`12.3 ms`."""
    return f"{seconds * 1000:.1f} ms"
