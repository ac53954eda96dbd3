"""Diagrams as SVG: one self-contained picture, readable in light and dark, with links and descriptions."""

from __future__ import annotations

import html
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from labwright.tables.diagram_model import DiagramEdge, DiagramModel, DiagramNode
from labwright.tables.layout import Direction, Layout, Point, Rect, Route, lay_out
from labwright.tables.layout_blocks import Box
from labwright.tables.svg_style import Theme, stylesheet
from labwright.tables.text_width import text_width

_MARGIN: Final = 16.0
_SIZE: Final = 13.0
_SMALL: Final = 11.5
_TINY: Final = 10.5
_BEND: Final = 5.0
_PADDING: Final = {"part": 5.0, "imported": 17.0, "computed": 17.0}
_CORNERS: Final = {"imported": 15.0, "computed": 15.0, "schema": 9.0, "part": 3.0}
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Svg(str):
    """The text of an SVG picture; notebooks show the picture.

    Examples
    --------
    >>> Svg("<svg/>").data
    '<svg/>'
    """

    __slots__ = ()

    @property
    def data(self) -> str:
        """The text."""
        return str(self)

    def _repr_svg_(self) -> str:
        return str(self)


def to_svg(
    model: DiagramModel,
    *,
    direction: Direction = "TB",
    grouped: bool | None = None,
    theme: Theme = "auto",
    styled: bool = True,
    title: str | None = None,
) -> Svg:
    """Draw `model`.

    Parameters
    ----------
    model : DiagramModel
        What to draw.
    direction : {"TB", "LR"}
        Top to bottom, or left to right.
    grouped : bool, optional
        Draw a panel round the tables of each schema. By default, when there are several schemas.
    theme : {"auto", "light", "dark"}
        ``auto`` follows the reader's preference.
    styled : bool
        False leaves the style sheet out, for a page that has it already.
    title : str, optional
        The name of the picture for those who cannot see it.

    Examples
    --------
    >>> picture = to_svg(DiagramModel.of([DiagramNode("lab.rig", "Rig", "lookup", "lab")], []))
    >>> picture.startswith("<svg "), "Rig" in picture
    (True, True)
    """
    if grouped is None:
        grouped = len({node.schema for node in model.nodes if node.tier != "schema"}) > 1
    boxes = [_box(node, model.by_id) for node in model.nodes]
    links = [(edge.parent, edge.child) for edge in model.edges]
    room = {i: _room(edge, direction) for i, edge in enumerate(model.edges) if edge.renamed}
    layout = lay_out(boxes, links, direction=direction, grouped=grouped, room=room)
    return _Picture(model, layout, direction).svg(title or _title(model), stylesheet(theme) if styled else "")


def xml_text(text: str) -> str:
    """Return `text` for use in XML text and attributes: nothing in it is markup, and no character is forbidden.

    Examples
    --------
    >>> xml_text('<a b="1">')
    '&lt;a b=&quot;1&quot;&gt;'
    """
    return html.escape(_NOT_XML.sub("\ufffd", text))


def _box(node: DiagramNode, known: Mapping[str, DiagramNode]) -> Box:
    part = node.tier == "part"
    wide = max(text_width(_one_line(node.label), _SMALL if part else _SIZE), text_width(node.status, _TINY))
    if node.tier == "schema":
        wide *= 1.1
    width = max(wide + 2 * _PADDING.get(node.tier, 13.0), 24.0 if part else 58.0)
    height = (18.0 if part else 30.0) + (14.0 if node.status else 0.0)
    master = node.master if part else None
    return Box(node.id, round(width, 1), height, master, known.get(master or "", node).schema)


def _new_names(edge: DiagramEdge) -> str:
    return _one_line(", ".join(new for new, _ in edge.renamed))


def _room(edge: DiagramEdge, direction: Direction) -> float:
    return 52.0 if direction == "TB" else text_width(_new_names(edge), _TINY) + 20.0


def _title(model: DiagramModel) -> str:
    schemas = sorted({node.schema for node in model.nodes})
    return f"Diagram of {', '.join(schemas)}" if schemas else "Empty diagram"


def _description(model: DiagramModel) -> str:
    parents: dict[str, dict[str, None]] = {}
    for edge in model.edges:
        parents.setdefault(edge.child, {})[_one_line(model[edge.parent].label)] = None
    lines = [f"{_one_line(model[child].label)} depends on {', '.join(names)}." for child, names in parents.items()]
    return " ".join([f"{len(model.nodes)} nodes, {len(model.edges)} references.", *lines])


def _one_line(text: str) -> str:
    return " ".join(text.split())


@dataclass(frozen=True, slots=True)
class _Picture:
    model: DiagramModel
    layout: Layout
    direction: Direction

    def svg(self, title: str, style: str) -> Svg:
        width, height = self.layout.width + 2 * _MARGIN, self.layout.height + 2 * _MARGIN
        name = f"lw{zlib.crc32(repr(self.model).encode('utf-8', 'replace')):08x}"
        lines = (
            self._opening(name, f"{_n(width)}", f"{_n(height)}"),
            f'<title id="{name}-title">{xml_text(title)}</title>',
            f'<desc id="{name}-desc">{xml_text(_description(self.model))}</desc>',
            *([f"<style>{style}</style>"] if style else []),
            _rect(Rect(-_MARGIN, -_MARGIN, width, height), 8, "lw-back"),
            *(_panel(schema, rect) for schema, rect in self.layout.groups.items()),
            *self._edges(),
            *self._nodes(name),
            *self._notes(),
            "</svg>",
        )
        return Svg("\n".join(lines))

    def _opening(self, name: str, width: str, height: str) -> str:
        # What is in an image is hidden from those who listen; links must not be.
        role = "group" if any(node.href for node in self.model.nodes) else "img"
        corner = _n(-_MARGIN)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="lw-diagram" role="{role}" '
            f'aria-labelledby="{name}-title" aria-describedby="{name}-desc" width="{width}" height="{height}" '
            f'viewBox="{corner} {corner} {width} {height}">'
        )

    def _edges(self) -> Iterator[str]:
        yield from self._trunks()
        for i, route in self.layout.routes.items():
            edge = self.model.edges[i]
            kinds = f"lw-edge lw-{edge.kind}" + (" lw-nullable" if edge.nullable else "")
            path = _elbow(route.points) if route.attached else _curve(route.points, self.direction)
            yield f'<path class="{kinds}" d="{path}"><title>{xml_text(self._says(edge))}</title></path>'

    def _trunks(self) -> Iterator[str]:
        """Draw one line from each master past the parts that hang at it."""
        ends: dict[Point, float] = {}
        for start, corner, _ in (route.points for route in self.layout.routes.values() if route.attached):
            ends[start] = max(ends.get(start, 0.0), corner[1] - _BEND)
        for (x, top), bottom in ends.items():
            yield f'<path class="lw-edge" d="M{_n(x)} {_n(top)}V{_n(bottom)}"/>'

    def _says(self, edge: DiagramEdge) -> str:
        parent, child = self.model[edge.parent].label, self.model[edge.child].label
        means = {"whole": "one to one", "partial": "in its key", "secondary": "not in its key"}[edge.kind]
        through = edge.note or ", ".join(edge.attributes)
        details = [means, *(["may be empty"] if edge.nullable else []), *([through] if through else [])]
        return f"{child} → {parent} ({'; '.join(details)})"

    def _nodes(self, name: str) -> Iterator[str]:
        hanging = {self.model.edges[i].child for i, route in self.layout.routes.items() if route.attached}
        for i, node in enumerate(self.model.nodes):
            drawn = _node(node, self.layout.rects[node.id], f"{name}-{i}", node.id in hanging)
            yield f'<a href="{xml_text(node.href)}">{drawn}</a>' if node.href else drawn

    def _notes(self) -> Iterator[str]:
        """Mark the lines that rename attributes: a dot, and the new names beside it."""
        for i, route in self.layout.routes.items():
            if (edge := self.model.edges[i]).renamed and not route.attached:
                x, y = _before_end(route)
                dx, dy, anchor = self._beside(route.side < 0)
                yield f'<circle class="lw-mark" cx="{_n(x)}" cy="{_n(y)}" r="3.5"/>'
                yield _text(_new_names(edge), x + dx, y + dy, f"lw-note lw-{anchor}")

    def _beside(self, first: bool) -> tuple[float, float, str]:
        """Return where a note stands, from its dot: of parallel lines, the first has it on the other side."""
        if self.direction == "TB":
            return (-7, 3.5, "end") if first else (7, 3.5, "start")
        return (0, -7, "middle") if first else (0, 14, "middle")


def _node(node: DiagramNode, rect: Rect, name: str, hangs: bool) -> str:
    label = _one_line(node.label)
    # Below its master, the part's own name says enough.
    label = (label.rpartition(".")[2] or label) if hangs else label
    x = rect.x + 4 if hangs else rect.x + rect.width / 2
    y = rect.y + (13 if node.tier == "part" else 19.5)
    anchor = " lw-start" if hangs else ""
    return (
        f'<g id="{name}" class="lw-node lw-{node.tier}"><title>{xml_text(node.tooltip or node.id)}</title>'
        + _rect(rect, _CORNERS.get(node.tier, 4))
        + _text(label, x, y, ("lw-name lw-key" if node.has_own_key else "lw-name") + anchor)
        + (_text(node.status, x, y + 14.5, "lw-status" + anchor) if node.status else "")
        + "</g>"
    )


def _panel(schema: str, rect: Rect) -> str:
    name = _text(schema, rect.x + 11, rect.y + 15.5, "lw-start")
    return f'<g class="lw-group">{_rect(rect, 10)}{name}</g>'


def _rect(rect: Rect, corner: float, classes: str = "") -> str:
    named = f' class="{classes}"' if classes else ""
    place = f'x="{_n(rect.x)}" y="{_n(rect.y)}" width="{_n(rect.width)}" height="{_n(rect.height)}"'
    return f'<rect{named} {place} rx="{_n(corner)}"/>'


def _text(text: str, x: float, y: float, classes: str) -> str:
    return f'<text class="{classes}" x="{_n(x)}" y="{_n(y)}">{xml_text(_one_line(text))}</text>'


def _elbow(points: tuple[Point, ...]) -> str:
    _, (x, y), (end, _) = points
    return f"M{_n(x)} {_n(y - _BEND)}Q{_n(x)} {_n(y)} {_n(x + _BEND)} {_n(y)}H{_n(end)}"


def _curve(points: tuple[Point, ...], direction: Direction) -> str:
    """Return a smooth path: it runs straight down where it passes a layer and bends between layers only."""
    path = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for (x0, y0), (x1, y1) in pairwise(points):
        if abs(x0 - x1) < 0.05 or abs(y0 - y1) < 0.05:
            path.append(f"L{_n(x1)} {_n(y1)}")
        elif direction == "TB":
            middle = _n((y0 + y1) / 2)
            path.append(f"C{_n(x0)} {middle} {_n(x1)} {middle} {_n(x1)} {_n(y1)}")
        else:
            middle = _n((x0 + x1) / 2)
            path.append(f"C{middle} {_n(y0)} {middle} {_n(y1)} {_n(x1)} {_n(y1)}")
    return "".join(path)


def _before_end(route: Route) -> Point:
    """Return the middle of the last stretch between two layers."""
    stretches = list(pairwise(route.points))
    (x0, y0), (x1, y1) = max(stretches[-2:], key=lambda s: abs(s[0][0] - s[1][0]) + abs(s[0][1] - s[1][1]))
    return (x0 + x1) / 2, (y0 + y1) / 2


def _n(value: float) -> str:
    """Return a coordinate with one digit at most."""
    return f"{round(value, 1) + 0.0:g}" if abs(value) < 100_000 else f"{value:.0f}"
