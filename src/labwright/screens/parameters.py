"""What people choose for a declared function, as attributes: parameters of Python, or a text in the language."""

from __future__ import annotations

import datetime
import inspect
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Final, Literal, NoReturn, Union, get_args, get_origin, get_type_hints

from labwright.core.errors import DefinitionError
from labwright.core.heading import Attribute, Heading
from labwright.core.types import Default, Type
from labwright.define.parser import parse
from labwright.define.table import TableId, resolve_table
from labwright.tables.project import stored_type

_TYPES: Final[Mapping[object, Type]] = MappingProxyType(
    {
        bool: Type("bool"),
        int: Type("int64"),
        float: Type("float64"),
        str: Type("varchar", (1000,)),
        Decimal: Type("decimal", (38, 10)),
        datetime.date: Type("date"),
        datetime.datetime: Type("datetime", (6,)),
        datetime.time: Type("time"),
    }
)


def options_of(function: Callable[..., Any]) -> Heading:
    """The parameters behind the ``*`` of a function, which people choose.

    Raises
    ------
    DefinitionError
        When one of them has no type that can be typed into a form, or no default.

    Examples
    --------
    >>> def weights(rows, *, bins: int = 20, sex: Literal["F", "M", "any"] = "any", since: datetime.date | None = None):
    ...     '''A histogram.'''
    >>> for option in options_of(weights).values():
    ...     print(option, option.default.value)
    bins: int64 20
    sex: enum('F','M','any') any
    since: date
    """
    named = [p for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
    hints = get_type_hints(function) if named else {}
    return Heading(_option(function.__name__, p, hints.get(p.name)) for p in named)


def _option(where: str, parameter: inspect.Parameter, hint: Any) -> Attribute:
    if parameter.default is parameter.empty:
        raise DefinitionError(f"{where}: give {parameter.name!r} a default, with which it is drawn at first.")
    type_, may_be_none = _type(hint)
    if type_ is None:
        types = ", ".join(t.__name__ for t in _TYPES if isinstance(t, type))
        raise DefinitionError(f"{where}: {parameter.name!r} needs a type that people can give: {types}, or Literal.")
    return Attribute(parameter.name, type_, nullable=may_be_none, default=_default(parameter.default))


def _type(hint: Any) -> tuple[Type | None, bool]:
    if get_origin(hint) in (Union, UnionType):
        others = [h for h in get_args(hint) if h is not NoneType]
        return (_type(others[0])[0] if len(others) == 1 else None), NoneType in get_args(hint)
    if get_origin(hint) is Literal and all(isinstance(label, str) for label in get_args(hint)):
        return Type("enum", get_args(hint)), False
    return _TYPES.get(hint), False


def _default(value: Any) -> Default:
    if value is None:
        return Default("null")
    return Default("literal", str(value).lower() if isinstance(value, bool) else str(value))


def fields_of_form(text: str) -> Heading:
    r"""The fields of a form, as attributes of the definition language.

    Examples
    --------
    >>> list(fields_of_form("weight : float64  # (g)\n note = '' : varchar(200)"))
    ['weight', 'note']
    """
    spec = parse(f"---\n{text}", table="the form")
    return resolve_table(TableId("screens", "form"), spec, _refuse, stored_type).heading


def _refuse(reference: Any) -> NoReturn:
    raise DefinitionError(f"A form has no references: write the attributes of {'.'.join(reference.target)} out.")
