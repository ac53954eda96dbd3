"""Rules beside a definition: what the database holds every row to, and the sentence for a row that breaks one."""

from __future__ import annotations

import decimal
import inspect
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from labwright.core.errors import DefinitionError, LabwrightError, did_you_mean
from labwright.core.generation import Generation
from labwright.core.heading import Heading
from labwright.define.rules import RuleDef, RuleKind, is_rule_name, name_from, write_body
from labwright.define.table import ForeignKey, TableDef, TableId
from labwright.query import expr
from labwright.query.conditions import as_operand
from labwright.query.scalar import Scalar, parse_scalar
from labwright.query.serial import names_used, to_data
from labwright.query.written import WRITTEN, RowValue, writing
from labwright.sql.database import Database
from labwright.sql.literals import refuse_nul, short_hash
from labwright.tables.project import Project
from labwright.tables.query import QueryExpression
from labwright.tables.rule_locks import locks

if TYPE_CHECKING:
    from labwright.tables.table import Table

Event = Literal["insert", "update", "delete"]
_EVENTS: Final[tuple[Event, ...]] = ("insert", "update", "delete")
_ORDERED: Final = frozenset(("date", "datetime", "datetime_utc", "timestamp", "time", "decimal", "float32", "float64"))


@dataclass(frozen=True)
class Declaring:
    """What a rule has to go by while its table is declared."""

    cls: type[Table]
    table: TableDef
    parents: Mapping[TableId, TableDef]

    @property
    def heading(self) -> Heading:
        """The attributes of the table."""
        return self.table.heading

    def error(self, message: str) -> DefinitionError:
        """The error for a rule of this table."""
        return DefinitionError(f"Table {self.table.id}: {message}")


class Rule(ABC):
    """Something that must hold for the rows of a table; `lw.Check` and the like."""

    kind: ClassVar[RuleKind]
    says: str
    name: str | None

    @abstractmethod
    def body(self, declaring: Declaring) -> Mapping[str, Any]:
        """What the rule says, as data; a rule that has no meaning for the table is an error."""

    def declared(self, declaring: Declaring) -> RuleDef:
        """The rule as it is kept."""
        if not _is_sentence(self.says):
            raise declaring.error(f"the rule {self!r} needs a sentence for the one who breaks it: says='...'.")
        body = write_body(self.body(declaring))
        name = self.name or name_from(self.says) or f"{self.kind}_{short_hash(body)[:8]}"
        if not is_rule_name(name):
            raise declaring.error(
                f"a rule cannot be called {name!r}: use lower-case letters, digits and underscores, a letter first, "
                "and 40 of them at most."
            )
        return RuleDef(name, self.kind, refuse_nul(" ".join(self.says.split())), body)


def _is_sentence(says: object) -> bool:
    return isinstance(says, str) and bool(says.strip())


@dataclass(frozen=True)
class Check(Rule):
    """A condition that every row meets by itself; one that has no answer, since a value is missing, is met.

    Parameters
    ----------
    condition : str
        As in a restriction of the table.
    says : str
        The sentence that is read by whoever breaks the rule.
    name : str, optional
        What the rule is called; by default it is made of the sentence.

    Examples
    --------
    >>> Check("weight > 0", "a weight is positive")
    Check(condition='weight > 0', says='a weight is positive', name=None)
    """

    condition: str
    says: str
    name: str | None = None
    kind: ClassVar[RuleKind] = "check"

    def body(self, declaring: Declaring) -> Mapping[str, Any]:
        scalar = _scalar(declaring, self.condition)
        if scalar.aggregate:
            raise declaring.error(f"a check looks at one row, and {self.condition!r} summarises rows: see SumAtMost.")
        if not scalar.condition:
            raise declaring.error(f"a check is a condition, and {self.condition!r} is of type {scalar.type}.")
        return {"condition": self.condition}


@dataclass(frozen=True)
class NoOverlap(Rule):
    """Intervals that do not overlap, each from `start` up to but without `end`; a missing end means "still".

    Parameters
    ----------
    of : str or sequence of str
        The attributes whose values the intervals have in common; where one is missing there is nothing to overlap with.
    start, end : str
        Attributes of the table: numbers, dates or times. An interval ends after it starts.
    says : str
        The sentence that is read by whoever breaks the rule.
    name : str, optional
        What the rule is called; by default it is made of the sentence.
    where : str, optional
        A condition on a row; those that do not meet it may overlap, and end when they like.

    Examples
    --------
    >>> NoOverlap(of=["subject"], start="moved_in", end="moved_out", says="an animal is in one cage at a time").end
    'moved_out'
    """

    of: str | Sequence[str]
    start: str
    end: str
    says: str
    name: str | None = None
    where: str | None = None
    kind: ClassVar[RuleKind] = "no_overlap"

    def body(self, declaring: Declaring) -> Mapping[str, Any]:
        of = _names(declaring, self.of)
        _require(declaring, [self.start, self.end])
        start, end = declaring.heading[self.start], declaring.heading[self.end]
        for attribute in (start, end):
            stored = attribute.stored
            if stored is None or not (stored.is_integer or stored.kind in _ORDERED):
                raise declaring.error(f"{attribute.name!r} is {stored}, and an interval is of numbers, dates or times.")
        if start.nullable:
            raise declaring.error(f"an interval has a beginning, and {self.start!r} may be NULL; its end alone may be.")
        if not declaring.heading.primary_key:
            raise declaring.error("a table of one row has no intervals that could overlap.")
        _scalar(declaring, f"`{self.start}` < `{self.end}`")
        return {"of": of, "start": self.start, "end": self.end, **self._where(declaring)}

    def _where(self, declaring: Declaring) -> Mapping[str, Any]:
        if self.where is None:
            return {}
        scalar = _scalar(declaring, self.where)
        if scalar.aggregate or not scalar.condition:
            raise declaring.error(f"`where` is a condition on a row, and {self.where!r} is none.")
        return {"where": self.where}


@dataclass(frozen=True)
class SumAtMost(Rule):
    """A sum over the rows that agree in `of` which stays within a limit.

    Parameters
    ----------
    amount : str
        What is summed: an attribute, or an expression of several; ``"1"`` counts rows.
    limit : number or str
        A number, or an attribute: of this table, or of a parent that `of` refers to. The parent's may not be changed
        to less than the sum either.
    of : str or sequence of str
        The attributes in which rows agree that are summed together; none sums the whole table.
    says : str
        The sentence that is read by whoever breaks the rule.
    name : str, optional
        What the rule is called; by default it is made of the sentence.

    Examples
    --------
    >>> SumAtMost("volume", 10, of=["subject"], says="at most 10 ml per animal").limit
    10
    """

    amount: str
    limit: int | float | decimal.Decimal | str
    of: str | Sequence[str]
    says: str
    name: str | None = None
    kind: ClassVar[RuleKind] = "sum_at_most"

    def body(self, declaring: Declaring) -> Mapping[str, Any]:
        of = _names(declaring, self.of)
        amount = _scalar(declaring, self.amount)
        if amount.aggregate or amount.type is None or not (amount.type.is_numeric or amount.type.kind == "bool"):
            raise declaring.error(f"what is summed is a number of each row, and {self.amount!r} is not.")
        return {"of": of, "sum": self.amount, "limit": self._limit(declaring, of)}

    def _limit(self, declaring: Declaring, of: list[str]) -> Mapping[str, Any]:
        limit = self.limit
        if not isinstance(limit, str):
            if isinstance(limit, bool) or not isinstance(limit, (int, float, decimal.Decimal)):
                raise declaring.error(f"a limit is a number or the name of an attribute, not {limit!r}.")
            return {"number": str(limit)}
        if limit in declaring.heading:
            self._check_number(declaring, declaring.heading, limit)
            return {"attribute": limit}
        fk, parent = self._parent(declaring, limit)
        if not set(fk.columns) <= set(of):
            missing = ", ".join(repr(c) for c in fk.columns if c not in of)
            raise declaring.error(f"the limit {limit!r} is that of {parent.id}, so `of` must have {missing} as well.")
        self._check_number(declaring, parent.heading, limit)
        source = expr.Source(parent.id.schema, parent.id.name, _bare(parent.heading, {limit}))
        columns = dict(zip(fk.columns, fk.parent_columns, strict=True))
        return {"parent": to_data(source), "attribute": limit, "columns": columns}

    def _parent(self, declaring: Declaring, limit: str) -> tuple[ForeignKey, TableDef]:
        parents = declaring.parents
        known = [(fk, parents[fk.parent]) for fk in declaring.table.foreign_keys if fk.parent in parents]
        found = [(fk, parent) for fk, parent in known if limit in parent.heading]
        if len(found) == 1:
            return found[0]
        valid = [*declaring.heading, *(n for _, parent in known for n in parent.heading)]
        if found:
            raise declaring.error(f"several parents have an attribute {limit!r}, so it cannot be the limit.")
        raise declaring.error(
            f"there is no attribute {limit!r}, here or in a parent, to be the limit.{did_you_mean(limit, valid)}"
        )

    def _check_number(self, declaring: Declaring, heading: Heading, name: str) -> None:
        stored = heading[name].stored
        if stored is None or not stored.is_numeric:
            raise declaring.error(f"a limit is a number, and {name!r} is {stored}.")


@dataclass(frozen=True)
class Target:
    """The table whose rows a rule is asked about."""

    id: TableId
    of: QueryExpression
    heading: Heading

    def source(self, names: Collection[str]) -> expr.Source:
        """It with those attributes alone that a rule goes by."""
        return expr.Source(self.id.schema, self.id.name, _bare(self.heading, names))


@dataclass(frozen=True)
class Refuse(Rule):
    """A query that must have no row for the row that is written.

    Parameters
    ----------
    query : callable
        Takes `new`, the row as it is written, or `old`, the row as it was before an update or delete, or both, and
        returns an expression of the algebra. Conditions may speak of ``new.weight``; ``{"subject": new.sire}`` and
        ``Exit & new`` work as with any other row. The tables are seen as they are with the row written.
    says : str
        The sentence that is read by whoever breaks the rule.
    on : str or sequence of str, optional
        Of ``insert``, ``update`` and ``delete``; by default all those for which `query` has its rows.
    name : str, optional
        What the rule is called; by default it is made of the sentence.
    at : Table class or callable, optional
        The table whose rows `new` and `old` are; by default the one that has the rule. So a table that comes later can
        say what it takes from one that is there. A callable gives the class when the table is declared.

    Examples
    --------
    >>> Refuse(lambda old: old, "a death is not taken back", on="delete").on
    'delete'
    """

    query: Callable[..., Any]
    says: str
    on: str | Sequence[str] | None = None
    name: str | None = None
    at: Any = None
    kind: ClassVar[RuleKind] = "refuse"

    @staticmethod
    def kept(body: str, says: str, name: str) -> KeptRule:
        """The rule as a database keeps it, for code that is written from there; new ones are written as queries."""
        return KeptRule(body, says, name)

    def body(self, declaring: Declaring) -> Mapping[str, Any]:
        rows = self._rows(declaring)
        events = self._events(declaring, rows)
        target = self._target(declaring)
        node = self._node(declaring, target, rows)
        if not any(_mentions(node)):
            raise declaring.error(
                f"the rule {self.says!r} does not mention {' or '.join(rows)}: a query that is the same for every row "
                "would refuse all of them or none."
            )
        row = "old" if "delete" in events else "new"
        body = {"on": events, "query": to_data(node, slim=True), "locks": locks(target.id, node, row)}
        return body if self.at is None else body | {"at": to_data(target.source(names_used(node)))}

    def _target(self, declaring: Declaring) -> Target:
        if self.at is None:
            return Target(declaring.table.id, declaring.cls(), declaring.heading)
        table: Any = as_operand(self.at() if inspect.isfunction(self.at) else self.at)
        node = table.query_node() if hasattr(table, "query_node") else None
        if not isinstance(node, expr.Source) or node.schema == WRITTEN:
            raise declaring.error(
                f"the rule {self.says!r} stands at a table, and a {type(table).__name__} is none: at=SubjectExit."
            )
        return Target(TableId(node.schema, node.table), table, node.heading)

    def _rows(self, declaring: Declaring) -> list[str]:
        names = list(inspect.signature(self.query).parameters)
        if not names or set(names) - {"new", "old"}:
            raise declaring.error(
                f"the rule {self.says!r} takes a function of `new`, of `old`, or of both: lambda new: ..., "
                f"not {', '.join(names) or self.query!r}."
            )
        return names

    def _events(self, declaring: Declaring, rows: list[str]) -> list[Event]:
        able = [e for e in _EVENTS if not ("new" in rows and e == "delete") and not ("old" in rows and e == "insert")]
        given = able if self.on is None else [self.on] if isinstance(self.on, str) else list(self.on)
        for event in given:
            if event not in _EVENTS:
                near = did_you_mean(event, _EVENTS)
                raise declaring.error(f"a rule is for insert, update and delete, not for {event!r}.{near}")
            if event not in able:
                missing = "new" if event == "delete" else "old"
                raise declaring.error(f"the rule {self.says!r} speaks of {missing!r}, and {event} has none.")
        if not given:
            raise declaring.error(f"the rule {self.says!r} is for no event: on='insert', 'update' or 'delete'.")
        return [e for e in _EVENTS if e in given]

    def _node(self, declaring: Declaring, target: Target, rows: list[str]) -> expr.Node:
        with writing(dict.fromkeys(rows, target.heading)):
            try:
                made = as_operand(self.query(**{row: Row(row, target.of, target.heading) for row in rows}))
            except LabwrightError as error:
                raise declaring.error(f"the rule {self.says!r}: {error}") from error
            except (NameError, AttributeError, TypeError) as error:
                raise declaring.error(f"the rule {self.says!r} cannot be read: {error}.") from error
        if not hasattr(made, "query_node"):
            raise declaring.error(f"the rule {self.says!r} gives {made!r}, which is no query: Table & new & '...'.")
        node: expr.Node = made.query_node()
        return node


@dataclass(frozen=True)
class KeptRule(Rule):
    """A rule that was declared before, with its query as the database keeps it."""

    kept: str
    says: str
    name: str | None
    kind: ClassVar[RuleKind] = "refuse"

    def body(self, declaring: Declaring) -> Mapping[str, Any]:
        """What is kept."""
        try:
            found: Mapping[str, Any] = json.loads(self.kept)
        except ValueError as error:
            raise declaring.error(f"the rule {self.says!r} is not as a database keeps it: {error}.") from error
        return found


class Row(QueryExpression):
    """The row that is written, while a rule is read: an expression of one row, with its attributes as values."""

    def __init__(self, called: str, of: QueryExpression, heading: Heading) -> None:
        super().__init__(expr.Source(WRITTEN, called, heading), ())
        self._called = called
        self._of = of

    @property
    def sources(self) -> tuple[QueryExpression, ...]:
        """No table, but the row itself."""
        return (self,)

    @property
    def db(self) -> Database:
        """The database of the table."""
        return self._of.db

    @property
    def project(self) -> Project:
        """The project of the table."""
        return self._of.project

    @property
    def generation(self) -> Generation:
        """The generation of the table."""
        return self._of.generation

    def __getattr__(self, name: str) -> RowValue:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> RowValue:
        """The value of an attribute; so also of one that is called as a method is."""
        heading = self._node.heading
        if name not in heading:
            raise heading.unknown(name, f"the row that is written, {self._called!r}")
        return RowValue(self._called, name)

    def __repr__(self) -> str:
        return self._called


def with_rules(cls: type[Table], table: TableDef, parents: Mapping[TableId, TableDef]) -> TableDef:
    """The table with the rules of its class, as they are kept.

    Parameters
    ----------
    cls : type
    table : TableDef
        The table that its definition gives.
    parents : mapping
        The tables that it refers to.

    Raises
    ------
    DefinitionError
        When a rule has no meaning.
    """
    declaring = Declaring(cls, table, parents)
    given = cls.rules
    if isinstance(given, Rule) or not isinstance(given, Sequence):
        raise declaring.error(f"rules is a list of rules, not {given!r}.")
    found: dict[str, RuleDef] = {}
    for rule in given:
        if not isinstance(rule, Rule):
            raise declaring.error(f"{rule!r} is no rule: use lw.Check, lw.NoOverlap, lw.SumAtMost or lw.Refuse.")
        made = rule.declared(declaring)
        if made.name in found:
            raise declaring.error(f"two rules are called {made.name!r}: give one of them another name=.")
        found[made.name] = made
    return replace(table, rules=tuple(sorted(found.values(), key=lambda r: r.name)))


def _scalar(declaring: Declaring, text: str) -> Scalar:
    try:
        return parse_scalar(text, declaring.heading)
    except LabwrightError as error:
        raise declaring.error(f"a rule says {text!r}: {error}") from error


def _names(declaring: Declaring, given: str | Sequence[str]) -> list[str]:
    names = [given] if isinstance(given, str) else list(given)
    _require(declaring, names)
    return names


def _require(declaring: Declaring, names: Sequence[str]) -> None:
    try:
        declaring.heading.require(names, "the table that a rule is for")
    except LabwrightError as error:
        raise declaring.error(str(error)) from error


def _bare(heading: Heading, names: Collection[str]) -> Heading:
    """The key and some attributes, with what a rule depends on and no more."""
    kept = (a for n, a in heading.items() if a.in_key or n in names)
    return Heading(replace(a, default=None, comment="", lineage=None) for a in kept)


def _mentions(thing: Any) -> Iterator[bool]:
    """Whether any part of an expression speaks of the row that is written."""
    if isinstance(thing, Scalar):
        yield any("." in name for name in thing.names)
    elif isinstance(thing, expr.Source):
        yield thing.schema == WRITTEN
    elif isinstance(thing, tuple):
        for item in thing:
            yield from _mentions(item)
    elif is_dataclass(thing):
        for part in fields(thing):
            yield from _mentions(getattr(thing, part.name))
