"""The algebra of diagrams, and how they are saved and shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labwright.core.errors import DataError, DefinitionError, LabwrightError, QueryError
from labwright.tables.diagram import Diagram
from labwright.tables.diagram_json import from_json
from labwright.tables.diagram_model import DiagramEdge, DiagramModel, DiagramNode, DiagramSource

PIPELINE = from_json((Path(__file__).parent / "data" / "diagram.json").read_text(encoding="utf-8"))
WHOLE = Diagram.of_model(PIPELINE)
IDS = sorted(WHOLE.shown)
DIAGRAMS = st.builds(lambda shown: Diagram.of_model(PIPELINE, shown), st.sets(st.sampled_from(IDS)))
STEPS = st.integers(0, 4)


def node(name: str) -> DiagramNode:
    return DiagramNode(f"lab.{name.lower()}", name, "manual", "lab")


@dataclass(frozen=True)
class Part:
    """Some tables of a pipeline, as a table class or a schema hands them out."""

    model: DiagramModel
    ids: tuple[str, ...]

    def diagram_model(self) -> tuple[Iterable[DiagramNode], Iterable[DiagramEdge]]:
        return self.model.nodes, self.model.edges

    def diagram_nodes(self) -> Iterable[str]:
        return self.ids


def tables(*ids: str) -> Part:
    return Part(PIPELINE, ids)


@given(DIAGRAMS, DIAGRAMS, DIAGRAMS)
def test_diagrams_are_sets(a: Diagram, b: Diagram, c: Diagram) -> None:
    assert a + b == b + a
    assert a * b == b * a
    assert (a + b) + c == a + (b + c)
    assert a * (b + c) == a * b + a * c
    assert (a - b) + (a * b) == a
    assert a + a == a * a == a
    assert not a - a
    assert WHOLE - (a + b) == (WHOLE - a) * (WHOLE - b)


@given(DIAGRAMS, STEPS, STEPS)
def test_steps_add_up(a: Diagram, m: int, n: int) -> None:
    assert a + m + n == a + (m + n)
    assert a - m - n == a - (m + n)
    assert (a + m).shown >= a.shown
    assert a + 0 == a - 0 == a


@given(DIAGRAMS)
def test_many_steps_reach_all_ancestors_or_descendants(a: Diagram) -> None:
    graph = a.model.graph
    assert (a + 99).shown == a.shown | graph.descendants(*a.shown)
    assert (a - 99).shown == a.shown | graph.ancestors(*a.shown)


@given(DIAGRAMS)
def test_iteration_is_in_order_of_dependence(a: Diagram) -> None:
    ids = list(a)
    assert len(a) == len(ids)
    assert list(reversed(a)) == ids[::-1]
    for i, node_id in enumerate(ids):
        assert not a.model.graph.ancestors(node_id) & set(ids[i:])


def test_a_diagram_is_made_of_sources() -> None:
    session = tables("lab.session")
    assert isinstance(session, DiagramSource)
    assert list(Diagram(session)) == ["lab.session"]
    assert Diagram(session) == Diagram(Diagram(session))
    assert list(Diagram(session) + tables("lab.scan")) == ["lab.session", "lab.scan"]
    assert list(Diagram(session, tables("lab.subject")) - session) == ["lab.subject"]
    assert Diagram.from_sequence([session, tables("lab.scan")]) == Diagram(session) + tables("lab.scan")


def test_neighbours_downstream_and_upstream() -> None:
    session = Diagram(tables("lab.session"))
    assert set(session + 1) == {"lab.session", "lab.session__trial", "lab.scan"}
    assert set(session - 1) == {"lab.person", "lab.subject", "lab.session"}
    assert set(Diagram(tables("lab.subject")) + 1 - 1) == {"lab.subject", "lab.session", "lab.person"}


def test_parts_are_added() -> None:
    assert set(Diagram(tables("lab.session")).add_parts()) == {"lab.session", "lab.session__trial"}


def test_containment() -> None:
    diagram = Diagram(tables("lab.session", "lab.scan"))
    assert "lab.session" in diagram
    assert tables("lab.session") in diagram
    assert tables("lab.session", "lab.subject") not in diagram
    assert diagram
    assert not diagram - diagram


def test_union_joins_what_two_sources_know() -> None:
    other = Part(DiagramModel.of([node("Rig"), node("Session")], [DiagramEdge("lab.rig", "lab.session")]), ("lab.rig",))
    both = Diagram(other) + Diagram(tables("lab.scan"))
    assert set(both + 1) == {"lab.rig", "lab.session", "lab.scan", "analysis.fit"}
    assert set(both - 1) == {"lab.rig", "lab.session", "lab.scan"}


def test_collapsed_schemas_are_single_nodes() -> None:
    drawn = WHOLE.collapse().drawn
    assert [(n.id, n.tier, n.status) for n in drawn.nodes] == [
        ("lab.", "schema", "5 tables"),
        ("analysis.", "schema", "2 tables"),
    ]
    assert [(e.parent, e.child, e.kind) for e in drawn.edges] == [("lab.", "analysis.", "partial")]
    assert len(WHOLE.collapse()) == len(WHOLE)


def test_what_one_side_shows_unfolded_stays_unfolded() -> None:
    lab = WHOLE.only("lab.subject", "lab.session", "lab.scan")
    analysis = WHOLE.only("analysis.fit", "analysis.fit__curve")
    both = lab + analysis.collapse()
    assert [n.id for n in both.drawn.nodes] == ["lab.subject", "lab.session", "lab.scan", "analysis."]
    assert [n.id for n in (lab.collapse() + tables("lab.scan")).drawn.nodes] == ["lab.", "lab.scan"]
    assert (both.drawn.edges[-1].parent, both.drawn.edges[-1].child) == ("lab.scan", "analysis.")


def test_diagrams_are_values() -> None:
    assert hash(WHOLE) == hash(Diagram.of_model(PIPELINE))
    with pytest.raises(AttributeError):
        WHOLE.shown = frozenset()  # type: ignore[misc]  # that this is refused is what the test shows


@pytest.mark.parametrize("steps", [-1, True])
def test_bad_steps_are_refused(steps: int) -> None:
    with pytest.raises(QueryError, match="number of steps"):
        WHOLE + steps
    with pytest.raises(QueryError, match="number of steps"):
        WHOLE - steps


def test_bad_sources_are_refused() -> None:
    with pytest.raises(QueryError, match="not of 'lab'"):
        Diagram("lab")  # type: ignore[arg-type]  # a user may try
    with pytest.raises(QueryError, match="at least one"):
        Diagram()
    with pytest.raises(LabwrightError, match=r"'lab.scam' is not in this diagram. Did you mean 'lab.scan'"):
        WHOLE.only("lab.scam")


def test_a_cycle_is_drawn_but_has_no_order() -> None:
    model = DiagramModel.of([node("A"), node("B")], [DiagramEdge("lab.a", "lab.b"), DiagramEdge("lab.b", "lab.a")])
    knot = Diagram.of_model(model)
    assert "<svg" in knot.make_svg()
    assert sorted(repr(knot)) == sorted("Diagram(lab.a, lab.b)")
    with pytest.raises(DefinitionError, match=r"lab\.a -> lab\.b -> lab\.a"):
        list(knot)


def test_notebooks_show_the_picture() -> None:
    bundle = WHOLE._repr_mimebundle_(include=None, exclude=None)
    assert bundle["image/svg+xml"] == WHOLE._repr_svg_() == WHOLE.draw().data == WHOLE.make_svg()
    assert bundle["text/plain"].startswith("Diagram(lab.person, lab.subject")


@pytest.mark.parametrize(
    ("name", "start"),
    [("a.svg", "<svg "), ("a.mmd", "flowchart TB"), ("a.dot", "digraph"), ("a.JSON", "{"), ("a.gv", "digraph")],
)
def test_the_suffix_says_the_format(tmp_path: Path, name: str, start: str) -> None:
    assert WHOLE.save(tmp_path / name).read_text(encoding="utf-8").startswith(start)


def test_the_format_may_be_given(tmp_path: Path) -> None:
    path = WHOLE.save(str(tmp_path / "diagram.txt"), format="mermaid")
    assert path.read_text(encoding="utf-8") == WHOLE.make_mermaid()


def test_pixels_are_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(LabwrightError, match=r"rsvg-convert -f pdf -o lab\.pdf lab\.svg"):
        WHOLE.save(tmp_path / "lab.pdf")
    with pytest.raises(LabwrightError, match=r"not as 'sgv'. Did you mean 'svg'"):
        WHOLE.save(tmp_path / "lab.sgv")
    assert not list(tmp_path.iterdir())


@given(DIAGRAMS)
def test_json_comes_back(a: Diagram) -> None:
    assert from_json(a.make_json()) == a.drawn


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not the JSON of a diagram"),
        ("[]", '"version": 1 is expected'),
        ('{"version": 1}', "'nodes' of a diagram is a list"),
        ('{"version": 1, "nodes": [3], "edges": []}', r"nodes\[0\] of the diagram is an object, not 3"),
        ('{"version": 1, "nodes": [{"id": "a"}], "edges": []}', r"nodes\[0\] of the diagram has no 'label'"),
        ('{"version": 1, "nodes": [{"lable": "a"}], "edges": []}', "Did you mean 'label'"),
        (
            '{"version": 1, "nodes": [{"id": 1, "label": "a", "tier": "part", "schema": "s"}], "edges": []}',
            "'id' cannot",
        ),
        ('{"version": 1, "nodes": [], "edges": [{"parent": "a", "child": "b", "renamed": [["x"]]}]}', r"edges\[0\]"),
        (
            '{"version": 1, "nodes": [], "edges": [{"parent": "a", "child": "b", "kind": "thick"}]}',
            "must be one of whole",
        ),
    ],
)
def test_bad_json_says_where(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        from_json(text)


@pytest.mark.parametrize("href", ["javascript:alert(1)", "JaVa\tscript:alert(1)", " data:text/html,x", "vbscript:x"])
def test_links_that_run_code_are_refused(href: str) -> None:
    with pytest.raises(DataError, match=r"link of 'lab\.a'"):
        DiagramNode("lab.a", "A", "manual", "lab", href=href)


@pytest.mark.parametrize("href", ["/tables/lab.a", "?t=a:b", "#a:b", "https://x.org/a", "mailto:a@b.c", "a/b:c"])
def test_other_links_are_kept(href: str) -> None:
    assert DiagramNode("lab.a", "A", "manual", "lab", href=href).href == href


def test_what_a_picture_cannot_be(tmp_path: Path) -> None:
    for draw in (WHOLE.make_svg, WHOLE.make_mermaid, WHOLE.make_dot, WHOLE.make_png):
        with pytest.raises(LabwrightError, match="direction of a diagram is one of TB, LR, not 'BT'"):
            draw(direction="BT")  # type: ignore[arg-type]  # what is told to who has no type checker
    with pytest.raises(LabwrightError, match="theme of a diagram is one of auto, light, dark, not 'red'"):
        WHOLE.make_svg(theme="red")  # type: ignore[arg-type]  # see above
    with pytest.raises(LabwrightError, match=r"cannot be written to .*No such file"):
        WHOLE.save(tmp_path / "none" / "lab.svg")
