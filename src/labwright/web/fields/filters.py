"""Filters of a grid as they stand in the address of a page: ``score.ge=3``, ``name.has=abc``, ``mouse=3``."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import labwright as lw
from labwright.web.fields.cleaning import checked
from labwright.web.fields.error import FieldError, nearest, one_of
from labwright.web.fields.field import NULLS, Field
from labwright.web.fields.registry import field_of

RESERVED: Final = frozenset("after before columns done format join page q row size sort tab view".split())
"""Names in addresses that mean something else: a filter of such an attribute is written ``sort.eq=3``."""
SIGNS: Final[Mapping[str, str]] = {
    "eq": "=",
    "ne": "≠",
    "lt": "<",
    "le": "≤",
    "gt": ">",
    "ge": "≥",
    "between": "between",
    "in": "one of",
    "has": "contains",
    "starts": "begins with",
    "is_null": "is empty",
    "not_null": "is not empty",
}
"""What people read for each operator."""
_SET: Final = "1"


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter as it is written.

    Parameters
    ----------
    name : str
        The attribute.
    operator : str
        One of `SIGNS`.
    text : str
        The value in the form that the field parses. ``between`` has two with ``..`` between them, of which one may be
        left out; ``in`` has several with commas between them, as a line of a CSV file.
    """

    name: str
    operator: str
    text: str

    @property
    def key(self) -> str:
        """What stands before the ``=`` in an address."""
        short = self.operator == "eq" and self.name not in RESERVED
        return self.name if short else f"{self.name}.{self.operator}"


class Problem(NamedTuple):
    """A filter that could not be applied, and the sentence that says why."""

    filter: Filter
    sentence: str


class Filtered(NamedTuple):
    """What the filters of an address come to."""

    conditions: list[Any]
    """What may follow ``&`` on a query; all of them are to be met."""
    problems: list[Problem]


def read_filters(pairs: Iterable[tuple[str, str]], reserved: Collection[str] = RESERVED) -> list[Filter]:
    """Return the filters among the names and values of an address.

    One without a value is no filter: that is what an input sends that nobody has filled.

    Examples
    --------
    >>> read_filters([("score.ge", "3"), ("mouse", "7"), ("name.has", ""), ("sort", "-score")])
    [Filter(name='score', operator='ge', text='3'), Filter(name='mouse', operator='eq', text='7')]
    """
    found = [_filter(key, text) for key, text in pairs if key not in reserved]
    return [f for f in found if f.text]


def _filter(key: str, text: str) -> Filter:
    name, _, operator = key.partition(".")
    return Filter(name, operator or "eq", _SET if operator in NULLS else text)


def query_string(filters: Iterable[Filter]) -> str:
    """Return the part of an address from which `read_filters` reads `filters`.

    Examples
    --------
    >>> query_string([Filter("score", "ge", "3"), Filter("mouse", "eq", "7")])
    'score.ge=3&mouse=7'
    """
    return urlencode([(f.key, f.text) for f in filters], errors="replace")


def filters_of(
    heading: Mapping[str, lw.Attribute], pairs: Iterable[tuple[str, str]], reserved: Collection[str] = RESERVED
) -> Filtered:
    """Return the conditions that an address asks for, and what is wrong with those that cannot be applied.

    Several values of one attribute with ``eq`` are alternatives, and so is ``is_null``; all else has to be met.

    Parameters
    ----------
    heading : Heading
        The attributes that may be filtered.
    pairs : iterable of (str, str)
        Names and values of the address.
    reserved : collection of str
        Names that are no attributes.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Lookup):
    ...         definition = '''
    ...         mouse : int16
    ...         ---
    ...         weight : float64  # (g)
    ...         '''
    ...         contents = [(1, 20.5), (2, 23)]
    ...     conditions, problems = filters_of(Mouse.heading, [("weight.ge", "21,5"), ("mouse", "two")])
    ...     (Mouse & lw.AndList(conditions)).keys()
    [{'mouse': 2}]
    >>> problems[0].sentence
    "'two' is not a number. Write it as 12, 0.5 or 1e-3."
    """
    required: list[Any] = []
    alternatives: dict[str, list[Any]] = {}
    problems: list[Problem] = []
    for found in read_filters(pairs, reserved):
        try:
            made = condition(_attribute(heading, found.name), found.operator, found.text)
        except FieldError as error:
            problems.append(Problem(found, str(error)))
            continue
        if found.operator in ("eq", "is_null"):
            alternatives.setdefault(found.name, []).append(made)
        else:
            required.append(made)
    either = [found[0] if len(found) == 1 else found for found in alternatives.values()]
    return Filtered([*either, *required], problems)


def _attribute(heading: Mapping[str, lw.Attribute], name: str) -> lw.Attribute:
    if name not in heading:
        raise FieldError(f"There is no column {name!r}.{nearest(name, heading)}")
    return heading[name]


def condition(attribute: lw.Attribute, operator: str, text: str) -> Any:
    """Return what may follow ``&`` on a query for the rows in which an attribute compares with what is typed.

    A day means all of it where there are times too: with ``le`` its end is meant, with ``eq`` anything from midnight to
    midnight. ``has`` and ``starts`` do not look at case.

    Raises
    ------
    FieldError
        When there is no such operator, or `text` cannot be compared.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int16"
    ...     condition(Mouse.heading["mouse"], "between", "3..7")
    Where(name='mouse', operator='between', value=(3, 7), ignore_case=False)
    """
    field = field_of(attribute)
    if operator not in field.operators:
        known = [f"{name} ({SIGNS[name]})" for name in field.operators]
        raise FieldError(f"There is no comparison '{operator[:20]}' for {attribute.name}. {one_of(known)}")
    return _MAKERS[operator](field, text)


def _span(field: Field, text: str) -> tuple[Any, Any]:
    """The least and the greatest value that `text` means."""
    if field.is_empty(text):
        raise FieldError("Give a value to compare with.")
    return field.span(text)


def _equal(field: Field, text: str) -> Any:
    low, high = _span(field, text)
    return lw.Where(field.name, "=", low) if low == high else lw.Where(field.name, "between", (low, high))


def _unequal(field: Field, text: str) -> Any:
    low, high = _span(field, text)
    if low == high:
        return lw.Where(field.name, "!=", low)
    return [lw.Where(field.name, "<", low), lw.Where(field.name, ">", high)]


def _between(field: Field, text: str) -> Any:
    first, dots, last = text.partition("..")
    if not dots or (field.is_empty(first) and field.is_empty(last)):
        raise FieldError("Give two values with two points between them, as in 3..7.")
    if field.is_empty(last):
        return _at_least(field, first)
    if field.is_empty(first):
        return _at_most(field, last)
    low, high = _span(field, first)[0], _span(field, last)[1]
    if high < low:
        raise FieldError("Give the smaller value first, as in 3..7.")
    return lw.Where(field.name, "between", (low, high))


def _any_of(field: Field, text: str) -> Any:
    spans = [_span(field, item) for item in split_list(text) if not field.is_empty(item)]
    if not spans:
        raise FieldError("Give values with commas between them, as in 3,5,7.")
    if all(low == high for low, high in spans):
        return lw.Where(field.name, "in", [low for low, _ in spans])
    return [lw.Where(field.name, "between", span) for span in spans]


def _at_least(field: Field, text: str) -> Any:
    return lw.Where(field.name, ">=", _span(field, text)[0])


def _at_most(field: Field, text: str) -> Any:
    return lw.Where(field.name, "<=", _span(field, text)[1])


def _before(field: Field, text: str) -> Any:
    return lw.Where(field.name, "<", _span(field, text)[0])


def _after(field: Field, text: str) -> Any:
    return lw.Where(field.name, ">", _span(field, text)[1])


def _searched(operator: str) -> Callable[[Field, str], Any]:
    def make(field: Field, text: str) -> Any:
        return lw.Where(field.name, operator, checked(text), ignore_case=True)

    return make


def _is_null(operator: str) -> Callable[[Field, str], Any]:
    return lambda field, text: lw.Where(field.name, operator)


_MAKERS: Final[Mapping[str, Callable[[Field, str], Any]]] = {
    "eq": _equal,
    "ne": _unequal,
    "lt": _before,
    "le": _at_most,
    "gt": _after,
    "ge": _at_least,
    "between": _between,
    "in": _any_of,
    "has": _searched("contains"),
    "starts": _searched("startswith"),
    "is_null": _is_null("is null"),
    "not_null": _is_null("is not null"),
}


def split_list(text: str) -> list[str]:
    """Return the values of a line in which commas separate them, and those with a comma stand between quotes.

    Examples
    --------
    >>> split_list('left,"a, b"'), split_list(join_list(['""', "a"]))
    (['left', 'a, b'], ['""', 'a'])
    """
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        raise FieldError('Put a value with a comma in it between double quotes, as in "a, b",c.') from None
    return [value for row in rows for value in row]


def join_list(values: Iterable[str]) -> str:
    """Return the line from which `split_list` reads `values`."""
    line = io.StringIO(newline="")
    csv.writer(line).writerow(values)
    return line.getvalue().removesuffix("\r\n")
