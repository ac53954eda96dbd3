"""The algebra as values: eight kinds of immutable node, each with its heading.

Composing builds a tree of these and touches no database. Every node is made by a function that checks the
operation and works out the heading, so that an expression that exists has a meaning. What follows from headings
and texts alone is remembered: pipelines ask the same again and again, with other values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import EllipsisType
from typing import Final

from labwright.core.errors import QueryError
from labwright.core.generation import CLASSIC, CURRENT, Generation
from labwright.core.heading import Attribute, Heading
from labwright.core.lineage import common_attributes
from labwright.query.aggregates import outer_names
from labwright.query.conditions import Condition, Constant, InQuery, conjunction, negate
from labwright.query.scalar import Scalar, json_scalar, parse_path, parse_scalar


@dataclass(frozen=True, slots=True)
class Source:
    """A table of the database."""

    schema: str
    table: str
    heading: Heading = field(repr=False)


@dataclass(frozen=True, slots=True)
class Restrict:
    """The rows of `node` that meet `condition`."""

    node: Node
    condition: Condition
    heading: Heading = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Project:
    """`node` with the attributes `items`: a name of `node`, or an expression over it."""

    node: Node
    items: tuple[tuple[str, str | Scalar], ...]
    heading: Heading = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Join:
    """Pairs of rows that agree `on` the common attributes; `outer` keeps rows of `left` without partner."""

    left: Node
    right: Node
    on: tuple[str, ...]
    outer: bool
    heading: Heading = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`group` summarised per row of `by`, or per distinct value of `key` where `by` is None."""

    by: Node | None
    group: Node
    key: tuple[str, ...]
    items: tuple[tuple[str, str | Scalar], ...]
    keep_all: bool
    heading: Heading = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Union:
    """The rows of both; `disjoint` ones have the same attributes and no row in common."""

    left: Node
    right: Node
    heading: Heading = field(repr=False, compare=False)
    disjoint: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """An ordered slice: ``lw.Top``. `order` holds (attribute, descending)."""

    node: Node
    order: tuple[tuple[str, bool], ...]
    limit: int | None
    offset: int
    heading: Heading = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Distinct:
    """The distinct values of the attributes `names`: ``lw.U(*names) & node``."""

    node: Node
    names: tuple[str, ...]
    heading: Heading = field(repr=False, compare=False)


Node = Source | Restrict | Project | Join | Aggregate | Union | Slice | Distinct

Chosen = tuple[str | EllipsisType, ...]
Named = tuple[tuple[str, str], ...]
Items = tuple[tuple[str, str | Scalar], ...]

_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*\Z")
_PLAIN: Final = re.compile(r"\s*([A-Za-z_]\w*)\s*\Z")
_PARENTHESISED: Final = re.compile(r"\s*\(\s*([A-Za-z_]\w*)\s*\)\s*\Z")
_CONSTANTS: Final = frozenset({"null", "true", "false", "current_timestamp", "current_date", "current_time"})


def restrict(node: Node, condition: Condition) -> Node:
    """Rows of `node` that meet `condition`; neighbouring restrictions become one."""
    if isinstance(condition, Constant) and condition.value:
        return node
    if isinstance(node, Restrict):
        return Restrict(node.node, conjunction([node.condition, condition]), node.heading)
    return Restrict(node, condition, node.heading)


def project(node: Node, chosen: Sequence[str | EllipsisType], named: Mapping[str, str]) -> Node:
    """Choose, rename and compute attributes.

    The key always stays, renamed where `named` says so. ``"-name"`` leaves one out, ``...`` takes all the rest.
    """
    return Project(node, *_projection(node.heading, _checked_chosen(chosen), _checked_named(named)))


def _checked_chosen(chosen: Iterable[object]) -> Chosen:
    found: list[str | EllipsisType] = []
    for name in chosen:
        if not isinstance(name, (str, EllipsisType)):
            raise QueryError(f"proj takes names of attributes and ..., not {name!r} ({type(name).__name__}).")
        found.append(name)
    return tuple(found)


def _checked_named(named: Mapping[str, object]) -> Named:
    found: list[tuple[str, str]] = []
    for name, text in named.items():
        if not _NAME.match(name) or len(name) > 63:
            raise QueryError(
                f"{name!r} cannot name an attribute: use lower-case letters, digits and underscores, a letter first."
            )
        if not isinstance(text, str):
            raise QueryError(f"An attribute is renamed or computed by text, not by {text!r} ({type(text).__name__}).")
        found.append((name, text))
    return tuple(found)


@lru_cache(maxsize=1024)
def _projection(heading: Heading, chosen: Chosen, named: Named) -> tuple[Items, Heading]:
    renames, items = _named_items(heading, named)
    kept = _chosen_names(heading, chosen, renames)
    clash = next((n for n in items if n in kept), None)
    if clash is not None:
        raise QueryError(f"Attribute {clash!r} is already there: choose another name for {dict(named)[clash]!r}.")
    ordered = _in_heading_order(heading, {n: n for n in kept} | items, renames)
    return ordered, Heading(_projected(heading, name, item) for name, item in ordered)


def _named_items(heading: Heading, named: Named) -> tuple[dict[str, str], dict[str, str | Scalar]]:
    """Keyword arguments as (old name -> new name) for true renames, and as items by new name."""
    renames: dict[str, str] = {}
    items: dict[str, str | Scalar] = {}
    for name, text in named:
        if (plain := _plain_name(heading, text)) is not None:
            if plain in renames:
                raise QueryError(f"{plain!r} is renamed twice; duplicate it with {name}='({plain})'.")
            renames[plain] = name
            items[name] = plain
        else:
            items[name] = _per_row(name, _item(heading, text))
    return renames, items


def _per_row(name: str, item: str | Scalar) -> str | Scalar:
    """`item`, which may not summarise rows."""
    if not isinstance(item, str) and item.aggregate:
        raise QueryError(
            f"proj goes row by row, and {item.text!r} summarises rows: write A.aggr(B, {name}={item.text!r}) for "
            f"a summary per row of A, or lw.U(...).aggr(B, {name}={item.text!r}) over any groups."
        )
    return item


def _plain_name(heading: Heading, text: str) -> str | None:
    match = _PLAIN.match(text)
    if match is None or (match[1].lower() in _CONSTANTS and match[1] not in heading):
        return None
    heading.require([match[1]], "the projection")
    return match[1]


def _item(heading: Heading, text: str) -> str | Scalar:
    """A duplicated name or a computed expression, in which existing programs write ``%%`` for one ``%``."""
    text = text.replace("%%", "%")
    match = _PARENTHESISED.match(text)
    if match and match[1] in heading:
        return match[1]
    path = parse_path(text)
    if path is not None and path[0] in heading:
        return json_scalar(path[0], path[1], path[2], heading)
    return _of_these(parse_scalar(text, heading))


def _of_these(scalar: Scalar) -> Scalar:
    """`scalar`, which may speak of these rows alone."""
    if any("." in name for name in scalar.names):
        raise QueryError(
            f"{scalar.text!r} computes with the row that is written: compare with that row in a restriction instead, "
            "e.g. .proj(due='birth + 21') & 'due > new.date'."
        )
    return scalar


def _chosen_names(heading: Heading, chosen: Chosen, renames: Mapping[str, str]) -> dict[str, None]:
    """The names that stay as they are, in the order of the heading."""
    texts = [n.strip() for n in chosen if isinstance(n, str)]
    excluded = {n[1:].strip() for n in texts if n.startswith("-")}
    included = {n for n in texts if not n.startswith("-")}
    heading.require(sorted(included | excluded), "the projection")
    in_key = next((n for n in sorted(excluded) if heading[n].in_key), None)
    if in_key is not None:
        raise QueryError(f"{in_key!r} belongs to the primary key and cannot be left out; summarise with .aggr instead.")
    everything = any(n is ... for n in chosen)
    return {
        n: None
        for n, a in heading.attributes.items()
        if n not in excluded
        and n not in (renames if n not in included else ())
        and (a.in_key or everything or n in included)
    }


def _in_heading_order(
    heading: Heading, source: Mapping[str, str | Scalar], renames: Mapping[str, str]
) -> tuple[tuple[str, str | Scalar], ...]:
    """Attributes where they were, renamed ones in place of the old, new ones at the end; the key first."""
    place = {n: i for i, n in enumerate(heading)}

    def rank(item: tuple[int, tuple[str, str | Scalar]]) -> tuple[bool, int, int]:
        number, (name, origin) = item
        moved = isinstance(origin, str) and (name == origin or renames.get(origin) == name)
        in_key = isinstance(origin, str) and heading[origin].in_key
        return (not in_key, place[str(origin)] if moved else len(place), number)

    return tuple(pair for _, pair in sorted(enumerate(source.items()), key=rank))


def _projected(heading: Heading, name: str, item: str | Scalar) -> Attribute:
    if isinstance(item, str):
        return replace(heading[item], name=name)
    return Attribute(name, item.type, nullable=item.nullable, expression=item.text)


def join(
    left: Node,
    right: Node,
    *,
    outer: bool = False,
    semantic_check: bool = True,
    generation: Generation = CURRENT,
) -> Node:
    """Natural join on homologous attributes; `outer` keeps all rows of `left`, whose key must determine `right`."""
    on, heading = _matched(left.heading, right.heading, outer, semantic_check, generation)
    return Join(left, right, on, outer, heading)


@lru_cache(maxsize=1024)
def _matched(
    left: Heading, right: Heading, outer: bool, semantic_check: bool, generation: Generation
) -> tuple[tuple[str, ...], Heading]:
    on = common_attributes(left, right, semantic_check=semantic_check, generation=generation)
    if outer and not left.determines(right):
        missing = [n for n in right.primary_key if n not in left]
        raise QueryError(
            f"A left join needs the left side to determine the right one, but {', '.join(map(repr, missing))} of the "
            "right side's primary key is not on the left. Use an inner join, or summarise the right side with .aggr."
        )
    return on, _joined_heading(left, right, outer=outer, generation=generation)


def _joined_heading(left: Heading, right: Heading, *, outer: bool, generation: Generation) -> Heading:
    """First the side that determines the other, its key the key; in the classic generation always both keys."""
    if generation != CLASSIC and right.determines(left) and not left.determines(right):
        left_only = [a for n, a in left.attributes.items() if n not in right]
        both = [left.attributes.get(n, a) for n, a in right.attributes.items()]
        return Heading([*both, *left_only]).with_key(right.primary_key)
    right_only = [replace(a, nullable=True) if outer else a for n, a in right.attributes.items() if n not in left]
    key = left.primary_key
    if generation == CLASSIC or not left.determines(right):
        key = key + [n for n in right.primary_key if n not in key]
    return Heading([*left.attributes.values(), *right_only]).with_key(key)


def aggregate(
    by: Node,
    group: Node,
    chosen: Sequence[str | EllipsisType],
    named: Mapping[str, str],
    *,
    keep_all: bool,
    generation: Generation = CURRENT,
) -> Node:
    """`group` summarised per row of `by`."""
    if not group.heading.determines(by.heading):
        missing = [n for n in by.heading.primary_key if n not in group.heading]
        raise QueryError(
            f"aggr needs the whole primary key of the left side in the group, which lacks "
            f"{', '.join(map(repr, missing))}. Summarise over a join that has them, or over fewer: lw.U(...).aggr(...)."
        )
    over = _both(by.heading, group.heading, generation)
    items, heading = _summary(by.heading, over, _checked_chosen(chosen), _checked_named(named))
    return Aggregate(by, group, tuple(over.primary_key), items, keep_all, heading)


@lru_cache(maxsize=1024)
def _both(by: Heading, group: Heading, generation: Generation) -> Heading:
    """What a summary may speak of: the attributes of both sides, with the key of `by`."""
    common_attributes(by, group, generation=generation)
    added = [replace(a, in_key=False) for n, a in group.attributes.items() if n not in by]
    return Heading([*by.attributes.values(), *added])


def summarise(
    key: Sequence[str], group: Node, named: Mapping[str, str], chosen: Sequence[str | EllipsisType] = ()
) -> Node:
    """`group` summarised per distinct value of the attributes `key`: ``lw.U(*key).aggr(group, ...)``."""
    group.heading.require(key, "the group")
    over = _with_key(group.heading, tuple(key))
    own = Heading(over[n] for n in key)
    items, heading = _summary(own, over, _checked_chosen(chosen), _checked_named(named))
    return Aggregate(None, group, tuple(over.primary_key), items, False, heading)


@lru_cache(maxsize=1024)
def _with_key(heading: Heading, key: tuple[str, ...]) -> Heading:
    return heading.with_key(key)


@lru_cache(maxsize=1024)
def _summary(own: Heading, over: Heading, chosen: Chosen, named: Named) -> tuple[Items, Heading]:
    """What stays of `own`, one row per group, and what is computed from the attributes `over`."""
    renamed = {text for _, text in named}
    items: list[tuple[str, str | Scalar]] = [
        (n, n) for n in _chosen_names(own, chosen, {}) if not (own[n].in_key and n in renamed)
    ]
    for name, text in named:
        plain = _plain_name(over, text)
        item = plain if plain is not None else _item(over, text)
        _check_summary(own, name, item)
        items.append((name, item))
    names = [n for n, _ in items]
    if len(set(names)) < len(names):
        clash = next(n for n in names if names.count(n) > 1)
        raise QueryError(f"Attribute {clash!r} is already there: choose another name for {dict(named)[clash]!r}.")
    ordered = tuple(sorted(items, key=lambda i: not (isinstance(i[1], str) and over[i[1]].in_key)))
    return ordered, Heading(_projected(over, name, item) for name, item in ordered)


def _check_summary(own: Heading, name: str, item: str | Scalar) -> None:
    """Outside of an aggregate function only attributes that are one per group may stand."""
    names = (item,) if isinstance(item, str) else outer_names(item)
    for used in names:
        if used not in own:
            raise QueryError(
                f"{name!r} names {used!r}, which has many values per group: summarise it, e.g. {name}='max({used})'."
            )


def union(left: Node, right: Node, *, generation: Generation = CURRENT) -> Node:
    """The rows of both; same key, and no secondary attribute in common."""
    if set(left.heading.primary_key) != set(right.heading.primary_key):
        raise QueryError(
            f"A union needs the same primary key on both sides, not {left.heading.primary_key} and "
            f"{right.heading.primary_key}."
        )
    shared = [n for n in left.heading.secondary_attributes if n in right.heading]
    if shared:
        raise QueryError(
            f"A union needs different secondary attributes; both sides have {', '.join(map(repr, shared))}. "
            "Leave them out of one side, or rename them, with .proj()."
        )
    common_attributes(left.heading, right.heading, generation=generation)
    return Union(left, right, _united(left.heading, right.heading))


@lru_cache(maxsize=1024)
def _united(left: Heading, right: Heading) -> Heading:
    key = [replace(left[n], nullable=left[n].nullable or right[n].nullable) for n in left.primary_key]
    rest = [a for side in (left, right) for a in side.attributes.values() if not a.in_key]
    return Heading([*key, *(replace(a, nullable=True) for a in rest)])


def without(left: Node, right: Node) -> Node:
    """Rows of `left` whose key is not in `right`."""
    return restrict(left, negate(InQuery(tuple(left.heading.primary_key), right)))


def distinct(node: Node, names: Iterable[str]) -> Node:
    """The distinct values of `names`, which become the key."""
    names = tuple(names)
    node.heading.require(names)
    heading = Heading(replace(node.heading[n], in_key=True) for n in names)
    if set(names) >= set(node.heading.primary_key):
        return Project(node, tuple((n, n) for n in names), heading)
    return Distinct(node, names, heading)


def promote(node: Node, names: Sequence[str]) -> Node:
    """`node` with `names` added to its key: the classic ``lw.U(*names) * node``."""
    node.heading.require(names)
    key = [*node.heading.primary_key, *(n for n in names if not node.heading[n].in_key)]
    heading = node.heading.with_key(key)
    return Project(node, tuple((n, n) for n in heading), heading)


def take(node: Node, order: Iterable[tuple[str, bool]], limit: int | None, offset: int) -> Node:
    """An ordered slice; a slice of a slice in the same order becomes one."""
    order = tuple(order)
    node.heading.require((n for n, _ in order), "order_by")
    if isinstance(node, Slice) and order in ((), node.order):
        left = None if node.limit is None else max(node.limit - offset, 0)
        limits = [n for n in (left, limit) if n is not None]
        return Slice(node.node, node.order, min(limits) if limits else None, node.offset + offset, node.heading)
    return Slice(node, order, limit, offset, node.heading)
