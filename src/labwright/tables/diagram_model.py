"""What a diagram shows, as values: tables, the references between them, and both together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, Protocol, get_args, runtime_checkable

from labwright.core.errors import DataError, LabwrightError, did_you_mean
from labwright.core.graph import Graph

DiagramTier = Literal["manual", "lookup", "imported", "computed", "part", "schema"]
"""The tier of a table; ``schema`` is a whole schema drawn as one node."""

EdgeKind = Literal["whole", "partial", "secondary"]
"""Whether a reference is the child's whole key, a part of its key, or outside its key."""

_SAFE_SCHEMES: Final = frozenset({"http", "https", "mailto"})


@dataclass(frozen=True, slots=True)
class DiagramNode:
    """A table in a diagram.

    Parameters
    ----------
    id : str
        ``schema.table``, unique in the diagram.
    label : str
        What is written: ``Session``, ``lab.Session``, ``Session.Trial``.
    tier : str
        One of `DiagramTier`.
    schema : str
        The schema it belongs to.
    tooltip : str
        Comment or definition, shown when the pointer rests on the node.
    has_own_key : bool
        The table adds attributes to its primary key; the label is underlined.
    master : str, optional
        The id of the master of a part.
    href : str, optional
        Where a click leads: a relative, http, https or mailto address.
    status : str
        A second line, such as ``12 / 30``.

    Examples
    --------
    >>> DiagramNode("lab.session", "Session", "manual", "lab").id
    'lab.session'
    """

    id: str
    label: str
    tier: DiagramTier
    schema: str
    tooltip: str = ""
    has_own_key: bool = False
    master: str | None = None
    href: str | None = None
    status: str = ""

    def __post_init__(self) -> None:
        _check_choice(f"The tier of {self.id!r}", self.tier, get_args(DiagramTier))
        if self.href is not None and not _is_safe(self.href):
            raise DataError(
                f"The link of {self.id!r} begins with {self.href[:20]!r}; use http, https, mailto or a relative one."
            )


@dataclass(frozen=True, slots=True)
class DiagramEdge:
    """A reference from child to parent.

    Parameters
    ----------
    parent, child : str
        Ids of nodes.
    kind : str
        One of `EdgeKind`.
    attributes : tuple of str
        The referencing attributes of the child; they tell parallel references apart.
    renamed : tuple of (new, old)
        Attributes of the child that have another name in the parent.
    nullable : bool
        The reference may be empty.

    Examples
    --------
    >>> DiagramEdge("lab.subject", "lab.pair", "partial", ("mother",), (("mother", "subject"),)).note
    'mother ← subject'
    """

    parent: str
    child: str
    kind: EdgeKind = "partial"
    attributes: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    nullable: bool = False

    def __post_init__(self) -> None:
        _check_choice(f"The kind of reference from {self.child!r} to {self.parent!r}", self.kind, get_args(EdgeKind))

    @property
    def note(self) -> str:
        """The renamed attributes as text: ``mother ← subject``."""
        return ", ".join(f"{new} ← {old}" for new, old in self.renamed)


@runtime_checkable
class DiagramSource(Protocol):
    """Anything a diagram can be made of: a table, a schema, a module of tables."""

    def diagram_model(self) -> tuple[Iterable[DiagramNode], Iterable[DiagramEdge]]:
        """Return every table known here, and the references between them."""
        ...

    def diagram_nodes(self) -> Iterable[str]:
        """Return the ids of the tables that this source means."""
        ...


@dataclass(frozen=True)
class DiagramModel:
    """Nodes and edges. References whose ends are not both known are left out.

    Examples
    --------
    >>> model = DiagramModel.of([DiagramNode("lab.rig", "Rig", "lookup", "lab")], [])
    >>> model["lab.rig"].label
    'Rig'
    """

    nodes: tuple[DiagramNode, ...] = ()
    edges: tuple[DiagramEdge, ...] = ()

    @classmethod
    def of(cls, nodes: Iterable[DiagramNode], edges: Iterable[DiagramEdge]) -> DiagramModel:
        """Return the model of `nodes` and `edges`; of two nodes with one id the first counts."""
        known: dict[str, DiagramNode] = {}
        for node in nodes:
            known.setdefault(node.id, node)
        kept = dict.fromkeys(edge for edge in edges if edge.parent in known and edge.child in known)
        return cls(tuple(known.values()), tuple(kept))

    @cached_property
    def by_id(self) -> Mapping[str, DiagramNode]:
        """The nodes by id."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def graph(self) -> Graph[str]:
        """The ids and which is parent of which. A table may refer to itself; that is left out here."""
        return Graph(self.by_id, ((e.parent, e.child) for e in self.edges if e.parent != e.child))

    def __getitem__(self, node_id: str) -> DiagramNode:
        if node_id not in self.by_id:
            raise LabwrightError(f"{node_id!r} is not in this diagram.{did_you_mean(node_id, self.by_id)}")
        return self.by_id[node_id]

    def __or__(self, other: DiagramModel) -> DiagramModel:
        return self if self == other else DiagramModel.of(self.nodes + other.nodes, self.edges + other.edges)

    def only(self, ids: Iterable[str]) -> DiagramModel:
        """Return the model of some of the nodes and the edges among them."""
        kept = frozenset(ids)
        return DiagramModel.of((node for node in self.nodes if node.id in kept), self.edges)

    def collapsed(self, ids: Iterable[str]) -> DiagramModel:
        """Return the model with the nodes `ids` merged into one node for each schema."""
        merged = frozenset(ids)
        target = {n.id: _schema_id(n.schema) if n.id in merged else n.id for n in self.nodes}
        groups: dict[str, list[DiagramNode]] = {}
        for node in self.nodes:
            groups.setdefault(target[node.id], []).append(node)
        nodes = [_merge(members) if members[0].id in merged else members[0] for members in groups.values()]
        return DiagramModel.of(nodes, _merged_edges(self.edges, target))


def _merge(members: list[DiagramNode]) -> DiagramNode:
    schema = members[0].schema
    count = f"{len(members)} table{'s' if len(members) > 1 else ''}"
    names = "\n".join(node.label for node in members)
    return DiagramNode(_schema_id(schema), schema, "schema", schema, tooltip=names, status=count)


def _merged_edges(edges: Iterable[DiagramEdge], target: Mapping[str, str]) -> list[DiagramEdge]:
    """Point the edges at their new ends: one edge of the strongest kind for each pair of which an end is merged."""
    kept: list[DiagramEdge] = []
    kinds: dict[tuple[str, str], EdgeKind] = {}
    for edge in edges:
        parent, child = target[edge.parent], target[edge.child]
        if (parent, child) == (edge.parent, edge.child):
            kept.append(edge)
        elif parent != child:
            in_key = edge.kind != "secondary" or kinds.get((parent, child)) == "partial"
            kinds[parent, child] = "partial" if in_key else "secondary"
    return kept + [DiagramEdge(parent, child, kind) for (parent, child), kind in kinds.items()]


def _schema_id(schema: str) -> str:
    # No table can have this id: a table's id ends in a name.
    return f"{schema}."


def _is_safe(href: str) -> bool:
    """Whether a browser can only take `href` for a page: schemes count after the blanks a browser would skip."""
    plain = "".join(c for c in href if c > " " and c != "\x7f")
    scheme, colon, _ = plain.partition(":")
    return not colon or any(c in scheme for c in "/?#") or scheme.lower() in _SAFE_SCHEMES


def _check_choice(what: str, value: str, valid: tuple[str, ...]) -> None:
    if value not in valid:
        raise DataError(f"{what} is {value!r}; it must be one of {', '.join(valid)}.{did_you_mean(value, valid)}")
