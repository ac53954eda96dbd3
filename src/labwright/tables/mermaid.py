"""Diagrams as Mermaid text, which many web pages and README viewers draw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote

from labwright.tables.diagram_model import DiagramEdge, DiagramModel, DiagramNode
from labwright.tables.layout import Direction
from labwright.tables.svg_style import fill, ink, outline

_LINES: Final = {"whole": "===", "partial": "---", "secondary": "-.-"}
_SHAPES: Final = {"imported": ('(["', '"])'), "computed": ('(["', '"])'), "schema": ('[["', '"]]')}
_TIERS: Final = ("manual", "lookup", "imported", "computed", "schema")


def to_mermaid(model: DiagramModel, *, direction: Direction = "TB", grouped: bool = False) -> str:
    """Return `model` as a Mermaid flowchart.

    Examples
    --------
    >>> print(to_mermaid(DiagramModel.of([DiagramNode("lab.rig", "Rig", "lookup", "lab")], [])).splitlines()[1])
        n0["Rig"]:::lookup
    """
    names = {node.id: f"n{i}" for i, node in enumerate(model.nodes)}
    nodes = _grouped(model, names) if grouped else (_node(node, names) for node in model.nodes)
    links = (_link(node, names) for node in model.nodes if node.href)
    edges = (_edge(edge, names) for edge in model.edges)
    body = [*nodes, *edges, *links, *_styles()]
    return "\n".join([f"flowchart {direction}", *(f"    {line}" for line in body)]) + "\n"


def _grouped(model: DiagramModel, names: Mapping[str, str]) -> Iterator[str]:
    for i, schema in enumerate(dict.fromkeys(node.schema for node in model.nodes)):
        yield f'subgraph g{i}["{mermaid_text(schema)}"]'
        yield from (f"    {_node(node, names)}" for node in model.nodes if node.schema == schema)
        yield "end"


def _node(node: DiagramNode, names: Mapping[str, str]) -> str:
    opening, closing = _SHAPES.get(node.tier, ('["', '"]'))
    label = mermaid_text(node.label)
    label = f"<u>{label}</u>" if node.has_own_key else label
    label += f"<br>{mermaid_text(node.status)}" if node.status else ""
    return f"{names[node.id]}{opening}{label}{closing}:::{node.tier}"


def _edge(edge: DiagramEdge, names: Mapping[str, str]) -> str:
    label = f'|"{mermaid_text(edge.note)}"|' if edge.renamed else ""
    return f"{names[edge.parent]} {_LINES[edge.kind]}{label} {names[edge.child]}"


def _link(node: DiagramNode, names: Mapping[str, str]) -> str:
    href = quote((node.href or "").encode("utf-8", "replace"), safe="/:?#@!$&*+,;=%~-._[]")
    return f'click {names[node.id]} href "{href}"'


def mermaid_text(text: str) -> str:
    """Return `text` for use between quotes: all but letters, digits and a few marks as character codes.

    Examples
    --------
    >>> mermaid_text('a"] --> b')
    'a#34;#93; --#62; b'
    """
    return "".join(c if c.isalnum() or c in " _.,-←" else f"#{ord(c)};" for c in " ".join(text.split()))


def _styles() -> Iterator[str]:
    for tier in _TIERS:
        yield f"classDef {tier} fill:{fill(tier)},stroke:{outline(tier)},color:{ink(tier)}"
    yield f"classDef part fill:transparent,stroke:transparent,color:{ink('part')}"
