"""Rows as forms send them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import labwright as lw
from labwright.web.fields.error import FieldError
from labwright.web.fields.field import Field
from labwright.web.fields.registry import field_of

_OF_LINES: Final = ("text", "json", "blob")


class Read(NamedTuple):
    """What a form comes to."""

    row: dict[str, Any]
    problems: dict[str, str]
    """For each field that cannot be as it is, the sentence that says why."""


def read_form(heading: Mapping[str, lw.Attribute], given: Mapping[str, object]) -> Read:
    """Return the new row that a form describes, and what is wrong with it.

    Parameters
    ----------
    heading : Heading
    given : mapping
        Texts by name, and paths of the files that were sent; names that are no attributes are passed over.

    Returns
    -------
    Read
        The row with a value for all that is not wrong: an empty field is NULL where it may be, and is left out where
        there is another default.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = '''
    ...         mouse : int16
    ...         ---
    ...         sex = "U" : enum("F", "M", "U")
    ...         weight = null : float64  # (g)
    ...         '''
    ...     row, problems = read_form(Mouse.heading, {"mouse": "40000", "weight": "21,5", "sex": ""})
    >>> row
    {'weight': 21.5}
    >>> problems
    {'mouse': "Give a whole number from -32768 to 32767: '40000' is outside."}
    """
    return _read({name: field_of(a) for name, a in heading.items() if not a.expression}, given, new=True)


def read_changes(
    heading: Mapping[str, lw.Attribute], given: Mapping[str, object], base: Mapping[str, object] | None = None
) -> Read:
    r"""Return what a form changes in a row: the fields that it has, of which None resets one to its default.

    Parameters
    ----------
    heading : Heading
    given : mapping
        As for `read_form`.
    base : mapping, optional
        What the form began with. A field that is as it was is left out and cannot be wrong, whatever it holds.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int16 \n --- \n sex = 'U' : enum('F', 'M', 'U') \n weight : float64"
    ...     read_changes(Mouse.heading, {"sex": "", "weight": "nan"}, {"sex": "F", "weight": "nan"}).row
    {'sex': None}
    """
    fields = {name: field_of(a) for name, a in heading.items() if name in given}
    before = base or {}
    changed = {n: f for n, f in fields.items() if n not in before or not _same(f, given[n], before[n])}
    return _read(changed, given, new=False)


def _same(field: Field, given: object, before: object) -> bool:
    return isinstance(given, str) and _as_typed(field, given) == _as_typed(field, before)


def _read(fields: Mapping[str, Field], given: Mapping[str, object], *, new: bool) -> Read:
    row: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, field in fields.items():
        try:
            value = field.parse_value(_as_typed(field, given.get(name, "")))
        except FieldError as error:
            problems[name] = str(error)
            continue
        if value is not None or field.attribute.nullable or not new:
            row[name] = value
    return Read(row, problems)


def _as_typed(field: Field, value: object) -> object:
    """`value` with the ends of lines as they were typed: browsers send others."""
    return value.replace("\r\n", "\n") if isinstance(value, str) and field.kind in _OF_LINES else value
