"""From queries as JSON to those of the language, over what the person may see of each table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import singledispatchmethod
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NoReturn

import labwright as lw
from labwright.web.api import expressions as ex
from labwright.web.desk.refusals import BadRequestError
from labwright.web.fields import FieldError, field_of

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk

DEEPEST: Final = 40
SIGNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "eq": "=", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "in": "in", "between": "between",
        "contains": "contains", "startswith": "startswith", "is_null": "is null", "not_null": "is not null",
    }
)  # fmt: skip
INFIX: Final[Mapping[str, str]] = MappingProxyType({"add": "+", "subtract": "-", "multiply": "*", "divide": "/"})
TAKEN: Final = frozenset({"self", "group", "exclude_nonmatching", "keep_all_rows"})
"""Names that the language has for something else."""


class Compiler:
    """Makes queries for one person.

    Parameters
    ----------
    desk : Desk
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._depth = 0

    def query(self, given: Any) -> Any:
        """The query that a tree describes.

        Raises
        ------
        RefusalError, LabwrightError
            When it names what is not there for this person, or does not fit together.
        """
        self._depth += 1
        if self._depth > DEEPEST:
            raise BadRequestError(f"A query is nested {DEEPEST} deep at most.")
        try:
            return self._made(given)
        finally:
            self._depth -= 1

    @singledispatchmethod
    def _made(self, given: Any) -> NoReturn:
        raise AssertionError(given)

    @_made.register
    def _(self, given: ex.TableOf) -> Any:
        return self._desk.sheet(given.table).rows()

    @_made.register
    def _(self, given: ex.Restrict) -> Any:
        found = self.query(given.of)
        return found & lw.AndList([self.condition(c, found.heading) for c in given.where])

    @_made.register
    def _(self, given: ex.Project) -> Any:
        found = self.query(given.of)
        named = {**given.rename, **{n: f"({_value(v)})" for n, v in given.compute.items()}}
        kept = [...] if given.keep is None else [n for n in given.keep if n not in given.rename.values()]
        return found.proj(*kept, **_free(named))

    @_made.register
    def _(self, given: ex.Join) -> Any:
        return self.query(given.left).join(self.query(given.right), left=given.outer)

    @_made.register
    def _(self, given: ex.Aggregate) -> Any:
        by, of = self.query(given.by), self.query(given.of)
        return by.aggr(of, ..., exclude_nonmatching=not given.all_rows, **_summaries(given.compute))

    @_made.register
    def _(self, given: ex.Group) -> Any:
        groups: Any = lw.U(*given.by)
        of = self.query(given.of)
        return groups.aggr(of, **_summaries(given.compute)) if given.compute else groups & of

    @_made.register
    def _(self, given: ex.UnionOf) -> Any:
        return self.query(given.left) + self.query(given.right)

    @_made.register
    def _(self, given: ex.First) -> Any:
        return self.query(given.of) & lw.Top(given.limit, order_terms(given.order), given.offset)

    def condition(self, given: Any, heading: Mapping[str, lw.Attribute]) -> Any:
        """The condition that a tree describes."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise BadRequestError(f"A query is nested {DEEPEST} deep at most.")
        try:
            return self._conditions(given, heading)
        finally:
            self._depth -= 1

    def _conditions(self, given: Any, heading: Mapping[str, lw.Attribute]) -> Any:
        if isinstance(given, ex.Compare):
            return _compare(given, heading)
        if isinstance(given, ex.Equal):
            return lw.AndList([_compare(ex.Compare(attribute=n, value=v), heading) for n, v in given.equal.items()])
        if isinstance(given, ex.Not):
            return lw.Not(self.condition(given.not_, heading))
        if isinstance(given, ex.Within):
            return self.query(given.within)
        several = given.all if isinstance(given, ex.All) else given.any
        found = [self.condition(c, heading) for c in several]
        return lw.AndList(found) if isinstance(given, ex.All) else found


def order_terms(order: Iterable[str]) -> list[str] | str:
    """An order as the language has it."""
    return [f"{t[1:]} DESC" if t.startswith("-") else t for t in order] or "KEY"


def _compare(given: ex.Compare, heading: Mapping[str, lw.Attribute]) -> lw.Where:
    if given.attribute not in heading:
        raise BadRequestError(f"There is no attribute {given.attribute!r}: there are {', '.join(heading)}.")
    load = _loader(heading[given.attribute], given)
    if given.is_ in ("is_null", "not_null"):
        return lw.Where(given.attribute, SIGNS[given.is_])
    if given.is_ in ("in", "between"):
        if not isinstance(given.value, list) or (given.is_ == "between" and len(given.value) != 2):
            raise BadRequestError(f"{given.attribute}: give a list of values{' , two' * (given.is_ == 'between')}.")
        return lw.Where(given.attribute, SIGNS[given.is_], [load(v) for v in given.value])
    return lw.Where(given.attribute, SIGNS[given.is_], load(given.value))


def _loader(attribute: lw.Attribute, given: ex.Compare) -> Callable[[Any], Any]:
    """What makes a value to compare with; parts of texts are no values of the attribute."""
    if given.is_ in ("contains", "startswith") or attribute.type is None:
        return _plain
    field = field_of(attribute)

    def load(value: Any) -> Any:
        try:
            return None if value is None else field.from_json(value)
        except FieldError as error:
            raise BadRequestError(f"{attribute.name}: {error}") from error

    return load


def _plain(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        raise BadRequestError("Compare with a number, a text, true, false or null.")
    return value


def _value(given: Any) -> str:
    """The expression of a value, in the language, whose every part is known."""
    if isinstance(given, str):
        return given
    if isinstance(given, float):
        return _number(given)
    if isinstance(given, ex.Text):
        return "'" + given.text.replace("\\", "\\\\").replace("'", "''") + "'"
    args = [_value(arg) for arg in given.args]
    if given.fn in INFIX:
        return f"({f' {INFIX[given.fn]} '.join(args)})"
    return f"(-{args[0]})" if given.fn == "negate" else f"{given.fn}({', '.join(args)})"


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise BadRequestError("A number in it is too large.")
    text = repr(int(value)) if value.is_integer() and abs(value) < 2**63 else repr(value)
    return f"({text})" if value < 0 else text


def _summaries(compute: Mapping[str, ex.Aggregation]) -> dict[str, str]:
    return _free({name: _summary(one) for name, one in compute.items()})


def _summary(given: ex.Aggregation) -> str:
    if given.of is None:
        if given.fn != "count" or given.distinct:
            raise BadRequestError(f"{given.fn}: say of what.")
        return "count(*)"
    return f"{given.fn}({'distinct ' if given.distinct else ''}{_value(given.of)})"


def _free(named: dict[str, str]) -> dict[str, str]:
    for name in TAKEN & named.keys():
        raise BadRequestError(f"{name!r} cannot be a new name here: choose another one.")
    return named
