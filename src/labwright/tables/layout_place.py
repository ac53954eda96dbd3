"""Coordinates along the layers, after Brandes & Koepf, "Fast and simple horizontal coordinate assignment" (2001).

Vertices are aligned with a median neighbour in four ways (from above or below, from the left or right), each is
packed as tightly as the extents allow, and the mean of the two middle results is taken. Long lines come out
straight. Packing is by longest paths over blocks, which keeps neighbours apart in every case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from labwright.core.graph import Graph

Extents = Sequence[tuple[float, float]]
Rows = Sequence[Sequence[int]]


def place(layers: Rows, segments: Iterable[tuple[int, int]], extents: Extents, first_passage: int) -> dict[int, float]:
    """Return the coordinate of each vertex.

    Parameters
    ----------
    layers : sequence of sequence of int
        Ordered vertices.
    segments : iterable of (upper, lower)
        Lines between neighbouring layers.
    extents : sequence of (before, after)
        How far each vertex reaches to both sides of its coordinate.
    first_passage : int
        Vertices from this number on are points of long lines.

    Examples
    --------
    >>> place([[0], [1, 2]], [(0, 1), (0, 2)], [(5, 5)] * 3, 3)
    {0: 5.0, 1: 0.0, 2: 10.0}
    """
    lines = list(dict.fromkeys(segments))
    barred = _barred(layers, lines, first_passage)
    rows = [list(layer) for layer in layers if layer]
    mirrored = [row[::-1] for row in rows]
    down, up = _neighbours(lines, upper=True), _neighbours(lines, upper=False)
    turned = [(after, before) for before, after in extents]
    results = []
    for links, flip in ((down, 1), (up, -1)):
        results.append(_packed(rows, _aligned(rows[::flip], links, barred), extents))
        right = _packed(mirrored, _aligned(mirrored[::flip], links, barred), turned)
        results.append({v: -x for v, x in right.items()})
    return _balanced(results)


def _neighbours(lines: Iterable[tuple[int, int]], upper: bool) -> dict[int, list[int]]:
    """Return the vertices above (or below) each vertex."""
    links: dict[int, list[int]] = {}
    for a, b in lines:
        links.setdefault(b if upper else a, []).append(a if upper else b)
    return links


def _barred(layers: Rows, lines: Iterable[tuple[int, int]], first_passage: int) -> set[frozenset[int]]:
    """Return the lines that cross the inner part of a long line: that one shall be straight."""
    place_of = {v: i for layer in layers for i, v in enumerate(layer)}
    row_of = {v: i for i, layer in enumerate(layers) for v in layer}
    by_row: dict[int, list[tuple[int, int]]] = {}
    for a, b in lines:
        by_row.setdefault(row_of[a], []).append((a, b))
    barred: set[frozenset[int]] = set()
    for row in by_row.values():
        inner = [(place_of[a], place_of[b]) for a, b in row if min(a, b) >= first_passage]
        for a, b in row:
            if min(a, b) < first_passage and any((place_of[a] - x) * (place_of[b] - y) < 0 for x, y in inner):
                barred.add(frozenset((a, b)))
    return barred


def _aligned(rows: Rows, links: Mapping[int, list[int]], barred: set[frozenset[int]]) -> dict[int, int]:
    """Return the root of the column each vertex stands in: aligned with a median neighbour of the row before."""
    root = {v: v for row in rows for v in row}
    for before, row in pairwise(rows):
        place_of = {v: i for i, v in enumerate(before)}
        taken = -1
        for vertex in row:
            near = sorted((n for n in links.get(vertex, ()) if n in place_of), key=place_of.__getitem__)
            for n in _medians(near):
                if root[vertex] == vertex and place_of[n] > taken and frozenset((n, vertex)) not in barred:
                    root[vertex] = root[n]
                    taken = place_of[n]
    return root


def _medians(values: list[int]) -> list[int]:
    middle = len(values) // 2
    return values[middle : middle + 1] if len(values) % 2 else values[middle - 1 : middle + 1] if values else []


def _packed(rows: Rows, root: Mapping[int, int], extents: Extents) -> dict[int, float]:
    """Return coordinates: as far left as the columns allow, then columns pulled right to their neighbours."""
    gap: dict[tuple[int, int], float] = {}
    for row in rows:
        for a, b in pairwise(row):
            pair = root[a], root[b]
            gap[pair] = max(gap.get(pair, 0.0), extents[a][1] + extents[b][0])
    columns = Graph(dict.fromkeys(root.values()), gap)
    order = columns.order()
    x: dict[int, float] = {}
    for column in order:
        x[column] = max((x[left] + gap[left, column] for left in columns.parents(column)), default=0.0)
    for column in reversed(order):
        if columns.children(column):
            x[column] = max(x[column], min(x[right] - gap[column, right] for right in columns.children(column)))
    return {v: x[root[v]] for row in rows for v in row}


def _balanced(results: Sequence[dict[int, float]]) -> dict[int, float]:
    """Shift all results to the narrowest one, those packed to the right by their right side; mean of the middle two."""
    narrow = min(results, key=lambda r: max(r.values()) - min(r.values()))
    shifted = []
    for i, result in enumerate(results):
        side = min if i % 2 == 0 else max
        shift = side(narrow.values()) - side(result.values())
        shifted.append({v: x + shift for v, x in result.items()})
    middle = {v: sorted(s[v] for s in shifted)[1:3] for v in narrow}
    return {v: (low + high) / 2 for v, (low, high) in middle.items()}
