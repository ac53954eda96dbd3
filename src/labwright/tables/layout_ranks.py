"""Ranks: the layer of every node, so that edges go down and are short altogether.

The network simplex of Gansner, Koutsofios, North & Vo, "A technique for drawing directed graphs" (1993): a tree of
edges that have no slack holds the ranks; an edge of the tree whose removal would let two halves come closer is
replaced by the edge that stops them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from labwright.core.graph import Graph

_MOST_STEPS: Final = 1_000_000
"""Pivots times the size of the graph: beyond, ranks are good enough, and somebody is waiting."""


def ranks(graph: Graph[str]) -> dict[str, int]:
    """Return the layer of each node, the least being 0 in each connected piece.

    Of a cycle, one edge goes up.

    Examples
    --------
    >>> ranks(Graph("abcx", [("a", "b"), ("b", "c"), ("x", "c")]))
    {'a': 0, 'b': 1, 'c': 2, 'x': 1}
    """
    position = {node: i for i, node in enumerate(graph.loose_order())}
    found: dict[str, int] = {}
    for piece in graph.components():
        nodes = sorted(piece, key=position.__getitem__)
        number = {node: i for i, node in enumerate(nodes)}
        edges = {(min(a, b), max(a, b)) for a, b in ((number[p], number[c]) for p, c in piece.edges) if a != b}
        found |= dict(zip(nodes, _Ranking(len(nodes), sorted(edges)).shortened(), strict=True))
    return {node: found[node] for node in graph}


class _Ranking:
    """Ranks of the numbers below `count`, joined by `edges` (a, b) with a < b into one piece."""

    def __init__(self, count: int, edges: list[tuple[int, int]]) -> None:
        self.count = count
        self.edges = edges
        self.at: list[list[int]] = [[] for _ in range(count)]
        for i, (a, b) in enumerate(edges):
            self.at[a].append(i)
            self.at[b].append(i)
        self.rank = [0] * count
        for a, b in edges:
            self.rank[b] = max(self.rank[b], self.rank[a] + 1)
        # What moving a node down by one layer does to the sum of lengths.
        self.pull = [sum(1 if edges[i][1] == v else -1 for i in self.at[v]) for v in range(count)]
        self.tree: set[int] = set()

    def shortened(self) -> list[int]:
        self._grow_tree()
        for _ in range(_MOST_STEPS // (self.count + len(self.edges))):
            if not self._pivot():
                break
        least = min(self.rank)
        return [rank - least for rank in self.rank]

    def _slack(self, edge: int) -> int:
        a, b = self.edges[edge]
        return self.rank[b] - self.rank[a] - 1

    def _shift(self, vertices: Iterable[int], by: int) -> None:
        for v in vertices:
            self.rank[v] += by

    def _grow_tree(self) -> None:
        """Span all nodes by edges without slack, moving what is spanned towards the rest where there is none."""
        inside = {0}
        border = list(self.at[0])
        while len(inside) < self.count:
            border = [i for i in border if not inside.issuperset(self.edges[i])]
            edge = min(border, key=lambda i: (self._slack(i), i))
            a, b = self.edges[edge]
            self._shift(inside, self._slack(edge) if a in inside else -self._slack(edge))
            new = b if a in inside else a
            inside.add(new)
            self.tree.add(edge)
            border += self.at[new]

    def _pivot(self) -> bool:
        """Exchange one edge of the tree; False when none would shorten the whole."""
        order, via = self._walk(0, self.tree)
        gain = list(self.pull)
        for v in reversed(order[1:]):
            edge = via[v]
            a, b = self.edges[edge]
            # The half below v: it moves away from the edge's other end, down when v is the lower one.
            if (gain[v] if v == b else -gain[v]) < 0:
                return self._exchange(edge, v)
            gain[a if v == b else b] += gain[v]
        return False

    def _exchange(self, leaving: int, start: int) -> bool:
        half = set(self._walk(start, self.tree - {leaving})[0])
        down = self.edges[leaving][1] == start
        entering = min(
            (i for i, (a, b) in enumerate(self.edges) if (a in half, b in half) == (down, not down)),
            key=lambda i: (self._slack(i), i),
        )
        slack = self._slack(entering)
        self._shift(half, slack if down else -slack)
        self.tree = self.tree - {leaving} | {entering}
        return True

    def _walk(self, root: int, tree: set[int]) -> tuple[list[int], dict[int, int]]:
        """Return the nodes that edges of `tree` join to `root`, parents first, and the edge each was reached by."""
        order, via = [root], {root: -1}
        for v in order:
            for i in self.at[v]:
                if i in tree:
                    for other in self.edges[i]:
                        if other not in via:
                            via[other] = i
                            order.append(other)
        return order, via
