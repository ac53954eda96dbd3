"""The laws of layouts: nothing overlaps, lines go down and clear of boxes, the same input looks the same."""

from __future__ import annotations

import random
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labwright.core.graph import Graph
from labwright.tables.layout import Direction, Point, Rect, lay_out
from labwright.tables.layout_blocks import Box
from labwright.tables.layout_order import order_layers
from labwright.tables.layout_ranks import ranks
from labwright.tables.text_width import text_width

Links = list[tuple[str, str]]
DIRECTIONS: tuple[Direction, ...] = ("TB", "LR")


@st.composite
def pictures(draw: st.DrawFn) -> tuple[list[Box], Links]:
    count = draw(st.integers(1, 14))
    boxes: list[Box] = []
    links: Links = []
    for i in range(count):
        master = draw(st.sampled_from([None, *(b.id for b in boxes if b.master is None)]))
        group = next((b.group for b in boxes if b.id == master), draw(st.sampled_from("xyz")))
        boxes.append(Box(f"b{i}", draw(st.integers(20, 150)), draw(st.sampled_from([18, 30, 44])), master, group))
        parents = draw(st.lists(st.sampled_from([b.id for b in boxes]), max_size=3))
        links += [(parent, f"b{i}") for parent in parents + ([master] if master else []) if parent != f"b{i}"]
    return boxes, links


def overlap(a: Rect, b: Rect) -> bool:
    return a.x < b.right and b.x < a.right and a.y < b.bottom and b.y < a.bottom


def swapped(rect: Rect) -> Rect:
    return Rect(rect.y, rect.x, rect.height, rect.width)


@given(pictures(), st.sampled_from(DIRECTIONS), st.booleans())
def test_no_boxes_overlap_and_all_are_inside(
    picture: tuple[list[Box], Links], direction: Direction, grouped: bool
) -> None:
    layout = lay_out(*picture, direction=direction, grouped=grouped)
    assert layout.rects.keys() == {box.id for box in picture[0]}
    assert not [pair for pair in combinations(layout.rects.values(), 2) if overlap(*pair)]
    for rect in layout.rects.values():
        assert -1e-6 <= rect.x <= rect.right <= layout.width + 1e-6
        assert -1e-6 <= rect.y <= rect.bottom <= layout.height + 1e-6
    for box in picture[0]:
        assert (layout.rects[box.id].width, layout.rects[box.id].height) == (box.width, box.height)


@given(pictures(), st.sampled_from(DIRECTIONS), st.booleans())
def test_every_link_goes_down(picture: tuple[list[Box], Links], direction: Direction, grouped: bool) -> None:
    boxes, links = picture
    layout = lay_out(boxes, links, direction=direction, grouped=grouped)
    for i, (parent, child) in enumerate(links):
        above, below = layout.rects[parent], layout.rects[child]
        if layout.routes[i].attached or direction == "TB":
            assert above.bottom < below.y
        else:
            assert above.right < below.x


@given(pictures(), st.booleans())
def test_lines_start_and_end_at_their_boxes_and_never_turn_back(
    picture: tuple[list[Box], Links], grouped: bool
) -> None:
    boxes, links = picture
    layout = lay_out(boxes, links, grouped=grouped)
    for i, (parent, child) in enumerate(links):
        route = layout.routes[i]
        assert route.points[0][1] == pytest.approx(layout.rects[parent].bottom)
        if not route.attached:
            assert route.points[-1][1] == pytest.approx(layout.rects[child].y)
        assert all(y0 <= y1 + 1e-6 for (_, y0), (_, y1) in pairwise(route.points))


@given(pictures(), st.booleans())
def test_lines_pass_beside_the_boxes(picture: tuple[list[Box], Links], grouped: bool) -> None:
    boxes, links = picture
    # Parallel lines run beside the place that is kept free for the first.
    layout = lay_out(boxes, list(dict.fromkeys(links)), grouped=grouped)
    for route in layout.routes.values():
        if not route.attached:
            assert not [r for r in layout.rects.values() if any(_inside(p, r) for p in _along(route.points))]


def _inside(point: Point, rect: Rect) -> bool:
    return rect.x + 1e-6 < point[0] < rect.right - 1e-6 and rect.y + 1e-6 < point[1] < rect.bottom - 1e-6


def _along(points: tuple[Point, ...]) -> list[Point]:
    """Points of the vertical stretches; between them lines bend, where no box is."""
    stretches = [(p, q) for p, q in pairwise(points) if p[0] == q[0]]
    return [(p[0], p[1] + (q[1] - p[1]) * k / 20) for p, q in stretches for k in range(21)]


@given(pictures(), st.sampled_from(DIRECTIONS), st.booleans())
def test_the_same_input_gives_the_same_layout(
    picture: tuple[list[Box], Links], direction: Direction, grouped: bool
) -> None:
    assert lay_out(*picture, direction=direction, grouped=grouped) == lay_out(
        *picture, direction=direction, grouped=grouped
    )


@given(pictures(), st.sampled_from(DIRECTIONS))
def test_groups_keep_apart_and_hold_their_boxes(picture: tuple[list[Box], Links], direction: Direction) -> None:
    layout = lay_out(*picture, direction=direction, grouped=True)
    assert layout.groups.keys() == {box.group for box in picture[0]}
    assert not [pair for pair in combinations(layout.groups.values(), 2) if overlap(*pair)]
    for box in picture[0]:
        inner, outer = layout.rects[box.id], layout.groups[box.group]
        assert outer.x < inner.x < inner.right < outer.right
        assert outer.y < inner.y < inner.bottom < outer.bottom


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=30))
def test_cycles_do_not_stop_the_layout(pairs: list[tuple[int, int]]) -> None:
    boxes = [Box(str(i), 60, 30) for i in range(12)]
    layout = lay_out(boxes, [(str(a), str(b)) for a, b in pairs])
    assert not [pair for pair in combinations(layout.rects.values(), 2) if overlap(*pair)]
    assert len(layout.routes) == sum(a != b for a, b in pairs)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda p: p[0] < p[1]), max_size=25))
def test_ranks_are_never_longer_than_longest_path_layers(pairs: list[tuple[int, int]]) -> None:
    graph = Graph(map(str, range(10)), ((str(a), str(b)) for a, b in pairs))
    layered = {node: i for i, layer in enumerate(graph.layers()) for node in layer}
    found = ranks(graph)
    assert all(found[a] < found[b] for a, b in graph.edges)
    assert sum(found[b] - found[a] for a, b in graph.edges) <= sum(layered[b] - layered[a] for a, b in graph.edges)


def test_a_cluster_is_drawn_towards_where_it_is_used() -> None:
    chain = [(f"c{i}", f"c{i + 1}") for i in range(5)]
    cluster = [("p", "q"), ("r", "q"), ("p", "c5"), ("q", "c5")]
    found = ranks(Graph(edges=chain + cluster))
    assert (found["p"], found["q"], found["r"]) == (3, 4, 3)


def test_crossings_of_a_tree_vanish() -> None:
    tree = [(0, 4, 1.0), (0, 6, 1.0), (1, 3, 1.0), (1, 5, 1.0), (3, 8, 1.0), (4, 7, 1.0), (5, 10, 1.0), (6, 9, 1.0)]
    layers = order_layers([[0, 1, 2], [3, 4, 5, 6], [7, 8, 9, 10]], tree, [0] * 11)
    place = {v: i for layer in layers for i, v in enumerate(layer)}
    lines = [(place[a], place[b], a < 3) for a, b, _ in tree]
    assert not [1 for (a, b, s), (c, d, t) in combinations(lines, 2) if s == t and (a - c) * (b - d) < 0]


def test_long_lines_are_straight() -> None:
    links = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("a", "e")]
    layout = lay_out([Box(name, 60, 30) for name in "abcde"], links)
    inner = {round(x, 3) for x, _ in layout.routes[4].points[2:-2]}
    assert len(inner) == 1


def test_parts_hang_below_their_master() -> None:
    boxes = [Box("m", 80, 30), Box("m.p", 50, 18, "m"), Box("m.q", 50, 18, "m"), Box("child", 80, 30)]
    layout = lay_out(boxes, [("m", "m.p"), ("m", "m.q"), ("m", "child")])
    first, second = layout.rects["m.p"], layout.rects["m.q"]
    assert [layout.routes[i].attached for i in range(3)] == [True, True, False]
    assert first.x == second.x
    assert first.bottom < second.y < layout.rects["child"].y
    assert first.y - layout.rects["m"].bottom < 10


def test_parallel_links_keep_their_own_lines() -> None:
    layout = lay_out([Box("a", 60, 30), Box("b", 60, 30)], [("a", "b"), ("a", "b"), ("a", "b")])
    starts = [layout.routes[i].points[0][0] for i in range(3)]
    assert starts == sorted(set(starts))
    assert layout.rects["a"].x < starts[0] < starts[-1] < layout.rects["a"].right


def _random_pipeline(count: int) -> tuple[list[Box], Links]:
    draw = random.Random(7)
    links = [(str(draw.randrange(max(0, i - 30), i)), str(i)) for i in range(1, count) for _ in range(2)]
    return [Box(str(i), 60 + i % 50, 30) for i in range(count)], links


def test_three_hundred_boxes_are_laid_out() -> None:
    layout = lay_out(*_random_pipeline(300))
    assert len(layout.rects) == 300
    assert not [pair for pair in combinations(layout.rects.values(), 2) if overlap(*pair)]


def test_left_to_right_turns_the_picture() -> None:
    boxes, links = [Box("a", 40, 40), Box("b", 40, 40), Box("c", 40, 40)], [("a", "b"), ("a", "c")]
    down, right = lay_out(boxes, links), lay_out(boxes, links, direction="LR")
    assert {name: swapped(rect) for name, rect in down.rects.items()} == right.rects


def test_text_width_counts_what_is_seen() -> None:
    assert text_width("", 12) == 0
    assert text_width("e\u0301", 12) == text_width("e", 12)
    assert text_width("鼠", 12) > text_width("m", 12)
