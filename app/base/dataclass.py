"""Dataclasses for what the robot imports before its first heartbeat: the standard library's at a tenth of the cost.

`dataclasses` writes and compiles up to six functions for each class (0.3 ms and more), and brings `inspect` with it
(4 ms): with forty classes that was a fifth of the start (docs/performance.md). Here all classes share the same
functions. They take a little longer, which nobody notices in records that are made a few times a second.

`dataclasses.replace`, `fields` and `asdict` take these classes as well. There is no more than what is used: no
`__post_init__`, no `slots`, no order, no `ClassVar`.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast, dataclass_transform, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_Class = TypeVar("_Class", bound=type)
_Record = TypeVar("_Record")
_NONE: Final = object()  # there is no default
_FIELDS: Final = "__robot_fields__"
_VALUES: Final = "__robot_values__"


class Field:
    """What is said of one field.

    Attributes:
        name: of the field.
        default: its value if none is given.
        factory: makes that value.
        repr: whether the text of a record shows it.
        metadata: whatever else its class says of it.
    """

    __slots__ = ("default", "factory", "metadata", "name", "repr")

    def __init__(self, default: object, factory: Callable[[], object] | None, metadata: Any, *, repr_: bool) -> None:
        self.name = ""
        self.default = default
        self.factory = factory
        self.metadata: Mapping[str, Any] = metadata or {}
        self.repr = repr_

    def value(self) -> object:
        """What it is if nothing is given; `_NONE`: something must be."""
        return self.factory() if self.factory else self.default


def field(
    *,
    default: Any = _NONE,
    default_factory: Callable[[], Any] | None = None,
    repr: bool = True,  # noqa: A002 - the standard library's name
    metadata: Mapping[str, Any] | None = None,
) -> Any:
    """As `dataclasses.field`."""
    return Field(default, default_factory, metadata, repr_=repr)


@overload
def dataclass(cls: _Class, /) -> _Class: ...
@overload
def dataclass(
    *, frozen: bool = False, kw_only: bool = False, eq: bool = True, repr: bool = True
) -> Callable[[_Class], _Class]: ...
@dataclass_transform(field_specifiers=(field,))
def dataclass(
    cls: _Class | None = None,
    /,
    *,
    frozen: bool = False,
    kw_only: bool = False,
    eq: bool = True,
    repr: bool = True,  # noqa: A002 - the standard library's name
) -> _Class | Callable[[_Class], _Class]:
    """As `dataclasses.dataclass`."""

    def make(cls: _Class) -> _Class:
        _collect_fields(cls)
        methods: dict[str, Any] = {"__init__": _init_by_name if kw_only else _init}
        if repr:
            methods["__repr__"] = _repr
        if eq:
            methods["__eq__"] = _eq
            methods["__hash__"] = _hash if frozen else None
        if frozen:
            methods |= {"__setattr__": _refuse, "__delattr__": _refuse}
        methods["__match_args__"] = () if kw_only else tuple(getattr(cls, _FIELDS))
        methods["__dataclass_fields__"] = _StandardFields()
        for name, method in methods.items():
            if name not in cls.__dict__ or (name == "__hash__" and cls.__dict__[name] is None):
                setattr(cls, name, method)
        return cls

    return make if cls is None else make(cls)


def fields(cls: type) -> tuple[Field, ...]:
    """The fields of a class, in order."""
    return tuple(getattr(cls, _FIELDS).values())


def replace(record: _Record, /, **changes: Any) -> _Record:
    """As `dataclasses.replace`."""
    values = dict(zip(getattr(record, _FIELDS), _values(record), strict=True))
    return cast("_Record", cast("Any", type(record))(**(values | changes)))


def _collect_fields(cls: type) -> None:
    found: dict[str, Field] = dict(getattr(cls, _FIELDS, {}))  # of what it is derived from
    for name in cls.__dict__.get("__annotations__", {}):  # noqa: RUF063 - which would import inspect
        said = cls.__dict__.get(name, _NONE)
        made = said if isinstance(said, Field) else Field(said, None, None, repr_=True)
        made.name = name
        found[name] = made
        if isinstance(said, Field):
            if made.default is _NONE:
                delattr(cls, name)
            else:
                setattr(cls, name, made.default)
    setattr(cls, _FIELDS, found)
    setattr(cls, _VALUES, staticmethod(_getter(tuple(found))))


def _getter(names: tuple[str, ...]) -> Callable[[object], tuple[object, ...]]:
    """Gets them all at once: snapshots of the robot are compared again and again."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple([getattr(record, name) for name in names])


def _init(self: Any, *given: object, **named: object) -> None:
    known: dict[str, Field] = getattr(self, _FIELDS)
    if len(given) == len(known) and not named:
        self.__dict__.update(zip(known, given, strict=True))
        return
    if len(given) > len(known):
        raise TypeError(f"{type(self).__name__} takes {len(known)} values, not {len(given)}")
    values = dict(zip(known, given, strict=False))
    if twice := values.keys() & named.keys():
        raise TypeError(f"{type(self).__name__} got {sorted(twice)} twice")
    _fill(self, known, values | named)


def _init_by_name(self: Any, **named: object) -> None:
    _fill(self, getattr(self, _FIELDS), named)


def _fill(self: Any, known: dict[str, Field], values: dict[str, object]) -> None:
    if not values.keys() <= known.keys():
        raise TypeError(f"{type(self).__name__} has no {sorted(values.keys() - known.keys())}")
    own = self.__dict__  # also of a frozen one
    for name, each in known.items():
        value = values[name] if name in values else each.value()
        if value is _NONE:
            raise TypeError(f"{type(self).__name__} needs {name}")
        own[name] = value


def _values(self: Any) -> tuple[object, ...]:
    values: tuple[object, ...] = getattr(type(self), _VALUES)(self)
    return values


def _eq(self: Any, other: object) -> bool:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))


def _repr(self: Any) -> str:
    shown = [f"{name}={getattr(self, name)!r}" for name, each in getattr(self, _FIELDS).items() if each.repr]
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse(self: Any, name: str, *_: object) -> None:
    raise AttributeError(f"{name} of a {type(self).__name__} can't be changed")


class _StandardFields:
    """What the standard library's functions for dataclasses look for, made when one of them first does."""

    def __get__(self, _instance: object, cls: type) -> dict[str, Any]:
        import dataclasses  # late: for who needs it

        shadow = dataclasses.make_dataclass(
            cls.__name__,
            [
                (each.name, Any, dataclasses.field(repr=each.repr, metadata=each.metadata))
                if each.value() is _NONE
                else (
                    each.name,
                    Any,
                    dataclasses.field(default_factory=each.value, repr=each.repr, metadata=each.metadata),
                )
                for each in fields(cls)
            ],
            kw_only=True,
        )
        made = cast("dict[str, Any]", cast("Any", shadow).__dataclass_fields__)
        cast("Any", cls).__dataclass_fields__ = made  # in the place of this: a class is made in a millisecond
        return made
