"""Scalars: the expressions that users write as text, with their names and types known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from labwright.core.errors import QueryError
from labwright.core.heading import Heading
from labwright.core.types import Type
from labwright.query.grammar import parse
from labwright.query.inference import infer
from labwright.query.nodes import AGGREGATES, Node, same, walk
from labwright.query.paths import Path, parse_path
from labwright.query.written import written_attribute

__all__ = ["Scalar", "json_scalar", "parse_path", "parse_scalar"]


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """An expression over the attributes of a heading.

    The same text over attributes of the same types is equal, and mostly the same object: as the key of a cache it is
    found by its text.

    Parameters
    ----------
    text : str
    names : tuple of str
        The attributes it uses, in the order of first use.
    types : mapping
        Their stored types.
    type : Type or None
        The type of the value; None when only the database knows.
    aggregate : bool
        Whether it summarises rows.
    condition : bool
        Whether its value is a truth value.
    nullable : bool
        Whether its value may be NULL.
    tree : Node
        The typed tree.
    """

    text: str
    names: tuple[str, ...]
    types: Mapping[str, Type | None]
    type: Type | None
    aggregate: bool
    condition: bool
    nullable: bool
    tree: Node

    def __eq__(self, other: object) -> bool:
        if self is other or not isinstance(other, Scalar):
            return self is other
        return self.text == other.text and same(self.tree, other.tree)

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Scalar({self.text!r}, {self.type or 'unknown'})"


_Known = tuple[tuple[Type | None, bool], ...]
_recent: dict[tuple[object, ...], tuple[Scalar, _Known]] = {}
_RECENT = 4096


def parse_scalar(text: str, heading: Heading, *, where: str = "") -> Scalar:
    """Read `text` as one expression over `heading`.

    Parameters
    ----------
    text : str
        An expression, in the common language of the three databases (MySQL's reading where they differ).
    heading : Heading
    where : str
        The place that asks, for messages.

    Raises
    ------
    QuerySyntaxError
        When it cannot be read; with the line and a caret.
    UnknownAttributeError
        For a name that `heading` does not have.
    QueryError
        When its types do not go together.

    Examples
    --------
    >>> from labwright.core.heading import Attribute
    >>> heading = Heading([Attribute("score", Type("float64"), nullable=True)])
    >>> parse_scalar("score > 3", heading)
    Scalar('score > 3', bool)
    """
    names = _parsed(text)[1]
    known = []
    key: list[object] = [text]
    for name in names:
        attribute = heading.get(name) or written_attribute(name)
        if attribute is None:
            raise heading.unknown(name, where or f"the expression {text!r}")
        stored = attribute.storage or attribute.type
        known.append((stored, attribute.nullable))
        key += (id(stored), attribute.nullable)  # `_recent` holds the types, so that their ids stay theirs
    fast = tuple(key)
    found = _recent.get(fast)
    if found is None:
        found = _remember(fast, text, tuple(known))
    return found[0]


def json_scalar(attribute: str, path: Path, type: Type | None, heading: Heading) -> Scalar:  # noqa: A002 - the name users read
    """The value at `path` within a json attribute: as `type`, or as text without one.

    A value of another type than asked for is NULL.

    Raises
    ------
    UnknownAttributeError
    QueryError
        When the attribute is not json.

    Examples
    --------
    >>> from labwright.core.heading import Attribute
    >>> heading = Heading([Attribute("info", Type("json"))])
    >>> json_scalar("info", ("weight",), Type("float64"), heading)
    Scalar('info.weight:float64', float64)
    """
    stored = heading[attribute].stored
    if stored is not None and stored.kind != "json":
        raise QueryError(f"{attribute} is of type {stored}, not json, and has no parts.")
    return _json(attribute, path, type, stored)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> tuple[Node, tuple[str, ...]]:
    tree = parse(text)
    return tree, tuple(dict.fromkeys(n.value for n in walk(tree) if n.op == "name"))


def _remember(key: tuple[object, ...], text: str, known: _Known) -> tuple[Scalar, _Known]:
    if len(_recent) >= _RECENT:
        _recent.clear()
    found = _recent[key] = (_scalar(text, known), known)
    return found


@lru_cache(maxsize=4096)
def _scalar(text: str, known: _Known) -> Scalar:
    tree, names = _parsed(text)
    attributes = dict(zip(names, known, strict=True))
    return _finished(text, names, infer(text, tree, attributes), attributes)


@lru_cache(maxsize=1024)
def _json(attribute: str, path: Path, type_: Type | None, stored: Type | None) -> Scalar:
    steps = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in path)
    text = f"{attribute}{steps}" + (f":{type_}" if type_ else "")
    name = Node("name", value=attribute, type=stored)
    target = type_ or Type("text")
    return _finished(text, (attribute,), Node("json", (name,), (path, target), target), {attribute: (stored, True)})


def _finished(
    text: str, names: tuple[str, ...], tree: Node, attributes: Mapping[str, tuple[Type | None, bool]]
) -> Scalar:
    return Scalar(
        text,
        names,
        MappingProxyType({name: type_ for name, (type_, _) in attributes.items()}),
        tree.type,
        any(n.op in AGGREGATES for n in walk(tree)),
        tree.type is not None and tree.type.kind == "bool",
        tree.nullable,
        tree,
    )
