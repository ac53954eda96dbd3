"""A layered layout: where the boxes of a diagram stand, and how the lines between them run.

The steps are those of Sugiyama et al. (1981), each in a module of its own: `layout_blocks` joins small boxes to
their master, `layout_ranks` gives each block a layer, `layout_order` finds an order within the layers that has few
crossings, `layout_place` the coordinates. "Across" is along a layer, "down" from layer to layer; only the end of
this module knows which of them is x.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, pairwise
from typing import Final, Literal

from labwright.core.graph import Graph
from labwright.tables.layout_blocks import Block, Box, blocks_of
from labwright.tables.layout_order import order_layers
from labwright.tables.layout_place import place
from labwright.tables.layout_ranks import ranks

Direction = Literal["TB", "LR"]
Point = tuple[float, float]
Wire = tuple[int, str, str]
"""The position of a link, its parent and its child."""

_BESIDE: Final = 26.0
"""Free space between neighbours in a layer."""
_BESIDE_LINE: Final = 14.0
"""Free space on each side of a line that passes through a layer."""
_LAYER_GAP: Final = (44.0, 100.0)
_PIECE_GAP: Final = 34.0
_GROUP_PAD: Final = 22.0
_PARALLEL: Final = 18.0
"""Between parallel lines; all of them together stay within `_PORT`, so that they meet their boxes."""
_PORT: Final = {"TB": 40.0, "LR": 18.0}
_ASPECT: Final = 1.7


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle: upper left corner and size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height

    def moved(self, dx: float, dy: float) -> Rect:
        """Return the rectangle at another place."""
        return Rect(self.x + dx, self.y + dy, self.width, self.height)


@dataclass(frozen=True, slots=True)
class Route:
    """A line from parent to child through `points`. `side` is how far it runs beside the middle of parallel ones.

    `attached` says that the child hangs at its master: three points, an elbow.
    """

    points: tuple[Point, ...]
    side: float = 0.0
    attached: bool = False

    def moved(self, dx: float, dy: float) -> Route:
        """Return the line at another place."""
        return Route(tuple((x + dx, y + dy) for x, y in self.points), self.side, self.attached)


@dataclass(frozen=True, slots=True)
class Layout:
    """Rectangles by id, lines by the position of their link, rectangles around groups, and the whole size."""

    rects: Mapping[str, Rect]
    routes: Mapping[int, Route]
    groups: Mapping[str, Rect]
    width: float
    height: float


def lay_out(
    boxes: Iterable[Box],
    links: Iterable[tuple[str, str]],
    *,
    direction: Direction = "TB",
    grouped: bool = False,
    room: Mapping[int, float] | None = None,
) -> Layout:
    """Place `boxes` so that every link goes down (or to the right), and route the links.

    Parameters
    ----------
    boxes : iterable of Box
        Their ids are unique.
    links : iterable of (parent, child)
        May repeat. Links from a box to itself get no line. Where links form a cycle, one of them goes up.
    direction : {"TB", "LR"}
        Top to bottom, or left to right.
    grouped : bool
        Keep the boxes of each group together, beside those of the other groups.
    room : mapping, optional
        How far apart the layers are at least where the link of this position ends.

    Examples
    --------
    >>> placed = lay_out([Box("a", 60, 30), Box("b", 60, 30)], [("a", "b")])
    >>> placed.rects["a"].bottom < placed.rects["b"].y
    True
    """
    wires = [(i, parent, child) for i, (parent, child) in enumerate(links) if parent != child]
    blocks = blocks_of(boxes, ((parent, child) for _, parent, child in wires), direction)
    home = {box.id: block.id for block in blocks for box in (block.box, *block.attached)}
    graph = Graph((b.id for b in blocks), ((home[p], home[c]) for _, p, c in wires if home[p] != home[c]))
    plan = _Plan(home, _sides(wires, direction), room or {}, direction, grouped)
    pieces = (graph,) if grouped else graph.components()
    return _pack([piece.layout() for piece in _pieces(pieces, blocks, wires, plan)])


@dataclass(frozen=True, slots=True)
class _Plan:
    """What all pieces have in common: the block of each box, how far each line runs to the side, and the wishes."""

    home: Mapping[str, str]
    sides: Mapping[int, float]
    room: Mapping[int, float]
    direction: Direction
    grouped: bool


def _pieces(
    graphs: Sequence[Graph[str]], blocks: Iterable[Block], wires: Iterable[Wire], plan: _Plan
) -> tuple[_Piece, ...]:
    """Deal blocks and wires out to the pieces they belong to."""
    pieces = tuple(_Piece(graph, plan) for graph in graphs)
    piece_of = {node: piece for piece in pieces for node in piece.graph}
    for block in blocks:
        piece_of[block.id].blocks.append(block)
    for wire in wires:
        piece_of[plan.home[wire[1]]].wires.append(wire)
    return pieces


def _sides(wires: Iterable[Wire], direction: Direction) -> dict[int, float]:
    """Return how far to the side each line runs, so that parallel ones are seen apart."""
    same: dict[frozenset[str], list[int]] = {}
    for number, parent, child in wires:
        same.setdefault(frozenset((parent, child)), []).append(number)
    sides: dict[int, float] = {}
    for numbers in same.values():
        gaps = len(numbers) - 1
        step = min(_PARALLEL, _PORT[direction] / max(gaps, 1))
        sides |= {number: (i - gaps / 2) * step for i, number in enumerate(numbers)}
    return sides


@dataclass
class _Piece:
    """One connected graph (or one grouped one) on its way to a layout.

    Vertices are numbers: blocks first, then the points where long lines pass through a layer.
    """

    graph: Graph[str]
    plan: _Plan
    blocks: list[Block] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    rank: list[int] = field(default_factory=list)
    group: list[int] = field(default_factory=list)
    segments: list[tuple[int, int, float]] = field(default_factory=list)
    chains: dict[int, list[int]] = field(default_factory=dict)

    def layout(self) -> Layout:
        self._rank_blocks()
        self._split_long_wires()
        layers = order_layers(self._layers(), self.segments, self.group)
        across = self._across(layers)
        tops, bottoms = self._layer_bounds(across)
        rects = dict(chain.from_iterable(self._rects(i, across[i], tops) for i in range(len(self.blocks))))
        routes = {wire[0]: self._route(wire, rects, across, tops, bottoms) for wire in self.wires}
        return self._finished(rects, routes)

    def _rank_blocks(self) -> None:
        rank = ranks(self.graph)
        self.rank = [rank[block.id] for block in self.blocks]
        self.group = [0] * len(self.blocks)
        if self.plan.grouped:
            group_of = {block.id: block.box.group for block in self.blocks}
            between = ((group_of[p], group_of[c]) for p, c in self.graph.edges if group_of[p] != group_of[c])
            names = Graph(group_of.values(), between).loose_order()
            self.group = [names.index(block.box.group) for block in self.blocks]

    def _split_long_wires(self) -> None:
        number = {block.id: i for i, block in enumerate(self.blocks)}
        for wire, parent, child in self.wires:
            ends = number[self.plan.home[parent]], number[self.plan.home[child]]
            if ends[0] == ends[1]:
                continue
            upper, lower = sorted(ends, key=lambda v: self.rank[v])
            path = [upper, *(self._passage(r, lower) for r in range(self.rank[upper] + 1, self.rank[lower])), lower]
            weight = 3.0 if self.blocks[lower].box.master == self.blocks[upper].id else 1.0
            self.segments += [(a, b, weight) for a, b in pairwise(path)]
            self.chains[wire] = path if ends == (upper, lower) else path[::-1]

    def _passage(self, rank: int, towards: int) -> int:
        self.rank.append(rank)
        self.group.append(self.group[towards])
        return len(self.rank) - 1

    def _layers(self) -> list[list[int]]:
        layers: list[list[int]] = [[] for _ in range(1 + max(self.rank, default=-1))]
        for vertex, rank in enumerate(self.rank):
            layers[rank].append(vertex)
        return layers

    def _extent(self, vertex: int) -> tuple[float, float]:
        if vertex >= len(self.blocks):
            return _BESIDE_LINE / 2, _BESIDE_LINE / 2
        block = self.blocks[vertex]
        return block.before + _BESIDE / 2, block.after + _BESIDE / 2

    def _across(self, layers: Sequence[Sequence[int]]) -> list[float]:
        """Place each group by itself, one beside the other."""
        extents = [self._extent(v) for v in range(len(self.rank))]
        across = [0.0] * len(self.rank)
        edge = 0.0
        for group in sorted(set(self.group)):
            own = [[v for v in layer if self.group[v] == group] for layer in layers]
            within = [(a, b) for a, b, _ in self.segments if self.group[a] == self.group[b] == group]
            found = place(own, within, extents, len(self.blocks))
            shift = edge - min(x - extents[v][0] for v, x in found.items())
            for vertex, x in found.items():
                across[vertex] = x + shift
            edge = max(across[v] + extents[v][1] for v in found) + 2 * _GROUP_PAD
        return across

    def _layer_bounds(self, across: Sequence[float]) -> tuple[list[float], list[float]]:
        """Return where each layer begins and ends; lines that go far to the side get more room to bend."""
        depth = [0.0] * (1 + max(self.rank, default=-1))
        for block, rank in zip(self.blocks, self.rank, strict=False):
            depth[rank] = max(depth[rank], block.depth)
        least, most = _LAYER_GAP
        gaps = [least] * len(depth)
        for a, b, _ in self.segments:
            gaps[self.rank[a]] = max(gaps[self.rank[a]], min(most, 0.14 * abs(across[a] - across[b]) + 16))
        for wire, path in self.chains.items():
            upper = min(self.rank[path[-1]], self.rank[path[-2]])
            gaps[upper] = max(gaps[upper], self.plan.room.get(wire, 0.0))
        tops = list(accumulate((d + g for d, g in zip(depth, gaps, strict=True)), initial=0.0))[: len(depth)]
        return tops, [top + d for top, d in zip(tops, depth, strict=True)]

    def _rects(self, vertex: int, across: float, tops: Sequence[float]) -> Iterable[tuple[str, Rect]]:
        block = self.blocks[vertex]
        for box, dx, dy in block.placed(self.plan.direction):
            top = tops[self.rank[vertex]]
            x, y = (across, top) if self.plan.direction == "TB" else (top, across)
            yield box.id, Rect(x + dx, y + dy, box.width, box.height)

    def _route(
        self,
        wire: Wire,
        rects: Mapping[str, Rect],
        across: Sequence[float],
        tops: Sequence[float],
        bottoms: Sequence[float],
    ) -> Route:
        number, parent, child = wire
        if number not in self.chains:
            return _elbow(rects[parent], rects[child], self.plan.direction)
        side = self.plan.sides[number]
        path = self.chains[number]
        goes_down = self.rank[path[0]] < self.rank[path[-1]]
        points: list[Point] = []
        for vertex in path:
            rank, x = self.rank[vertex], across[vertex] + side
            ends = [(x, tops[rank]), (x, bottoms[rank])]
            points += ends if goes_down else ends[::-1]
        start, end = (_span(rects[name], self.plan.direction) for name in (parent, child))
        points[0] = (points[0][0], start[1] if goes_down else start[0])
        points[-1] = (points[-1][0], end[0] if goes_down else end[1])
        upright = [p if self.plan.direction == "TB" else (p[1], p[0]) for p in dict.fromkeys(points)]
        return Route(tuple(upright), side)

    def _finished(self, rects: Mapping[str, Rect], routes: Mapping[int, Route]) -> Layout:
        groups: dict[str, Rect] = {}
        if self.plan.grouped:
            for name in dict.fromkeys(block.box.group for block in self.blocks):
                boxes = (b for block in self.blocks if block.box.group == name for b in (block.box, *block.attached))
                groups[name] = _around((rects[box.id] for box in boxes), _GROUP_PAD)
        points = [p for route in routes.values() for p in route.points]
        whole = _around([*rects.values(), *groups.values(), *(Rect(x, y, 0, 0) for x, y in points)], 0.0)
        dx, dy = -whole.x, -whole.y
        return Layout(
            {name: rect.moved(dx, dy) for name, rect in rects.items()},
            {name: route.moved(dx, dy) for name, route in routes.items()},
            {name: rect.moved(dx, dy) for name, rect in groups.items()},
            whole.width,
            whole.height,
        )


def _span(rect: Rect, direction: Direction) -> tuple[float, float]:
    return (rect.y, rect.bottom) if direction == "TB" else (rect.x, rect.right)


def _elbow(master: Rect, part: Rect, direction: Direction) -> Route:
    x = Block.trunk(master.width, direction) + master.x
    y = part.y + part.height / 2
    return Route(((x, master.bottom), (x, y), (part.x, y)), attached=True)


def _around(rects: Iterable[Rect], pad: float) -> Rect:
    corners = [(r.x, r.y, r.right, r.bottom) for r in rects] or [(0.0, 0.0, 0.0, 0.0)]
    left, top = min(c[0] for c in corners) - pad, min(c[1] for c in corners) - pad
    return Rect(left, top, max(c[2] for c in corners) + pad - left, max(c[3] for c in corners) + pad - top)


def _pack(pieces: Sequence[Layout]) -> Layout:
    """Set the pieces on shelves, the tall ones first."""
    area = sum((p.width + _PIECE_GAP) * (p.height + _PIECE_GAP) for p in pieces)
    shelf = max([(area * _ASPECT) ** 0.5, *(p.width for p in pieces)])
    rects: dict[str, Rect] = {}
    routes: dict[int, Route] = {}
    groups: dict[str, Rect] = {}
    x = y = tallest = width = 0.0
    for piece in sorted(pieces, key=lambda p: -round(p.height)):
        if x and x + piece.width > shelf + 1e-6:
            x, y, tallest = 0.0, y + tallest + _PIECE_GAP, 0.0
        rects |= {name: rect.moved(x, y) for name, rect in piece.rects.items()}
        routes |= {name: route.moved(x, y) for name, route in piece.routes.items()}
        groups |= {name: rect.moved(x, y) for name, rect in piece.groups.items()}
        width, tallest = max(width, x + piece.width), max(tallest, piece.height)
        x += piece.width + _PIECE_GAP
    return Layout(rects, routes, groups, width, y + tallest)
