"""How JSON becomes what an annotation wants: dataclasses, lists, optional values, moments."""

from __future__ import annotations

import dataclasses
import types
import typing
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeVar
from uuid import UUID

_Class = TypeVar("_Class", bound=type)

ANYTHING = object()
"""The wish of a function that says nothing of what it takes."""

_CAMEL_CASE = "__soloist_camel_case__"


class Misfit(ValueError):
    """JSON is not of the wanted shape."""


def camel_case(cls: _Class) -> _Class:
    """Lets the fields of a dataclass cross in camel case: `delay_ms` is `delayMs` in JSON.

        @camel_case
        @dataclass
        class Delay:
            delay_ms: int = 0
    """
    setattr(cls, _CAMEL_CASE, True)
    return cls


def names(cls: type) -> dict[str, str]:
    """Each field of a dataclass, and how JSON names it."""
    camel = getattr(cls, _CAMEL_CASE, False)
    return {field.name: _camel(field.name) if camel else field.name for field in dataclasses.fields(cls)}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other[:1].upper() + other[1:] for other in others)


def shown(wanted: Any) -> str:
    """How a message names what was wanted."""
    return wanted.__name__ if isinstance(wanted, type) and not typing.get_args(wanted) else str(wanted)


def takes_text(wanted: Any) -> bool:
    """True if a string is what is wanted, or may be."""
    if wanted in (str, Any, object, datetime, date, UUID):
        return True
    if typing.get_origin(wanted) in (typing.Union, types.UnionType, typing.Annotated):
        return any(takes_text(choice) for choice in typing.get_args(wanted))
    if typing.get_origin(wanted) is typing.Literal:
        return any(isinstance(value, str) for value in typing.get_args(wanted))
    return isinstance(wanted, type) and issubclass(wanted, Enum)


def fit(value: Any, wanted: Any) -> Any:
    """`value` as what is wanted. Keys that a dataclass does not have are passed over.

    Raises `Misfit` with what does not fit, and where.
    """
    return _fit(value, wanted, "")


def _fit(value: Any, wanted: Any, place: str) -> Any:
    if wanted is ANYTHING or wanted is Any or wanted is object or isinstance(wanted, TypeVar):
        return value
    if wanted is None or wanted is type(None):
        return value if value is None else _refuse(value, "null", place)
    origin, arguments = typing.get_origin(wanted), typing.get_args(wanted)
    if origin in (typing.Union, types.UnionType):
        return _choose(value, arguments, place)
    if origin is typing.Annotated:
        return _fit(value, arguments[0], place)
    if origin is typing.Literal:
        return value if value in arguments else _refuse(value, f"one of {arguments}", place)
    kind = origin or wanted
    if not isinstance(kind, type):
        return value
    if dataclasses.is_dataclass(kind):
        return _dataclass(value, kind, place)
    if issubclass(kind, Enum):
        return _parse(value, kind, f"a {kind.__name__}", place)
    if kind in _PARSED:
        parse, what = _PARSED[kind]
        if not isinstance(value, str):
            _refuse(value, what, place)
        return _parse(value, parse, what, place)
    return _plain(value, kind, arguments, place)


_PARSED: dict[type, tuple[Any, str]] = {
    # Before Python 3.11 the Z was not understood.
    datetime: (lambda text: datetime.fromisoformat(text.replace("Z", "+00:00")), "a moment in ISO 8601"),
    date: (date.fromisoformat, "a date in ISO 8601"),
    UUID: (UUID, "a UUID"),
}


def _parse(value: Any, parse: Any, what: str, place: str) -> Any:
    try:
        return parse(value)
    except ValueError:
        return _refuse(value, what, place)


def _plain(value: Any, kind: type, arguments: tuple[Any, ...], place: str) -> Any:
    if kind is bool or kind is str:
        return value if isinstance(value, kind) else _refuse(value, shown(kind), place)
    if kind is int:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return value if whole else _refuse(value, "a whole number", place)
    if kind is float:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return float(value) if number else _refuse(value, "a number", place)
    if issubclass(kind, tuple) and isinstance(value, list) and arguments and arguments[-1] is not Ellipsis:
        if len(value) != len(arguments):
            _refuse(value, f"a list of {len(arguments)}", place)
        return tuple(_fit(item, of, f"{place}[{at}]") for at, (item, of) in enumerate(zip(value, arguments)))
    if issubclass(kind, (list, tuple, set, frozenset)) or kind in _SEQUENCES:
        of = arguments[0] if arguments else Any
        if not isinstance(value, list):
            _refuse(value, "a list", place)
        items = [_fit(item, of, f"{place}[{at}]") for at, item in enumerate(value)]
        return items if kind in _SEQUENCES or kind is list else kind(items)
    if issubclass(kind, dict) or kind in _MAPPINGS:
        of = arguments[1] if len(arguments) > 1 else Any
        if not isinstance(value, dict):
            _refuse(value, "an object", place)
        return {key: _fit(item, of, f"{place}.{key}") for key, item in value.items()}
    raise TypeError(f"no JSON becomes a {shown(kind)}: use a dataclass, or plain dicts and lists")


_SEQUENCES = tuple(typing.get_origin(kind) for kind in (typing.Sequence[Any], typing.Iterable[Any]))
_MAPPINGS = tuple(typing.get_origin(kind) for kind in (typing.Mapping[str, Any], typing.MutableMapping[str, Any]))


def _choose(value: Any, choices: tuple[Any, ...], place: str) -> Any:
    misfits: list[Misfit] = []
    for choice in choices:
        try:
            return _fit(value, choice, place)
        except Misfit as misfit:
            misfits.append(misfit)
    # Of an optional value the other choice is the one that was meant.
    others = [misfit for misfit, choice in zip(misfits, choices) if choice is not type(None)]
    raise others[0] if len(others) == 1 else Misfit("; ".join(str(misfit) for misfit in others))


def _dataclass(value: Any, cls: type, place: str) -> Any:
    if not isinstance(value, dict):
        _refuse(value, "an object", place)
    hints = typing.get_type_hints(cls)
    named = names(cls)
    arguments: dict[str, Any] = {}
    for field in dataclasses.fields(cls):
        if not field.init:
            continue
        name = named[field.name]
        if name in value:
            arguments[field.name] = _fit(value[name], hints.get(field.name, Any), f"{place}.{name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise Misfit(f"{_at(place)}`{name}` is missing")
    return cls(**arguments)


def _refuse(value: Any, what: str, place: str) -> Any:
    if value is None:
        got = "null"
    elif isinstance(value, (dict, list)):
        got = "an object" if isinstance(value, dict) else "a list"
    else:
        got = repr(value)[:60]
    raise Misfit(f"{_at(place)}{got} is not {what}")


def _at(place: str) -> str:
    return f"at {place.lstrip('.')}: " if place else ""
