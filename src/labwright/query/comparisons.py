"""``lw.Where`` and ``lw.After``: conditions with a value, for programs that are told what to look for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from labwright.core.errors import DataError, QueryError, did_you_mean
from labwright.core.heading import Attribute, Heading
from labwright.core.types import Type
from labwright.core.values import OutOfDomainError, adapt
from labwright.query.conditions import (
    NAN,
    Beyond,
    Compared,
    Condition,
    Constant,
    Equal,
    Keys,
    Not,
    adapt_for,
    conjunction,
    disjunction,
    is_missing,
    missing_for,
    negate,
)
from labwright.query.top import order_terms

OPERATORS: Final = (
    "=", "!=", "<", "<=", ">", ">=", "contains", "startswith", "in", "between", "is null", "is not null",
)  # fmt: skip
"""What `Where` understands."""
_TEXTS: Final = ("contains", "startswith")


@dataclass(frozen=True, slots=True)
class Where:
    """Rows in which an attribute compares with a value, which is bound and never part of any text.

    A row without a value meets no comparison, as in SQL: say so with ``"is null"``. Labels of an enum are in the order
    of their declaration. A value is compared as the attribute would hold it, e.g. rounded to its digits.

    Parameters
    ----------
    name : str
        The attribute.
    operator : str
        ``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``; ``contains`` and ``startswith`` for text, in which no character
        has a special meaning; ``in`` a sequence; ``between`` two values, which count; ``is null``, ``is not null``.
    value : object
        With ``=``, ``!=`` and ``in``, None stands for no value.
    ignore_case : bool
        For ``contains`` and ``startswith``: whether case does not count, as after ``lower()`` of both.

    Raises
    ------
    QueryError
        For an operator that there is not, or that the value or the attribute does not go with.
    UnknownAttributeError
        When rows without such an attribute are restricted.
    DataError
        When the attribute could never have the value; names both.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Dose(lw.Lookup):
    ...         definition = '''
    ...         drug : varchar(20)
    ...         ---
    ...         share : decimal(4,1)
    ...         '''
    ...         contents = [("50% glucose", 50), ("saline", "0.9")]
    ...     (Dose & lw.Where("drug", "contains", "0%")).to_dicts()
    ...     (Dose - lw.Where("share", ">=", 1)).to_arrays("drug").tolist()
    [{'drug': '50% glucose', 'share': Decimal('50.0')}]
    ['saline']
    """

    name: str
    operator: str
    value: Any = None
    ignore_case: bool = False

    def __post_init__(self) -> None:
        if self.operator not in OPERATORS:
            near = did_you_mean(str(self.operator).lower(), OPERATORS)
            raise QueryError(
                f"Where has no operator {self.operator!r}.{near} The operators are: {', '.join(OPERATORS)}."
            )
        if self.ignore_case and self.operator not in _TEXTS:
            raise QueryError(f"ignore_case goes with {' and '.join(_TEXTS)}, not with {self.operator!r}.")
        if self.operator in ("in", "between"):
            object.__setattr__(self, "value", _several(self.operator, self.value))

    def __neg__(self) -> Not:
        return Not(self)

    __invert__ = __neg__

    def condition_on(self, heading: Heading) -> Condition:
        """The condition on rows with this heading."""
        heading.require((self.name,), "the restriction")
        attribute, operator = heading[self.name], self.operator
        if operator in _TEXTS:
            return _text(attribute, operator, self.value, self.ignore_case)
        if operator in ("is null", "is not null"):
            return _is_null(attribute, operator == "is null")
        if operator == "between":
            low, high = self.value
            return conjunction([_ordered(attribute, ">=", low), _ordered(attribute, "<=", high)])
        if operator in ("=", "in"):
            return _one_of(attribute, self.value if operator == "in" else (self.value,))
        return _other_than(attribute, self.value) if operator == "!=" else _ordered(attribute, operator, self.value)


@dataclass(frozen=True, slots=True)
class After:
    """The rows that come after a row in some order: the next page.

    A page is found through the index on what it is ordered by, however many are before it. Rows that are equal to `row`
    in all terms do not come after it; end the order with the key, and no two are equal.

    Parameters
    ----------
    row : mapping
        The last row of the page before; of its values only those that are ordered by count.
    order_by : str or iterable of str
        As for `Top`: attributes, each with ``ASC`` or ``DESC`` behind it, ``"KEY"`` for the primary key. NULL comes
        first going up, and last going down.

    Raises
    ------
    QueryError
        When `row` does not tell an attribute that is ordered by.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Trial(lw.Lookup):
    ...         definition = '''
    ...         session : int32
    ...         trial : int32
    ...         '''
    ...         contents = [(1, 1), (1, 2), (2, 1), (2, 2)]
    ...     page = (Trial & lw.Top(2, "KEY")).keys()
    ...     (Trial & lw.After(page[-1], "KEY") & lw.Top(2, "KEY")).keys()
    [{'session': 2, 'trial': 1}, {'session': 2, 'trial': 2}]
    """

    row: Mapping[str, Any]
    order_by: str | Iterable[str] = "KEY"

    def __post_init__(self) -> None:
        if not isinstance(self.row, Mapping):
            raise QueryError(f"After takes a row as a dict, not {self.row!r} ({type(self.row).__name__}).")
        if not isinstance(self.order_by, str):
            object.__setattr__(self, "order_by", tuple(self.order_by))

    def __neg__(self) -> Not:
        return Not(self)

    __invert__ = __neg__

    def condition_on(self, heading: Heading) -> Condition:
        """The condition on rows with this heading."""
        terms = order_terms(heading, self.order_by)
        missing = [name for name, _ in terms if name not in self.row]
        if missing:
            raise QueryError(
                f"After needs the values of what is ordered by, and the row has no {', '.join(map(repr, missing))}. "
                f"It has: {', '.join(map(repr, self.row)) or 'nothing'}."
            )
        return _after([_Step(heading[name], down, _adapted(heading[name], self.row[name])) for name, down in terms])


@dataclass(frozen=True, slots=True)
class _Step:
    """One term of an order, and the value in the row before."""

    attribute: Attribute
    down: bool
    value: Any

    @property
    def is_plain(self) -> bool:
        """Whether the database compares values as they are ordered."""
        type_ = self.attribute.type
        known = self.value is not None and self.value is not NAN and not self.attribute.nullable
        return known and not (type_ is not None and type_.kind == "enum")

    def past(self) -> Condition:
        """What comes later for this term alone."""
        nothing = Equal(self.attribute.name, None)
        if self.value is None:
            return Constant(False) if self.down else negate(nothing)
        if not self.down:
            return _compared(self.attribute, ">", self.value)
        last = [nothing] if self.attribute.nullable else []
        return disjunction([_compared(self.attribute, "<", self.value), *last])

    def here_or_past(self) -> Condition:
        """What this term says of all rows to come, where an index can use it."""
        if self.value is None:
            return Equal(self.attribute.name, None) if self.down else Constant(True)
        if self.down and self.attribute.nullable:
            return Constant(True)
        return _compared(self.attribute, "<=" if self.down else ">=", self.value)


def _after(steps: Sequence[_Step]) -> Condition:
    if not steps:
        return Constant(False)
    first, *rest = steps
    if not rest:
        return first.past()
    if all(s.is_plain and s.down == first.down for s in steps):
        return Beyond(tuple(s.attribute.name for s in steps), first.down, tuple(s.value for s in steps))
    tied = conjunction([Equal(first.attribute.name, first.value), _after(rest)])
    return conjunction([first.here_or_past(), disjunction([first.past(), tied])])


def _several(operator: str, value: Any) -> tuple[Any, ...]:
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise QueryError(f"{operator!r} takes a list of values, not {value!r} ({type(value).__name__}).")
    values = tuple(value)
    if operator == "between" and len(values) != 2:
        raise QueryError(f"'between' takes two values, not {len(values)}.")
    return values


def _adapted(attribute: Attribute, value: Any) -> Any:
    """The value as the attribute holds it; here one that it cannot hold is a mistake."""
    if is_missing(value):
        return missing_for(attribute, value)
    try:
        return adapt_for(attribute, value)
    except OutOfDomainError as error:
        raise DataError(f"Attribute {attribute.name!r}: {error}") from None


def _is_null(attribute: Attribute, wanted: bool) -> Condition:
    nothing = Equal(attribute.name, None)
    return nothing if wanted else negate(nothing)


def _one_of(attribute: Attribute, values: Iterable[Any]) -> Condition:
    adapted = list(dict.fromkeys(_adapted(attribute, v) for v in values))
    apart = [v for v in adapted if v is None or v is NAN]
    known = [v for v in adapted if v is not None and v is not NAN]
    single = known if len(known) == 1 else []
    keys = [Keys((attribute.name,), tuple((v,) for v in known))] if len(known) > 1 else []
    return disjunction([*keys, *(Equal(attribute.name, v) for v in (*single, *apart))])


def _other_than(attribute: Attribute, value: Any) -> Condition:
    adapted = _adapted(attribute, value)
    other = negate(Equal(attribute.name, adapted))
    known = attribute.nullable and adapted is not None
    return conjunction([other, _is_null(attribute, False)]) if known else other


def _ordered(attribute: Attribute, operator: str, value: Any) -> Condition:
    adapted = _adapted(attribute, value)
    if adapted is None or adapted is NAN:
        raise QueryError(f"Attribute {attribute.name!r}: {value!r} has no place in an order; ask for it by '='.")
    return _compared(attribute, operator, adapted)


def _compared(attribute: Attribute, operator: str, value: Any) -> Condition:
    type_ = attribute.type
    if type_ is None or type_.kind != "enum":
        return Compared(attribute.name, operator, value)
    at, labels = type_.args.index(value), type_.args
    start = {">": at + 1, ">=": at}.get(operator, 0)
    stop = {"<": at, "<=": at + 1}.get(operator, len(labels))
    return _one_of(attribute, labels[start:stop])


def _text(attribute: Attribute, operator: str, value: Any, ignore_case: bool) -> Condition:
    type_ = attribute.type
    if type_ is not None and not type_.is_text:
        raise QueryError(f"{operator!r} is for text, and attribute {attribute.name!r} is of type {type_}.")
    try:
        text = adapt(Type("text"), value)
    except DataError as error:
        raise DataError(f"Attribute {attribute.name!r}: {error}") from None
    if type_ is not None and type_.kind == "enum":
        return _one_of(attribute, [label for label in type_.args if _label_meets(label, operator, text, ignore_case)])
    condition = Compared(attribute.name, operator, text, ignore_case)
    if type_ is not None and type_.kind == "char" and operator == "startswith" and text.endswith(" "):
        # A database may fill up a char with blanks, which LIKE sees and a search does not.
        return conjunction([condition, Compared(attribute.name, "contains", text, ignore_case)])
    return condition


def _label_meets(label: str, operator: str, text: str, ignore_case: bool) -> bool:
    label, text = (label.lower(), text.lower()) if ignore_case else (label, text)
    return text in label if operator == "contains" else label.startswith(text)
