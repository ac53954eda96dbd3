"""The order of vertices within layers: few crossings, found by barycentre sweeps and swaps of neighbours."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

_SWEEPS: Final = 24
_PATIENCE: Final = 5
Layers = list[list[int]]


def order_layers(layers: Layers, segments: Sequence[tuple[int, int, float]], group: Sequence[int]) -> Layers:
    """Return `layers`, each in an order that keeps groups together and has few crossings.

    Parameters
    ----------
    layers : list of list of int
        The vertices of each layer.
    segments : sequence of (upper, lower, weight)
        Lines between neighbouring layers.
    group : sequence of int
        The group of each vertex; within a layer, groups stand in order of their number.

    Examples
    --------
    >>> order_layers([[0, 1], [2, 3]], [(0, 3, 1.0), (1, 2, 1.0)], [0, 0, 0, 0])
    [[0, 1], [3, 2]]
    """
    if not layers:
        return []
    net = _Net(segments, group)
    starts = (net.walked(layers, backwards) for backwards in (False, True))
    best = min((net.swept(start) for start in starts), key=net.crossings)
    return net.swapped(best)


class _Net:
    """The lines between layers, by vertex."""

    def __init__(self, segments: Sequence[tuple[int, int, float]], group: Sequence[int]) -> None:
        self.group = group
        self.up: list[list[tuple[int, float]]] = [[] for _ in group]
        self.down: list[list[tuple[int, float]]] = [[] for _ in group]
        for upper, lower, weight in segments:
            self.down[upper].append((lower, weight))
            self.up[lower].append((upper, weight))

    def walked(self, layers: Layers, backwards: bool) -> Layers:
        """Return the layers in the order of a walk in depth, which keeps trees together."""
        step = -1 if backwards else 1
        seen: dict[int, None] = {}
        for root in (v for layer in layers for v in layer[::step]):
            stack = [root]
            while stack:
                vertex = stack.pop()
                if vertex not in seen:
                    seen[vertex] = None
                    stack += [v for v, _ in (self.down[vertex][::-1] + self.up[vertex][::-1])[::step]]
        place = {vertex: i for i, vertex in enumerate(seen)}
        return [sorted(layer, key=lambda v: (self.group[v], place[v])) for layer in layers]

    def swept(self, layers: Layers) -> Layers:
        """Sort by the mean place of the neighbours, down and up in turn, and return the best state seen."""
        best, fewest, waited = layers, self.crossings(layers), 0
        for sweep in range(_SWEEPS):
            layers = self._down_once(layers) if sweep % 2 == 0 else self._down_once(layers[::-1], up=False)[::-1]
            count = self.crossings(layers)
            waited = 0 if count < fewest else waited + 1
            if count < fewest:
                best, fewest = layers, count
            if not fewest or waited >= _PATIENCE:
                break
        return best

    def _down_once(self, layers: Layers, up: bool = True) -> Layers:
        links = self.up if up else self.down
        done = [layers[0]]
        for layer in layers[1:]:
            place = {v: i for i, v in enumerate(done[-1])}
            done.append(self._sorted(layer, place, links))
        return done

    def _sorted(self, layer: list[int], place: dict[int, int], links: list[list[tuple[int, float]]]) -> list[int]:
        """Sort the vertices that have neighbours; the others keep their places."""
        mean = {v: _mean(((place[n], w) for n, w in links[v])) for v in layer if links[v]}
        free = iter(sorted(mean, key=lambda v: (self.group[v], mean[v])))
        mixed = [next(free) if v in mean else v for v in layer]
        return sorted(mixed, key=self.group.__getitem__)

    def crossings(self, layers: Layers) -> int:
        """Count the pairs of lines that cross."""
        return sum(self._crossings(a, b) for a, b in pairwise(layers))

    def _crossings(self, upper: list[int], lower: list[int]) -> int:
        place = {v: i for i, v in enumerate(lower)}
        return _inversions([i for v in upper for i in sorted(place[n] for n, _ in self.down[v])])

    def swapped(self, layers: Layers) -> Layers:
        """Swap neighbours for as long as that removes crossings."""
        place = {v: i for layer in layers for i, v in enumerate(layer)}
        for _ in range(_SWEEPS):
            gained = [self._swap_in(layer, place) for layer in layers]
            if not any(gained):
                break
        return layers

    def _swap_in(self, layer: list[int], place: dict[int, int]) -> bool:
        swapped = False
        for i in range(len(layer) - 1):
            left, right = layer[i], layer[i + 1]
            if self.group[left] == self.group[right] and self._gain(left, right, place) > 0:
                layer[i], layer[i + 1] = right, left
                place[left], place[right] = i + 1, i
                swapped = True
        return swapped

    def _gain(self, left: int, right: int, place: dict[int, int]) -> int:
        gain = 0
        for links in (self.up, self.down):
            a, b = sorted(place[v] for v, _ in links[left]), sorted(place[v] for v, _ in links[right])
            gain += _pairs_greater(a, b) - _pairs_greater(b, a)
        return gain


def _pairs_greater(a: list[int], b: list[int]) -> int:
    """Count the pairs with an element of sorted `a` greater than one of sorted `b`."""
    return sum(bisect_left(b, x) for x in a)


def _mean(places: Iterable[tuple[int, float]]) -> float:
    pairs = list(places)
    return sum(p * w for p, w in pairs) / sum(w for _, w in pairs)


def _inversions(values: list[int]) -> int:
    """Count the pairs that stand in the wrong order (Fenwick tree)."""
    tree = [0] * (max(values, default=0) + 2)
    count = 0
    for seen, value in enumerate(values):
        count += seen - _sum_to(tree, value + 1)
        at = value + 1
        while at < len(tree):
            tree[at] += 1
            at += at & -at
    return count


def _sum_to(tree: list[int], at: int) -> int:
    total = 0
    while at:
        total += tree[at]
        at -= at & -at
    return total
