"""Records of the robot's own: whatever is used of them is as the standard library has it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from app.base import dataclass as own

LIBRARIES = pytest.mark.parametrize("library", [dataclasses, own], ids=["standard", "own"])


def classes(library: Any) -> Any:
    """The same classes, made by either."""

    @library.dataclass(frozen=True)
    class Point:
        x: int
        y: int = 2
        secret: str = library.field(default="s", repr=False)

    @library.dataclass(frozen=True)
    class Deep(Point):
        tags: list[str] = library.field(default_factory=list)
        y: int = 5

    @library.dataclass
    class Mutable:
        items: list[int] = library.field(default_factory=list, metadata={"unit": "jobs"})
        name: str = ""

    @library.dataclass(kw_only=True)
    class Named:
        first: int
        second: int = 0

    @library.dataclass(eq=False)
    class Identity:
        x: int = 0

    @library.dataclass(repr=False)
    class Quiet:
        x: int = 0

        def __repr__(self) -> str:
            return "<quiet>"

    return {each.__name__: each for each in (Point, Deep, Mutable, Named, Identity, Quiet)}


@LIBRARIES
def test_records_are_compared_hashed_and_shown(library: Any) -> None:
    """By all of their fields and their class; what isn't to be shown isn't."""
    made = classes(library)
    point, deep = made["Point"], made["Deep"]
    assert point(1) == point(1, 2)
    assert point(1) != point(1, 3)
    assert point(1) != deep(1, 2)
    assert point(1) != (1, 2, "s")
    assert len({point(1), point(1), point(2)}) == 2
    assert repr(point(1)).endswith("Point(x=1, y=2)")
    assert repr(deep(1)).endswith("Deep(x=1, y=5, tags=[])")
    assert made["Identity"]() != made["Identity"]()
    assert len({made["Identity"](), made["Identity"]()}) == 2
    assert repr(made["Quiet"]()) == "<quiet>"
    with pytest.raises(TypeError):
        hash(made["Mutable"]())


@LIBRARIES
def test_values_are_taken_by_place_and_by_name(library: Any) -> None:
    """Defaults are made anew for each record; what is missing, unknown, twice or too many is a TypeError."""
    made = classes(library)
    mutable = made["Mutable"]
    one, other = mutable(), mutable(name="b")
    one.items.append(1)
    assert (one.items, other.items, other.name) == ([1], [], "b")
    deep = made["Deep"](1, secret="t", tags=["a"])
    assert (deep.x, deep.y, deep.secret, deep.tags) == (1, 5, "t", ["a"])
    assert made["Named"](first=1).second == 0
    for mistake in (
        made["Point"],
        lambda: made["Point"](1, z=2),
        lambda: made["Point"](1, x=1),
        lambda: made["Point"](1, 2, "s", 4),
        lambda: made["Named"](1),
    ):
        with pytest.raises(TypeError):
            mistake()


@LIBRARIES
def test_frozen_ones_stay_as_they_are(library: Any) -> None:
    """Setting and deleting is an AttributeError; others can be changed."""
    made = classes(library)
    with pytest.raises(AttributeError):
        made["Point"](1).x = 2
    with pytest.raises(AttributeError):
        del made["Deep"](1).x
    record = made["Mutable"]()
    record.name = "c"
    assert record.name == "c"


@LIBRARIES
def test_the_standard_librarys_functions_take_them(library: Any) -> None:
    """`replace`, `fields`, `asdict` and `is_dataclass`; the module's own `replace` and `fields` say the same."""
    made = classes(library)
    deep = made["Deep"](1)
    for replace in (dataclasses.replace, library.replace):
        assert replace(deep, x=9, tags=["b"]) == made["Deep"](9, tags=["b"])
        with pytest.raises(TypeError):
            replace(deep, z=1)
    assert dataclasses.is_dataclass(deep)
    assert dataclasses.asdict(deep) == {"x": 1, "y": 5, "secret": "s", "tags": []}
    names = ["x", "y", "secret", "tags"]
    assert [each.name for each in dataclasses.fields(deep)] == names
    assert dataclasses.fields(deep) == dataclasses.fields(deep), "made once: they cost a millisecond"
    assert [each.name for each in library.fields(made["Deep"])] == names
    assert next(iter(library.fields(made["Mutable"]))).metadata["unit"] == "jobs"


@LIBRARIES
def test_they_can_be_matched(library: Any) -> None:
    """By place in a `match`; those by name only have no places."""
    made = classes(library)
    assert made["Point"].__match_args__ == ("x", "y", "secret")
    assert made["Named"].__match_args__ == ()
