"""What the formats of diagrams contain, and that no name breaks out of them."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from labwright.tables.diagram_json import from_json, to_json
from labwright.tables.diagram_model import DiagramEdge, DiagramModel, DiagramNode
from labwright.tables.dot import to_dot
from labwright.tables.mermaid import to_mermaid
from labwright.tables.svg import to_svg

PIPELINE = from_json((Path(__file__).parent / "data" / "diagram.json").read_text(encoding="utf-8"))
SVG = "{http://www.w3.org/2000/svg}"
NASTY = (
    '"><script>alert(1)</script>',
    "</style></svg><b>",
    "]]> <!-- & &amp; &#0; %00",
    'x"]; click n0 call alert() %%',
    'end\n    n9["x"] --> n0',
    '\\" label="y\\',
    "a\x00b\x1b[31m\ufffe\ud800",
    "subgraph }{ # ; | `code` $(x)",
    "鼠 é \u202e rtl",
    "",
)
HOSTILE = st.one_of(st.sampled_from(NASTY), st.text(st.characters(), max_size=20))


def hostile_model(label: str, other: str) -> DiagramModel:
    nodes = [
        DiagramNode(
            f"a.{label}", label, "manual", label, tooltip=other, href="/t?" + label.replace(":", ""), status=other
        ),
        DiagramNode(f"b.{other}", f"{label}.{other}", "part", label, master=f"a.{label}"),
        DiagramNode(f"c.{other}", other, "computed", other, has_own_key=True),
    ]
    edges = [
        DiagramEdge(nodes[0].id, nodes[1].id, "partial", (other,), ((label, other),)),
        DiagramEdge(nodes[0].id, nodes[2].id, "secondary", (label,), ((label, other),), nullable=True),
    ]
    return DiagramModel.of(nodes, edges)


def shape(svg: str) -> Counter[str]:
    return Counter(element.tag for element in ElementTree.fromstring(svg).iter())


@given(HOSTILE, HOSTILE, st.booleans())
def test_hostile_names_stay_text_in_svg(label: str, other: str, grouped: bool) -> None:
    picture = to_svg(hostile_model(label, other), grouped=grouped)
    panels = len({label, other}) if grouped else 0
    assert shape(picture)[f"{SVG}script"] == 0
    assert shape(picture)[f"{SVG}g"] == 3 + panels
    names = [e.attrib["id"] for e in ElementTree.fromstring(picture).iter() if "id" in e.attrib]
    assert len(names) == len(set(names)) == 5
    assert all(re.fullmatch(r"lw[0-9a-f]{8}-[a-z0-9]+", name) for name in names)


@given(HOSTILE, HOSTILE, st.booleans())
def test_hostile_names_stay_text_in_mermaid(label: str, other: str, grouped: bool) -> None:
    lines = to_mermaid(hostile_model(label, other), grouped=grouped).split("\n")
    text = r"(?:[^\W]|[ .,\-←]|#\d+;)*"
    known = (
        r"flowchart TB",
        rf'    +n\d(\["|\(\[")(<u>)?{text}(</u>)?(<br>{text})?("\]|"\]\)):::\w+',
        rf'    n\d (---|-\.-)\|"{text}"\| n\d',
        r'    click n0 href "[^"\s]*"',
        rf'    subgraph g\d\["{text}"\]',
        r"    end",
        r"    classDef \w+ [\w:#,]+",
        r"",
    )
    for line in lines:
        assert any(re.fullmatch(pattern, line) for pattern in known), line


@given(HOSTILE, HOSTILE, st.booleans())
def test_hostile_names_stay_text_in_dot(label: str, other: str, grouped: bool) -> None:
    text = to_dot(hostile_model(label, other), grouped=grouped)
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', "Q", text)
    assert '"' not in bare
    known = (
        r"digraph labwright \{",
        r"    (rankdir=TB;|node \[fontname=Q, fontsize=12\];|edge \[dir=none\];)",
        r"    +n\d \[label=Q(, \w+=(Q|\w+))*\];",
        r"    n\d -> n\d \[[\w=., ]+, label=Q, fontsize=10\];",
        r"    subgraph cluster_\d \{|        label=Q;|    \}|\}|",
    )
    for line in bare.split("\n"):
        assert any(re.fullmatch(pattern, line) for pattern in known), line


@given(HOSTILE, HOSTILE)
def test_hostile_names_come_back_from_json(label: str, other: str) -> None:
    model = hostile_model(label, other)
    assert from_json(to_json(model)) == model


def test_svg_tells_what_it_shows() -> None:
    root = ElementTree.fromstring(to_svg(PIPELINE))
    assert root.attrib["role"] == "img"
    title, description = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert title.text == "Diagram of analysis, lab"
    assert description is not None
    assert description.text is not None
    assert "7 nodes, 7 references. Session depends on Person, Subject." in description.text
    assert root.attrib["aria-labelledby"] == title.attrib["id"]


def test_svg_marks_tiers_kinds_and_renamed_attributes() -> None:
    root = ElementTree.fromstring(to_svg(PIPELINE))
    classes = Counter(name for e in root.iter() for name in e.attrib.get("class", "").split())
    assert (classes["lw-lookup"], classes["lw-manual"], classes["lw-imported"], classes["lw-part"]) == (1, 2, 1, 2)
    assert (classes["lw-whole"], classes["lw-secondary"], classes["lw-nullable"], classes["lw-mark"]) == (2, 2, 1, 2)
    texts = [e.text for e in root.iter(f"{SVG}text")]
    assert {"Trial", "Curve", "experimenter", "helper", "lab", "analysis"} <= set(texts)


def test_links_are_links_and_can_be_heard() -> None:
    model = DiagramModel.of([DiagramNode("lab.a", "A", "manual", "lab", "the <first>", href="/t/a?x=1&y=2")], [])
    root = ElementTree.fromstring(to_svg(model))
    (link,) = root.iter(f"{SVG}a")
    assert root.attrib["role"] == "group"
    assert link.attrib["href"] == "/t/a?x=1&y=2"
    assert next(link.iter(f"{SVG}title")).text == "the <first>"


def test_two_pictures_in_one_page_have_different_ids() -> None:
    names = [set(re.findall(r' id="([^"]+)"', to_svg(model))) for model in (PIPELINE, hostile_model("a", "b"))]
    assert not names[0] & names[1]


def test_light_dark_and_without_style() -> None:
    model = PIPELINE
    assert "prefers-color-scheme:dark" in to_svg(model).replace(": ", ":")
    assert "prefers-color-scheme" not in to_svg(model, theme="dark")
    assert to_svg(model, theme="dark") != to_svg(model, theme="light")
    assert "style" not in to_svg(model, styled=False)


def test_an_empty_diagram_is_a_picture_too() -> None:
    assert ElementTree.fromstring(to_svg(DiagramModel())).tag == f"{SVG}svg"
    assert to_dot(DiagramModel()).endswith("}\n")
    assert from_json(to_json(DiagramModel())) == DiagramModel()


def test_mermaid() -> None:
    text = to_mermaid(PIPELINE)
    assert (
        text[: text.index("    classDef")]
        == """\
flowchart TB
    n0["<u>Person</u>"]:::lookup
    n1["<u>Subject</u>"]:::manual
    n2["<u>Session</u>"]:::manual
    n3["<u>Session.Trial</u>"]:::part
    n4(["<u>Scan</u>"]):::imported
    n5(["Fit"]):::computed
    n6["<u>Fit.Curve</u>"]:::part
    n0 -.-|"experimenter ← person"| n2
    n0 -.-|"helper ← person"| n2
    n1 --- n2
    n2 --- n3
    n2 === n4
    n4 === n5
    n5 --- n6
"""
    )


def test_dot() -> None:
    part = PIPELINE.only(["lab.subject", "lab.session", "lab.session__trial"])
    text = to_dot(part, direction="LR", grouped=True)
    assert (
        re.sub(r", fontcolor[^]]*", "", text)
        == """\
digraph labwright {
    rankdir=LR;
    node [fontname="Helvetica", fontsize=12];
    edge [dir=none];
    subgraph cluster_0 {
        label="lab";
        n0 [label="Subject", tooltip="lab.subject"];
        n1 [label="Session", tooltip="lab.session"];
        n2 [label="Session.Trial", tooltip="lab.session__trial"];
    }
    n0 -> n1 [penwidth=1.2];
    n1 -> n2 [penwidth=1.2];
}
"""
    )
    assert 'fontcolor="#4a5363", shape=plaintext];' in text
