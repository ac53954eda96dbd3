"""What may follow ``&`` and ``-``: whatever users write, made into one small set of frozen conditions.

A row either meets a condition or it does not: where SQL would say "unknown", because something is NULL, the row
does not meet it. So ``A & c`` and ``A - c`` part the rows of A whatever c is.
"""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, get_args, runtime_checkable

from labwright.core.errors import DataError, QueryError
from labwright.core.generation import CURRENT, Generation
from labwright.core.heading import Attribute, Heading
from labwright.core.lineage import common_attributes
from labwright.core.types import Type
from labwright.core.values import OutOfDomainError, adapt, adapt_column
from labwright.query.families import family, is_json
from labwright.query.scalar import Scalar, json_scalar, parse_path, parse_scalar
from labwright.query.written import RowValue

if TYPE_CHECKING:
    from labwright.query.expr import Node


NAN: Final = math.nan
"""The one nan that stands in conditions, so that equal conditions are equal."""


@runtime_checkable
class Expression(Protocol):
    """Anything that stands for rows: a table class, an instance, or a query."""

    def query_node(self) -> Node:
        """The algebra node behind it."""


@runtime_checkable
class Asking(Protocol):
    """What makes a condition of itself."""

    def condition_on(self, heading: Heading) -> Condition:
        """The condition on rows with this heading."""


class Universe:
    """The set of all values: as a condition, it is met by every row. ``lw.U`` builds on it."""

    __slots__ = ()

    def condition_on(self, heading: Heading) -> Condition:
        """The condition on rows with any heading."""
        return Constant(True)


class AndList(list[Any]):
    """Conditions that must all be met, where a plain list means any of them.

    Examples
    --------
    >>> AndList(["score > 3", {"subject": 1}])
    AndList(['score > 3', {'subject': 1}])
    """

    def __init__(self, conditions: Iterable[Any] = ()) -> None:
        if isinstance(conditions, (str, Mapping)) or not isinstance(conditions, Iterable):
            raise QueryError(
                f"An AndList holds conditions, given as a list: AndList([{conditions!r}]), not AndList({conditions!r})."
            )
        super().__init__(conditions)

    def __repr__(self) -> str:
        return f"AndList({super().__repr__()})"


@dataclass(frozen=True, slots=True)
class Not:
    """The rows that do not meet `restriction`.

    Examples
    --------
    >>> Not("score > 3")
    Not(restriction='score > 3')
    """

    restriction: Any

    def __neg__(self) -> Any:
        return self.restriction

    __invert__ = __neg__


@dataclass(frozen=True, slots=True)
class Constant:
    """Every row, or none."""

    value: bool


@dataclass(frozen=True, slots=True)
class Equal:
    """`name` has `value`; None means that it is NULL, and `NAN` that it is nan, or NULL where nan becomes that."""

    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class Compared:
    """`name` compares with `value`, which is not None: ``<``, ``<=``, ``>``, ``>=``, ``contains``, ``startswith``."""

    name: str
    operator: str
    value: Any
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class Beyond:
    """The attributes `names`, taken as one, are greater than `values`, or less where the order is `descending`."""

    names: tuple[str, ...]
    descending: bool
    values: tuple[Any, ...]

    def term_by_term(self) -> Condition:
        """The same of single attributes."""
        operator = "<" if self.descending else ">"
        first, value = self.names[0], self.values[0]
        beyond = Compared(first, operator, value)
        if len(self.names) == 1:
            return beyond
        rest = Beyond(self.names[1:], self.descending, self.values[1:]).term_by_term()
        return AllOf(
            (Compared(first, f"{operator}=", value), AnyOf((beyond, conjunction([Equal(first, value), rest]))))
        )


@dataclass(frozen=True, slots=True)
class Keys:
    """The attributes `names` have the values of one of `rows`."""

    names: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A condition in SQL, parsed and typed."""

    scalar: Scalar


@dataclass(frozen=True, slots=True)
class PathEqual:
    """The value at a path in a JSON attribute."""

    scalar: Scalar
    value: Any


@dataclass(frozen=True, slots=True)
class InQuery:
    """`node` has a row with the same values of the attributes `on`."""

    on: tuple[str, ...]
    node: Node


@dataclass(frozen=True, slots=True)
class AllOf:
    """Meets every one of `items`."""

    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Meets one of `items` at least."""

    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Negated:
    """Does not meet `item`."""

    item: Condition


Condition = Constant | Equal | Compared | Beyond | Keys | Text | PathEqual | InQuery | AllOf | AnyOf | Negated
_CONDITIONS: Final = get_args(Condition)


class Matching(NamedTuple):
    """How names are matched: by origin or by name alone, and whether unknown names are an error."""

    semantic_check: bool = True
    strict: bool = False
    generation: Generation = CURRENT


DEFAULT_MATCHING = Matching()


def make_condition(heading: Heading, given: Any, matching: Matching = DEFAULT_MATCHING) -> Condition:
    """Turn what a user gave into a condition on `heading`.

    Parameters
    ----------
    heading : Heading
    given : str, dict, Where, After, expression, list, AndList, Not, bool, frame, numpy record or structured array
    matching : Matching

    Raises
    ------
    UnknownAttributeError, QueryError, DataError
        When `given` makes no sense for this heading; nothing is sent to the database to find out.
    """
    given = as_operand(given)
    if isinstance(given, str):
        return _from_text(heading, given)
    if isinstance(given, bool) or type(given).__name__ in ("bool", "bool_"):
        return Constant(bool(given))
    if isinstance(given, Mapping):
        return _from_mapping(heading, given, matching)
    if isinstance(given, AndList):
        return conjunction(make_condition(heading, c, matching) for c in given)
    if isinstance(given, Not):
        return negate(make_condition(heading, given.restriction, matching))
    if isinstance(given, Expression):
        return _from_expression(heading, given, matching)
    if isinstance(given, Asking):
        return given.condition_on(heading)
    if isinstance(given, _CONDITIONS):
        return _made(heading, given)
    if given is None:
        raise QueryError(
            "A restriction cannot be None. Use True for all rows, {'name': None} for rows without a value."
        )
    return _from_collection(heading, given, matching)


def _made(heading: Heading, given: Any) -> Condition:
    """A condition that another expression was restricted by; it has to find its names here."""
    heading.require(names_in(given), "the restriction")
    made: Condition = given
    return made


def names_in(condition: Condition) -> Iterator[str]:
    """The attributes that a condition looks at."""
    if isinstance(condition, (AllOf, AnyOf)):
        for item in condition.items:
            yield from names_in(item)
    elif isinstance(condition, Negated):
        yield from names_in(condition.item)
    elif isinstance(condition, (Text, PathEqual)):
        yield from condition.scalar.names
    elif isinstance(condition, (Equal, Compared)):
        yield condition.name
    elif not isinstance(condition, Constant):
        yield from condition.on if isinstance(condition, InQuery) else condition.names


def _from_text(heading: Heading, text: str) -> Condition:
    scalar = parse_scalar(text, heading)
    if scalar.aggregate:
        raise QueryError(
            f"A restriction goes row by row, and {text!r} summarises rows: compute it first, e.g. with "
            ".aggr(..., n='count(*)'), and restrict the result by 'n > 1'."
        )
    if family(scalar.type) not in _TRUTHS and not is_json(scalar.tree):
        raise QueryError(f"A condition is expected, but {text!r} is of type {scalar.type}: compare it with a value.")
    return Text(scalar)


_TRUTHS = frozenset(("", "bool", "int", "float", "decimal"))
"""What may be a truth value; a number is true unless it is 0."""


def as_operand(given: Any) -> Any:
    """`given`, made an instance where it is a class that stands for rows."""
    return (
        given() if isinstance(given, type) and (hasattr(given, "query_node") or issubclass(given, Universe)) else given
    )


def conjunction(items: Iterable[Condition]) -> Condition:
    """All of `items`, simplified."""
    kept: list[Condition] = []
    for item in items:
        if isinstance(item, Constant):
            if not item.value:
                return item
        elif isinstance(item, AllOf):
            kept.extend(item.items)
        else:
            kept.append(item)
    return kept[0] if len(kept) == 1 else AllOf(tuple(kept)) if kept else Constant(True)


def disjunction(items: Iterable[Condition]) -> Condition:
    """Any of `items`, simplified."""
    kept: list[Condition] = []
    for item in items:
        if isinstance(item, Constant):
            if item.value:
                return item
        elif isinstance(item, AnyOf):
            kept.extend(item.items)
        else:
            kept.append(item)
    return kept[0] if len(kept) == 1 else AnyOf(tuple(kept)) if kept else Constant(False)


def negate(item: Condition) -> Condition:
    """The rows that do not meet `item`."""
    if isinstance(item, Constant):
        return Constant(not item.value)
    return item.item if isinstance(item, Negated) else Negated(item)


def _from_mapping(heading: Heading, given: Mapping[Any, Any], matching: Matching) -> Condition:
    return conjunction([_from_item(heading, n, v) for n, v in given.items() if _is_known(heading, n, matching)])


def _is_known(heading: Heading, name: Any, matching: Matching) -> bool:
    """Whether the name is in the heading; names of other tables are passed over unless matching is strict."""
    base = name.partition(".")[0].partition("[")[0] if isinstance(name, str) else name
    if base in heading:
        return True
    if matching.strict:
        raise heading.unknown(str(base), "the restriction")
    return False


def _from_item(heading: Heading, name: str, value: Any) -> Condition:
    if name in heading:
        return _equal(heading[name], value)
    path = parse_path(name)
    if path is None:
        raise heading.unknown(name, "the restriction")
    attribute, steps, type_ = path
    if is_missing(value):
        return PathEqual(json_scalar(attribute, steps, type_, heading), None)
    if type_ is None:
        type_, value = _as_json(name, value)
    elif type_.kind in ("json", "codec"):
        raise QueryError(f"{name!r} cannot be compared as a whole: ask for a type that has an order, or go deeper.")
    scalar = json_scalar(attribute, steps, type_, heading)
    try:
        value = adapt(type_ or Type("text"), value)
    except OutOfDomainError:
        return Constant(False)
    except DataError as error:
        raise DataError(f"{name!r}: {error}") from None
    finite = not isinstance(value, float) or math.isfinite(value)
    return PathEqual(scalar, value) if finite else Constant(False)


def _as_json(name: str, value: Any) -> tuple[Type | None, Any]:
    """As what a JSON value is read when it is compared with `value`: 5 and 5.0 are one number there."""
    value = value.item() if hasattr(value, "item") and getattr(value, "ndim", 0) == 0 else value
    if isinstance(value, bool):
        return Type("bool"), value
    if isinstance(value, int) and abs(value) >= _EXACT_FLOAT:
        return Type("int64"), value
    if isinstance(value, (int, float, decimal.Decimal)):
        return Type("float64"), float(value)
    if isinstance(value, str):
        return None, value
    raise QueryError(
        f"{name!r} cannot be compared with {value!r} ({type(value).__name__}): JSON has numbers, texts, truth values "
        "and None. Give one of these, e.g. the text of a date, or go deeper into the value: {'info.box[0]': 5}."
    )


_EXACT_FLOAT: Final = 1 << 53
"""Below this a float64 tells whole numbers apart."""


def _equal(attribute: Attribute, value: Any) -> Condition:
    if isinstance(value, RowValue):
        return Text(parse_scalar(f"`{attribute.name}` = {value}", Heading((attribute,))))
    if is_missing(value):
        return Equal(attribute.name, missing_for(attribute, value))
    try:
        return Equal(attribute.name, adapt_for(attribute, value))
    except OutOfDomainError:
        return Constant(False)


def is_missing(value: Any) -> bool:
    """None, nan, NaT and pandas' NA all mean NULL."""
    return value is None or (not isinstance(value, (str, int)) and str(value) in ("nan", "NaN", "NaT", "<NA>"))


def missing_for(attribute: Attribute, value: Any) -> float | None:
    """What a value that means NULL is for this attribute: a column of floats may hold nan."""
    is_float = attribute.type is not None and attribute.type.python_type is float
    return NAN if is_float and str(value) == "nan" else None


def adapt_for(attribute: Attribute, value: Any) -> Any:
    """`value` as `attribute` holds it, for a comparison."""
    if attribute.type is None:
        return value
    if attribute.type.kind in ("codec", "json"):
        raise QueryError(
            f"Attribute {attribute.name!r} is of type {attribute.type}, which cannot be compared as a whole."
            + (
                " Compare a path in it, e.g. {'" + attribute.name + ".weight': 5}."
                if attribute.type.kind == "json"
                else ""
            )
        )
    try:
        return adapt(attribute.type, value)
    except OutOfDomainError:
        raise
    except DataError as error:
        raise DataError(f"Attribute {attribute.name!r}: {error}") from None


def _from_expression(heading: Heading, given: Expression, matching: Matching) -> Condition:
    node = given.query_node()
    on = common_attributes(
        heading, node.heading, semantic_check=matching.semantic_check, generation=matching.generation
    )
    return InQuery(on, node)


def _from_collection(heading: Heading, given: Any, matching: Matching) -> Condition:
    rows = _records(given)
    if rows is not None:
        return _from_rows(heading, *rows, matching)
    if not isinstance(given, Iterable) or isinstance(given, (bytes, bytearray)):
        raise QueryError(
            f"A restriction cannot be {given!r} ({type(given).__name__}). It may be a string of SQL, a dict, an "
            "expression, a list of these (any of them), an AndList (all of them), Not(...), a frame or a boolean."
        )
    items = list(given)
    if items and all(isinstance(i, Mapping) for i in items):
        return _from_mappings(heading, items, matching)
    return disjunction(make_condition(heading, item, matching) for item in items)


def _records(given: Any) -> tuple[Sequence[str], Sequence[Sequence[Any]]] | None:
    """Names and rows of a frame, a numpy record or a structured array; None for anything else."""
    dtype = getattr(given, "dtype", None)
    if dtype is not None and getattr(dtype, "names", None):
        rows = given.tolist()
        return dtype.names, [rows] if getattr(given, "ndim", 0) == 0 else rows
    if hasattr(given, "to_records") and hasattr(given, "reset_index"):
        frame = given.reset_index(drop=given.index.names == [None])
        return list(frame.columns), list(frame.itertuples(index=False, name=None))
    if hasattr(given, "iter_rows") and hasattr(given, "columns"):
        return given.columns, given.rows()
    return None


def _from_mappings(heading: Heading, items: Sequence[Mapping[Any, Any]], matching: Matching) -> Condition:
    """A list of dicts: those with the same names become one set of keys."""
    groups: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for item in items:
        names = tuple(item)
        groups.setdefault(names, []).append(tuple(item.values()))
    return disjunction(_from_rows(heading, names, rows, matching) for names, rows in groups.items())


def _from_rows(heading: Heading, names: Sequence[str], rows: Sequence[Sequence[Any]], matching: Matching) -> Condition:
    """Rows of values under `names`; rows with a NULL or a path are taken one by one."""
    known = [i for i, name in enumerate(names) if _is_known(heading, name, matching)]
    if not rows:
        return Constant(False)
    if not known:
        return Constant(True)
    if any(names[i] not in heading for i in known):
        return disjunction(_from_mapping(heading, dict(zip(names, row, strict=True)), matching) for row in rows)
    attributes = [heading[names[i]] for i in known]
    if len(rows) == 1:
        return conjunction(_equal(a, rows[0][i]) for a, i in zip(attributes, known, strict=True))
    return _keys(attributes, [[row[i] for row in rows] for i in known])


def _keys(attributes: Sequence[Attribute], columns: Sequence[Sequence[Any]]) -> Condition:
    full: dict[tuple[Any, ...], None] = {}
    partial: list[Condition] = []
    adapted = [_adapt_cells(a, column) for a, column in zip(attributes, columns, strict=True)]
    for row in zip(*adapted, strict=True):
        if _OUTSIDE in row:
            continue
        if None in row or NAN in row:
            partial.append(conjunction(Equal(a.name, v) for a, v in zip(attributes, row, strict=True)))
        else:
            full[row] = None
    keys = [Keys(tuple(a.name for a in attributes), tuple(full))] if full else []
    return disjunction([*keys, *partial])


class _Outside:
    """Stands for a value that the attribute can never have."""


_OUTSIDE = _Outside()


def _adapt_cells(attribute: Attribute, column: Sequence[Any]) -> Sequence[Any]:
    def cell(value: Any) -> Any:
        if is_missing(value):
            return missing_for(attribute, value)
        try:
            return adapt_for(attribute, value)
        except OutOfDomainError:
            return _OUTSIDE

    type_ = attribute.type
    if type_ is not None and type_.python_type in (int, str) and set(map(type, column)) == {type_.python_type}:
        return _adapt_simple(type_, column, cell)
    return [cell(v) for v in column]


def _adapt_simple(type_: Type, column: Sequence[Any], cell: Callable[[Any], Any]) -> Sequence[Any]:
    """Whole numbers and text, by far the most of all keys, go through one check for the column."""
    try:
        return adapt_column(type_, column)
    except DataError:
        return [cell(v) for v in column]
