"""The algebra as values: eight kinds of immutable node, each with its heading.

Composing builds a tree of these and touches no database. Every node is made by a function that checks the
operation and works out the heading, so that an expression that exists has a meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import EllipsisType
from typing import Final

from labwright.core.errors import QueryError
from labwright.core.heading import Attribute, Heading
from labwright.core.lineage import common_attributes
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
    """The rows of both."""

    left: Node
    right: Node
    heading: Heading = field(repr=False, compare=False)


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

_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*\Z")
_PLAIN: Final = re.compile(r"\s*([A-Za-z_]\w*)\s*\Z")
_PARENTHESISED: Final = re.compile(r"\s*\(\s*([A-Za-z_]\w*)\s*\)\s*\Z")
_CONSTANTS: Final = frozenset({"null", "true", "false", "current_timestamp", "current_date", "current_time"})


def restrict(node: Node, condition: Condition) -> Node:
    """Rows of `node` that meet `condition`; neighbouring restrictions become one."""
    if condition == Constant(True):
        return node
    if isinstance(node, Restrict):
        return Restrict(node.node, conjunction([node.condition, condition]), node.heading)
    return Restrict(node, condition, node.heading)


def project(node: Node, chosen: Sequence[str | EllipsisType], named: Mapping[str, str]) -> Node:
    """Choose, rename and compute attributes.

    The key always stays, renamed where `named` says so. ``"-name"`` leaves one out, ``...`` takes all the rest.
    """
    heading = node.heading
    renames, items = _named_items(heading, named)
    kept = _chosen_names(heading, chosen, renames)
    clash = next((n for n in items if n in kept), None)
    if clash is not None:
        raise QueryError(f"Attribute {clash!r} is already there: choose another name for {named[clash]!r}.")
    source = {n: n for n in kept} | items
    ordered = _in_heading_order(heading, source, renames)
    return Project(node, ordered, Heading(_projected(heading, name, item) for name, item in ordered))


def _named_items(heading: Heading, named: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str | Scalar]]:
    """Keyword arguments as (old name -> new name) for true renames, and as items by new name."""
    renames: dict[str, str] = {}
    items: dict[str, str | Scalar] = {}
    for name, text in named.items():
        _check_new_name(name)
        if (plain := _plain_name(heading, text)) is not None:
            if plain in renames:
                raise QueryError(f"{plain!r} is renamed twice; duplicate it with {name}='({plain})'.")
            renames[plain] = name
            items[name] = plain
        else:
            items[name] = _item(heading, text)
    return renames, items


def _plain_name(heading: Heading, text: object) -> str | None:
    if not isinstance(text, str):
        raise QueryError(f"An attribute is renamed or computed by text, not by {text!r} ({type(text).__name__}).")
    match = _PLAIN.match(text)
    if match is None or (match[1].lower() in _CONSTANTS and match[1] not in heading):
        return None
    heading.require([match[1]], "the projection")
    return match[1]


def _check_new_name(name: str) -> None:
    if not _NAME.match(name) or len(name) > 63:
        raise QueryError(
            f"{name!r} cannot name an attribute: use lower-case letters, digits and underscores, a letter first."
        )


def _item(heading: Heading, text: str) -> str | Scalar:
    """A duplicated name or a computed expression."""
    match = _PARENTHESISED.match(text)
    if match and match[1] in heading:
        return match[1]
    path = parse_path(text)
    if path is not None and path[0] in heading:
        return json_scalar(path[0], path[1], path[2], heading)
    return parse_scalar(text, heading)


def _chosen_names(
    heading: Heading, chosen: Sequence[str | EllipsisType], renames: Mapping[str, str]
) -> dict[str, None]:
    """The names that stay as they are, in the order of the heading."""
    for name in chosen:
        if not isinstance(name, (str, EllipsisType)):
            raise QueryError(f"proj takes names of attributes and ..., not {name!r} ({type(name).__name__}).")
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


def join(left: Node, right: Node, *, outer: bool = False, semantic_check: bool = True) -> Node:
    """Natural join on homologous attributes; `outer` keeps all rows of `left`, whose key must determine `right`."""
    on = common_attributes(left.heading, right.heading, semantic_check=semantic_check)
    if outer and not left.heading.determines(right.heading):
        missing = [n for n in right.heading.primary_key if n not in left.heading]
        raise QueryError(
            f"A left join needs the left side to determine the right one, but {', '.join(map(repr, missing))} of the "
            "right side's primary key is not on the left. Use an inner join, or summarise the right side with .aggr."
        )
    return Join(left, right, on, outer, _joined_heading(left.heading, right.heading, outer=outer))


def _joined_heading(left: Heading, right: Heading, *, outer: bool) -> Heading:
    """PK(A) if A determines B, else PK(B) if B determines A, else both."""
    right_only = [replace(a, nullable=a.nullable or outer) for n, a in right.attributes.items() if n not in left]
    attributes = [*left.attributes.values(), *right_only]
    if left.determines(right):
        key = left.primary_key
    elif right.determines(left):
        key = right.primary_key
    else:
        key = left.primary_key + [n for n in right.primary_key if n not in left.primary_key]
    return Heading(attributes).with_key(key)


def aggregate(
    by: Node, group: Node, chosen: Sequence[str | EllipsisType], named: Mapping[str, str], *, keep_all: bool
) -> Node:
    """`group` summarised per row of `by`."""
    if not group.heading.determines(by.heading):
        missing = [n for n in by.heading.primary_key if n not in group.heading]
        raise QueryError(
            f"aggr needs the whole primary key of the left side in the group, which lacks "
            f"{', '.join(map(repr, missing))}. Summarise over a join that has them, or over fewer: lw.U(...).aggr(...)."
        )
    common_attributes(by.heading, group.heading)
    both = Heading(
        [*by.heading.attributes.values()]
        + [replace(a, in_key=False) for n, a in group.heading.attributes.items() if n not in by.heading]
    )
    return _aggregated(by, group, both, chosen, named, keep_all=keep_all)


def summarise(
    key: Sequence[str], group: Node, named: Mapping[str, str], chosen: Sequence[str | EllipsisType] = ()
) -> Node:
    """`group` summarised per distinct value of the attributes `key`: ``lw.U(*key).aggr(group, ...)``."""
    group.heading.require(key, "the group")
    return _aggregated(None, group, group.heading.with_key(key), chosen, named, keep_all=False)


def _aggregated(
    by: Node | None,
    group: Node,
    over: Heading,
    chosen: Sequence[str | EllipsisType],
    named: Mapping[str, str],
    *,
    keep_all: bool,
) -> Node:
    own = by.heading if by is not None else Heading(a for a in over.attributes.values() if a.in_key)
    kept = [n for n in _chosen_names(own, chosen, {}) if not (own[n].in_key and n in named.values())]
    items: list[tuple[str, str | Scalar]] = [(n, n) for n in kept]
    for name, text in named.items():
        _check_new_name(name)
        plain = _plain_name(over, text)
        item = plain if plain is not None else _item(over, text)
        _check_summary(own, name, item)
        items.append((name, item))
    names = [n for n, _ in items]
    if len(set(names)) < len(names):
        clash = next(n for n in names if names.count(n) > 1)
        raise QueryError(f"Attribute {clash!r} is already there: choose another name for it.")
    ordered = sorted(items, key=lambda i: not (isinstance(i[1], str) and over[i[1]].in_key))
    heading = Heading(_projected(over, name, item) for name, item in ordered)
    return Aggregate(by, group, tuple(over.primary_key), tuple(ordered), keep_all, heading)


def _check_summary(own: Heading, name: str, item: str | Scalar) -> None:
    """Outside of an aggregate function only attributes that are one per group may stand."""
    names = (item,) if isinstance(item, str) else () if item.aggregate else item.names
    for used in names:
        if used not in own:
            raise QueryError(
                f"{name!r} names {used!r}, which has many values per group: summarise it, e.g. {name}='max({used})'."
            )


def union(left: Node, right: Node) -> Node:
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
    common_attributes(left.heading, right.heading)
    rest = [replace(a, nullable=True) for n, a in left.heading.attributes.items() if not a.in_key]
    rest += [replace(a, nullable=True) for n, a in right.heading.attributes.items() if not a.in_key]
    return Union(left, right, Heading([left.heading[n] for n in left.heading.primary_key] + rest))


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
