"""Diagrams as DOT text, for Graphviz and its relatives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from labwright.tables.diagram_model import DiagramEdge, DiagramModel, DiagramNode
from labwright.tables.layout import Direction
from labwright.tables.svg_style import fill, ink, outline

_SHAPES: Final = {"imported": "ellipse", "computed": "ellipse", "part": "plaintext"}
_LINES: Final = {"whole": "penwidth=3", "partial": "penwidth=1.2", "secondary": "style=dashed, penwidth=1.2"}


def to_dot(model: DiagramModel, *, direction: Direction = "TB", grouped: bool = False) -> str:
    """Return `model` as a DOT digraph.

    Examples
    --------
    >>> print(to_dot(DiagramModel.of([DiagramNode("lab.rig", "Rig", "lookup", "lab")], [])).splitlines()[0])
    digraph labwright {
    """
    names = {node.id: f"n{i}" for i, node in enumerate(model.nodes)}
    nodes = _grouped(model, names) if grouped else (_node(node, names) for node in model.nodes)
    edges = (_edge(edge, names) for edge in model.edges)
    start = [f"rankdir={direction};", 'node [fontname="Helvetica", fontsize=12];', "edge [dir=none];"]
    return "\n".join(["digraph labwright {", *(f"    {line}" for line in (*start, *nodes, *edges)), "}"]) + "\n"


def _grouped(model: DiagramModel, names: Mapping[str, str]) -> Iterator[str]:
    for i, schema in enumerate(dict.fromkeys(node.schema for node in model.nodes)):
        yield f"subgraph cluster_{i} {{"
        yield f"    label={dot_text(schema)};"
        yield from (f"    {_node(node, names)}" for node in model.nodes if node.schema == schema)
        yield "}"


def _node(node: DiagramNode, names: Mapping[str, str]) -> str:
    label = dot_text(node.label) if not node.status else dot_text(node.label)[:-1] + "\\n" + dot_text(node.status)[1:]
    parts = [f"label={label}", f"tooltip={dot_text(node.tooltip or node.id)}", f'fontcolor="{ink(node.tier)}"']
    parts += [f"shape={_SHAPES.get(node.tier, 'box')}"]
    if node.tier != "part":
        parts += ["style=filled", f'fillcolor="{fill(node.tier)}"', f'color="{outline(node.tier)}"']
    if node.href:
        parts.append(f"URL={dot_text(node.href)}")
    return f"{names[node.id]} [{', '.join(parts)}];"


def _edge(edge: DiagramEdge, names: Mapping[str, str]) -> str:
    note = f", label={dot_text(edge.note)}, fontsize=10" if edge.renamed else ""
    return f"{names[edge.parent]} -> {names[edge.child]} [{_LINES[edge.kind]}{note}];"


def dot_text(text: str) -> str:
    r"""Return `text` as a quoted DOT string that shows as it is.

    Examples
    --------
    >>> print(dot_text('say "no"'))
    "say \"no\""
    """
    plain = "".join(c if c.isprintable() else " " for c in text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;") + '"'
