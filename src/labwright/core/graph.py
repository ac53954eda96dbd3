"""A small directed graph that does not change: order, ancestors, descendants, layers, cycles.

Edges point from parent to child. Every answer depends on nodes and edges alone, in the order in which
they were given, so the same input gives the same output in every process.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from labwright.core.errors import DefinitionError, LabwrightError, did_you_mean

N = TypeVar("N", bound=Hashable)


@dataclass(frozen=True)
class Graph(Generic[N]):
    """Nodes in order, and edges from parent to child.

    Parameters
    ----------
    nodes : iterable
        The nodes. The ends of edges that are not among them are added behind.
    edges : iterable of (parent, child)
        Repeated edges count once.

    Examples
    --------
    >>> graph = Graph(["Scan", "Session", "Subject"], [("Subject", "Session"), ("Session", "Scan")])
    >>> graph.order()
    ('Subject', 'Session', 'Scan')
    >>> sorted(graph.ancestors("Scan"))
    ['Session', 'Subject']
    """

    nodes: tuple[N, ...]
    edges: tuple[tuple[N, N], ...]

    def __init__(self, nodes: Iterable[N] = (), edges: Iterable[tuple[N, N]] = ()) -> None:
        pairs = tuple(dict.fromkeys((parent, child) for parent, child in edges))
        ends = (end for pair in pairs for end in pair)
        object.__setattr__(self, "nodes", tuple(dict.fromkeys((*nodes, *ends))))
        object.__setattr__(self, "edges", pairs)

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[N]:
        return iter(self.nodes)

    def __contains__(self, node: object) -> bool:
        return node in self._children

    @cached_property
    def _children(self) -> Mapping[N, tuple[N, ...]]:
        return self._neighbours(self.edges)

    @cached_property
    def _parents(self) -> Mapping[N, tuple[N, ...]]:
        return self._neighbours((child, parent) for parent, child in self.edges)

    def _neighbours(self, pairs: Iterable[tuple[N, N]]) -> Mapping[N, tuple[N, ...]]:
        lists: dict[N, list[N]] = {node: [] for node in self.nodes}
        for start, end in pairs:
            lists[start].append(end)
        return {node: tuple(ends) for node, ends in lists.items()}

    def children(self, node: N) -> tuple[N, ...]:
        """Return the nodes one step downstream of `node`, in the order of the edges."""
        return self._children[self._known(node)]

    def parents(self, node: N) -> tuple[N, ...]:
        """Return the nodes one step upstream of `node`, in the order of the edges."""
        return self._parents[self._known(node)]

    def descendants(self, *nodes: N) -> frozenset[N]:
        """Return everything downstream of `nodes`, without those that are not downstream of another."""
        return _reach(self.children, nodes)

    def ancestors(self, *nodes: N) -> frozenset[N]:
        """Return everything upstream of `nodes`, without those that are not upstream of another."""
        return _reach(self.parents, nodes)

    def subgraph(self, nodes: Iterable[N]) -> Graph[N]:
        """Return the graph of `nodes` and of the edges among them; the order stays."""
        kept = {self._known(node) for node in nodes}
        return Graph(
            (node for node in self.nodes if node in kept),
            ((parent, child) for parent, child in self.edges if parent in kept and child in kept),
        )

    def reversed(self) -> Graph[N]:
        """Return the graph with every edge turned round."""
        return Graph(self.nodes, ((child, parent) for parent, child in self.edges))

    def order(self) -> tuple[N, ...]:
        """Return the nodes so that parents come before children.

        Nodes that already are in such an order stay in it.

        Raises
        ------
        DefinitionError
            The graph has a cycle; the message shows it.
        """
        components = self._components_in_order
        if len(components) < len(self.nodes) or any(parent == child for parent, child in self.edges):
            raise DefinitionError(_cycle_message(self.cycles()[0]))
        return tuple(node for (node,) in components)

    def loose_order(self) -> tuple[N, ...]:
        """Return `order` if there is one; nodes that reach each other stand together at the place of their cycle.

        Examples
        --------
        >>> Graph(edges=[("a", "b"), ("b", "a"), ("b", "c")]).loose_order()
        ('a', 'b', 'c')
        """
        return tuple(node for component in self._components_in_order for node in component)

    def layers(self) -> tuple[tuple[N, ...], ...]:
        """Return the nodes by the length of the longest way that leads to them.

        Examples
        --------
        >>> Graph("abcd", [("a", "b"), ("b", "c"), ("a", "c")]).layers()
        (('a', 'd'), ('b',), ('c',))
        """
        depth: dict[N, int] = {}
        for node in self.order():
            depth[node] = 1 + max((depth[parent] for parent in self._parents[node]), default=-1)
        rows: list[list[N]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
        for node in self.nodes:
            rows[depth[node]].append(node)
        return tuple(map(tuple, rows))

    def cycles(self) -> tuple[tuple[N, ...], ...]:
        """Return one cycle for every set of nodes that reach each other; empty for a DAG.

        Examples
        --------
        >>> Graph(edges=[("a", "b"), ("b", "a"), ("b", "c")]).cycles()
        (('a', 'b'),)
        """
        knots = (knot for knot in self._components_in_order if len(knot) > 1 or knot[0] in self._children[knot[0]])
        return tuple(self._cycle_in(frozenset(knot), min(knot, key=self.nodes.index)) for knot in knots)

    def components(self) -> tuple[Graph[N], ...]:
        """Return the connected pieces, whatever the direction of the edges."""
        piece_of: dict[N, int] = {}
        pieces = 0
        for node in self.nodes:
            if node not in piece_of:
                both = _reach(lambda n: self._children[n] + self._parents[n], (node,)) | {node}
                piece_of.update(dict.fromkeys(both, pieces))
                pieces += 1
        nodes: list[list[N]] = [[] for _ in range(pieces)]
        edges: list[list[tuple[N, N]]] = [[] for _ in range(pieces)]
        for node in self.nodes:
            nodes[piece_of[node]].append(node)
        for edge in self.edges:
            edges[piece_of[edge[0]]].append(edge)
        return tuple(map(Graph, nodes, edges))

    def _cycle_in(self, knot: frozenset[N], start: N) -> tuple[N, ...]:
        """Return a shortest cycle through `start`, which is in `knot`: nodes that all reach each other."""
        came_from: dict[N, N] = {}
        front = [start]
        while start not in came_from:
            steps = [(node, child) for node in front for child in self._children[node] if child in knot]
            front = []
            for node, child in steps:
                if child not in came_from:
                    came_from[child] = node
                    front.append(child)
        path = [came_from[start]]
        while path[-1] != start:
            path.append(came_from[path[-1]])
        return tuple(path[::-1])

    @cached_property
    def _components_in_order(self) -> tuple[tuple[N, ...], ...]:
        """Nodes that reach each other, together; parents first.

        Walking upstream from each node in turn finds a node right after its ancestors, which keeps an order
        that is already good.
        """
        walk = _Walk(self._parents)
        for node in self.nodes:
            walk.visit(node)
        return tuple(walk.found)

    def _known(self, node: N) -> N:
        if node not in self._children:
            raise LabwrightError(f"{node!r} is not in this graph.{did_you_mean(str(node), self.nodes)}")
        return node


class _Walk(Generic[N]):
    """Tarjan's search for strongly connected components, without recursion."""

    def __init__(self, steps: Mapping[N, tuple[N, ...]]) -> None:
        self.steps = steps
        self.number: dict[N, int] = {}
        self.low: dict[N, int] = {}
        self.open: dict[N, None] = {}
        self.found: list[tuple[N, ...]] = []

    def visit(self, root: N) -> None:
        if root in self.number:
            return
        work = [self._enter(root)]
        while work:
            node, ahead = work[-1]
            for other in ahead:
                if other not in self.number:
                    work.append(self._enter(other))
                    break
                if other in self.open:
                    self.low[node] = min(self.low[node], self.number[other])
            else:
                work.pop()
                self._leave(node, work[-1][0] if work else node)

    def _enter(self, node: N) -> tuple[N, Iterator[N]]:
        self.number[node] = self.low[node] = len(self.number)
        self.open[node] = None
        return node, iter(self.steps[node])

    def _leave(self, node: N, before: N) -> None:
        self.low[before] = min(self.low[before], self.low[node])
        if self.low[node] == self.number[node]:
            component = [self.open.popitem()[0]]
            while component[-1] != node:
                component.append(self.open.popitem()[0])
            self.found.append(tuple(component[::-1]))


def _reach(step: Callable[[N], Iterable[N]], starts: Iterable[N]) -> frozenset[N]:
    """Return what `step` reaches from `starts`; a start belongs to it only when it is reached again."""
    reached: set[N] = set()
    front = list(starts)
    while front:
        new = [n for n in step(front.pop()) if n not in reached]
        reached.update(new)
        front.extend(new)
    return frozenset(reached)


def _cycle_message(cycle: tuple[N, ...]) -> str:
    path = " -> ".join(str(node) for node in (*cycle, cycle[0]))
    return f"There is a cycle: {path}. Each depends on the one before it, so none can be first. Remove a link."
