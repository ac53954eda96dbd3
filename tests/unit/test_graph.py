"""The laws of graphs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labwright.core.errors import DefinitionError, LabwrightError
from labwright.core.graph import Graph

Pairs = list[tuple[int, int]]
NODES = st.integers(0, 14)
ANY_EDGES = st.lists(st.tuples(NODES, NODES), max_size=40)
DAGS = st.builds(
    lambda pairs, order: Graph(
        order, [(a, b) if order.index(a) < order.index(b) else (b, a) for a, b in pairs if a != b]
    ),
    ANY_EDGES,
    st.permutations(range(15)),
).flatmap(lambda dag: st.permutations(dag.nodes).map(lambda nodes: Graph(nodes, dag.edges)))


@given(DAGS)
def test_order_puts_parents_first(graph: Graph[int]) -> None:
    place = {node: i for i, node in enumerate(graph.order())}
    assert sorted(place) == sorted(graph.nodes)
    assert all(place[parent] < place[child] for parent, child in graph.edges)


@given(DAGS)
def test_a_good_order_stays(graph: Graph[int]) -> None:
    ordered = Graph(graph.order(), graph.edges)
    assert ordered.order() == ordered.nodes
    assert ordered.loose_order() == ordered.nodes


@given(DAGS, NODES, NODES)
def test_ancestors_and_descendants_mirror_each_other(graph: Graph[int], a: int, b: int) -> None:
    assert (a in graph.ancestors(b)) == (b in graph.descendants(a))
    assert graph.reversed().ancestors(a) == graph.descendants(a)


@given(DAGS, NODES)
def test_descendants_are_the_children_and_theirs(graph: Graph[int], node: int) -> None:
    children = graph.children(node)
    assert graph.descendants(node) == frozenset(children) | graph.descendants(*children)


@given(DAGS)
def test_layers_are_longest_ways(graph: Graph[int]) -> None:
    layers = graph.layers()
    depth = {node: i for i, layer in enumerate(layers) for node in layer}
    assert sum(map(len, layers)) == len(graph)
    for node in graph:
        assert depth[node] == 1 + max((depth[parent] for parent in graph.parents(node)), default=-1)


@given(DAGS, st.sets(NODES))
def test_subgraph_keeps_the_edges_among_its_nodes(graph: Graph[int], kept: set[int]) -> None:
    part = graph.subgraph(kept)
    assert set(part.nodes) == kept
    assert set(part.edges) == {(a, b) for a, b in graph.edges if {a, b} <= kept}


@given(ANY_EDGES)
def test_components_share_no_edge_and_lose_none(pairs: Pairs) -> None:
    graph = Graph(range(15), pairs)
    pieces = graph.components()
    assert sorted(node for piece in pieces for node in piece) == list(range(15))
    assert {edge for piece in pieces for edge in piece.edges} == set(graph.edges)
    assert all(len(Graph(piece.nodes, piece.edges).components()) == 1 for piece in pieces)


@given(ANY_EDGES)
def test_cycles_are_cycles_and_are_found_exactly_where_there_is_no_order(pairs: Pairs) -> None:
    graph = Graph(range(15), pairs)
    cycles = graph.cycles()
    for cycle in cycles:
        assert all(after in graph.children(node) for node, after in zip(cycle, (*cycle[1:], cycle[0]), strict=True))
    knots = {frozenset(m for m in graph.descendants(n) if n in graph.descendants(m)) for n in graph}
    assert len(cycles) == len(knots - {frozenset()})
    if cycles:
        with pytest.raises(DefinitionError, match="There is a cycle"):
            graph.order()
    else:
        assert len(graph.order()) == 15
    assert sorted(graph.loose_order()) == list(range(15))


def test_the_error_shows_the_cycle() -> None:
    graph = Graph(edges=[("Rig", "Setup"), ("Setup", "Scan"), ("Scan", "Setup")])
    with pytest.raises(DefinitionError, match="Setup -> Scan -> Setup"):
        graph.order()


def test_a_link_to_itself_is_a_cycle() -> None:
    graph = Graph(edges=[("a", "b"), ("b", "b")])
    assert graph.cycles() == (("b",),)
    with pytest.raises(DefinitionError, match="b -> b"):
        graph.layers()


def test_an_unknown_node_is_named_with_the_nearest() -> None:
    with pytest.raises(LabwrightError, match=r"'lab\.sesion' is not in this graph\. Did you mean 'lab\.session'"):
        Graph(["lab.session"]).children("lab.sesion")


def test_ten_thousand_nodes_in_a_chain() -> None:
    graph = Graph(range(10_000), ((i + 1, i) for i in range(9_999)))
    assert graph.order() == tuple(range(9_999, -1, -1))
    assert len(graph.descendants(9_999)) == 9_999
    assert len(graph.layers()) == 10_000


def test_the_empty_graph() -> None:
    empty: Graph[str] = Graph()
    assert (empty.order(), empty.layers(), empty.cycles(), empty.components()) == ((), (), (), ())
