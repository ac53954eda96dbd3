"""Entering and changing rows in forms, without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.backends.classes import part, table
from tests.web.lab import ANA
from tests.web.pages.form import ORIGIN, Visitor

import labwright as lw
from labwright.web.app import create_app
from labwright.web.desk.changing.drafts import drafts_of
from labwright.web.desk.desk import Desk
from labwright.web.desk.workspace import Workspace
from labwright.web.roles.rights import Rights
from labwright.web.site import Site


@pytest.fixture
def lab(schema: lw.Schema) -> lw.Schema:
    """Mice with sessions of trials, drugs, and what refers to them in all ways."""
    table(schema, "Drug", "drug : varchar(30)\n---\nmaker = '' : varchar(30)").insert(
        [("saline", ""), ("50% glu, a/b", "x")]
    )
    mouse = table(
        schema, "Mouse",
        "mouse : int32\n---\nname : varchar(20)\nsex = 'U' : enum('F', 'M', 'U')\nweight = null : float64 # (g)",
    )  # fmt: skip
    table(
        schema, "Session",
        "-> Mouse\nsession : int16\n---\nday : date\nnote = '' : varchar(99)\n-> [nullable] Mouse.proj(mate='mouse')",
        Trial=part("Trial", "-> master\ntrial : int16\n---\ncorrect : bool\n-> [nullable] Drug"),
    )  # fmt: skip
    table(
        schema,
        "Look",
        "look : int32\n---\n-> Session\n-> [nullable] Session.proj(also='mouse', also_session='session')",
    )
    table(schema, "Score", "-> Mouse\n---\nscore : float64", lw.Computed, make=lambda self, key: None)
    mouse.insert((n, f"m{n}", "F", None) for n in range(1, 31))
    schema["Session"].insert((n, k, "2026-02-03", "", None) for n in (1, 2) for k in (1, 2))
    schema["Session"].Trial.insert((1, 1, k, True, None) for k in (1, 2, 3))
    return schema


@pytest.fixture
def ana(lab: lw.Schema) -> Iterator[Visitor]:
    """Somebody who enters rows."""
    workspace = Workspace(lab.project, [lab], schemas=[lab.database_name])
    app = create_app(Site({"lab": workspace}), ANA)
    with TestClient(app, base_url=ORIGIN, headers={"Origin": ORIGIN}) as client:
        yield Visitor(client)


def desk(lab: lw.Schema) -> Desk:
    return Desk(Workspace(lab.project, [lab], schemas=[lab.database_name]), ANA, Rights.of(ANA))


def trials(lab: lw.Schema, **key: int) -> list[tuple[Any, ...]]:
    found = (lab["Session"].Trial & key).to_dicts(order_by="KEY")
    return [(row["trial"], bool(row["correct"]), row["drug"]) for row in found]


def test_mistakes_are_told_beside_their_fields(ana: Visitor, lab: lw.Schema) -> None:
    name = lab.database_name
    ana.open(f"/new/{name}.Mouse")
    assert ana.values["sex"] == "U"
    ana.send(mouse="501", name="Ida", weight="heavy")
    assert (ana.status, ana.values["name"]) == (422, "Ida")
    assert ana.told[-1] == "'heavy' is not a number. Write it as 12, 0.5 or 1e-3."
    ana.send(weight="20")
    assert ana.where == f"/t/{name}.Mouse/501"
    assert (lab["Mouse"] & {"mouse": 501}).fetch1("weight", "sex") == (20, "U")


def test_a_key_that_is_taken_and_a_parent_that_is_not_there(ana: Visitor, lab: lw.Schema) -> None:
    name = lab.database_name
    ana.open(f"/new/{name}.Mouse").send(mouse="1", name="Ida")
    assert (ana.status, ana.told) == (422, ["There is a Mouse 1 already."])
    ana.open(f"/new/{name}.Session").send(mouse="999", session="1", day="2026-03-01")
    assert (ana.status, ana.told) == (422, ["There is no Mouse 999. Enter it first."])


def test_a_master_and_its_parts_are_entered_as_one(ana: Visitor, lab: lw.Schema) -> None:
    name = lab.database_name
    ana.open(f"/new/{name}.Session").press("add.Trial", mouse="3", session="1", day="2026-03-01", note="calm")
    assert (ana.status, ana.values["note"]) == (200, "calm")
    ana.press("add.Trial", **{"Trial.0.trial": "1", "Trial.0.correct": "yes", "Trial.0.drug": "saline"})
    ana.press("add.Trial", **{"Trial.1.trial": "2", "Trial.1.correct": "no"})
    ana.press("add.Trial", **{"Trial.2.trial": "7", "Trial.2.correct": "no"}).press("remove.Trial.1")
    assert "Trial.1.trial" not in ana.values
    assert ana.values["Trial.2.trial"] == "7"
    ana.send()  # the last one is blank
    assert ana.where == f"/t/{name}.Session/3,1"
    assert trials(lab, mouse=3) == [(1, True, "saline"), (7, False, None)]
    assert {change.id for change in lab["Session"].Trial.changes()} == {c.id for c in lab["Session"].changes()}


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ({"Trial.0.trial": "x"}, "'x' is not a number. Write it as 12, 0.5 or 1e-3."),
        ({"Trial.1.trial": "1"}, "There is a Session.Trial 3, 1, 1 already."),
        ({"Trial.1.drug": "water"}, "There is no Drug water. Enter it first."),
        ({"Trial.1.correct": ""}, "This needs a value."),
    ],
)
def test_a_mistake_in_a_part_is_told_by_row_and_nothing_is_stored(
    ana: Visitor, lab: lw.Schema, bad: dict[str, str], told: str
) -> None:
    rows = {"Trial.0.trial": "1", "Trial.0.correct": "yes", "Trial.1.trial": "2", "Trial.1.correct": "yes"}
    ana.open(f"/new/{lab.database_name}.Session").send(mouse="3", session="1", day="2026-03-01", **{**rows, **bad})
    assert ana.status == 422
    assert told in ana.told
    assert not lab["Session"] & {"mouse": 3}


def test_parts_are_changed_with_their_master(ana: Visitor, lab: lw.Schema) -> None:
    name = lab.database_name
    ana.open(f"/edit/{name}.Session/1,1")
    assert [ana.values[f"Trial.{n}.trial"] for n in range(3)] == ["1", "2", "3"]
    ana.press("remove.Trial.1").press("remove.Trial.2").press("restore.Trial.2")
    ana.send(note="new", **{"Trial.0.correct": "no", "Trial.3.trial": "9", "Trial.3.correct": "yes"})
    assert ana.where == f"/t/{name}.Session/1,1"
    assert trials(lab, mouse=1, session=1) == [(1, False, None), (3, True, None), (9, True, None)]
    assert (lab["Session"] & {"mouse": 1, "session": 1}).fetch1("note") == "new"
    assert len({c.id for c in (*lab["Session"].changes(), *lab["Session"].Trial.changes()) if c.who == "ana"}) == 1


def test_the_rows_of_another_master_are_not_reached(ana: Visitor, lab: lw.Schema) -> None:
    ana.open(f"/edit/{lab.database_name}.Session/2,1").send(**{"key.Trial.0": "1,1,1", "gone.Trial.0": "1"})
    assert ana.status == 404
    assert len(trials(lab, mouse=1, session=1)) == 3


def test_changes_of_other_fields_are_both_kept(ana: Visitor, lab: lw.Schema) -> None:
    ana.open(f"/edit/{lab.database_name}.Mouse/7")
    lab["Mouse"].update1({"mouse": 7, "name": "theirs"})
    ana.send(weight="33")
    assert (lab["Mouse"] & {"mouse": 7}).fetch1("name", "weight") == ("theirs", 33)


@pytest.mark.parametrize(("choice", "kept"), [("mine", "mine"), ("theirs", "theirs")])
def test_of_a_field_that_both_changed_one_is_chosen(ana: Visitor, lab: lw.Schema, choice: str, kept: str) -> None:
    ana.open(f"/edit/{lab.database_name}.Mouse/7")
    lab["Mouse"].update1({"mouse": 7, "name": "theirs", "sex": "M"})
    ana.send(name="mine", sex="U", weight="33")
    assert ana.status == 409
    assert (lab["Mouse"] & {"mouse": 7}).fetch1("name", "weight") == ("theirs", None)
    ana.send()
    assert ana.status == 409  # nobody has chosen
    ana.send(**{"choice.name": choice, "choice.sex": "mine"})
    assert (lab["Mouse"] & {"mouse": 7}).fetch1("name", "sex", "weight") == (kept, "U", 33)


def test_parts_in_conflict(ana: Visitor, lab: lw.Schema) -> None:
    name, trial = lab.database_name, lab["Session"].Trial
    ana.open(f"/edit/{name}.Session/1,1")
    trial.update1({"mouse": 1, "session": 1, "trial": 1, "drug": "saline"})
    trial.update1({"mouse": 1, "session": 1, "trial": 2, "correct": False})
    (trial & {"trial": 3}).delete_quick()
    ana.press("remove.Trial.1")
    ana.send(**{"Trial.0.drug": "50% glu, a/b", "Trial.2.correct": "no"})
    assert ana.status == 409
    assert trials(lab, mouse=1) == [(1, True, "saline"), (2, False, None)]
    ana.send(**{"choice.Trial.0.drug": "mine", "drop.Trial.1": "theirs", "back.Trial.2": "mine"})
    assert trials(lab, mouse=1) == [(1, True, "50% glu, a/b"), (2, False, None), (3, False, None)]


def test_a_row_that_is_gone_is_entered_again_or_left(ana: Visitor, lab: lw.Schema) -> None:
    name = lab.database_name
    for choice, there in (("theirs", 0), ("mine", 1)):
        ana.open(f"/edit/{name}.Mouse/9")
        (lab["Mouse"] & {"mouse": 9}).delete_quick()
        ana.send(name="mine")
        assert ana.status == 409
        ana.send(**{"back.": choice})
        assert len(lab["Mouse"] & {"mouse": 9}) == there
        lab["Mouse"].insert1((9, "m9", "F", None), skip_duplicates=True)


def test_a_parent_is_found_and_nothing_typed_is_lost(ana: Visitor, lab: lw.Schema) -> None:
    name = lab.database_name
    ana.open(f"/new/{name}.Look").press("find.session", look="1", mouse="2")
    assert ana.where.startswith(f"/find/{name}.Session/session?".replace("Session/", "Look/"))
    assert "Of mouse 2." in ana.page
    ana.press("", key="2,2", where="")
    assert ana.where.startswith(f"/new/{name}.Look?")
    assert (ana.values["look"], ana.values["mouse"], ana.values["session"]) == ("1", "2", "2")
    ana.send()
    assert (lab["Look"] & "look = 1").fetch1("mouse", "session", "also") == (2, 2, None)


def test_a_parent_is_entered_on_the_way(ana: Visitor, lab: lw.Schema) -> None:
    name = lab.database_name
    ana.open(f"/new/{name}.Session").press("add.Trial", session="5", day="2026-03-01")
    ana.press("new.Trial.0.drug", **{"Trial.0.trial": "1", "Trial.0.correct": "yes"})
    assert ana.where.startswith(f"/new/{name}.Drug?")
    ana.send(drug="ketamine")
    assert (ana.values["session"], ana.values["Trial.0.drug"]) == ("5", "ketamine")
    ana.press("new.mouse").send(mouse="77", name="Eve")
    ana.send()
    assert trials(lab, mouse=77) == [(1, True, "ketamine")]
    assert drafts_of(desk(lab)) == []


def test_picking_goes_from_the_outside_in(ana: Visitor, lab: lw.Schema) -> None:
    name = lab.database_name

    def picked(attribute: str, table: str = "Look", **query: str) -> list[dict[str, str]]:
        query_string = "&".join(f"{n}={v}" for n, v in query.items())
        found = ana._client.get(f"/pick/{name}.{table}/{attribute}?{query_string}").json()
        return [row["values"] for row in found["rows"]]

    assert picked("mouse", q="30") == [{"mouse": "30"}]
    assert picked("mouse", q="3") == [{"mouse": "3"}, {"mouse": "30"}, {"mouse": "13"}, {"mouse": "23"}]  # m13, m23
    assert picked("session", mouse="2") == [{"mouse": "2", "session": "1"}, {"mouse": "2", "session": "2"}]
    assert picked("session", mouse="2", q="2") == [{"mouse": "2", "session": "2"}]
    assert picked("session", q="1, 2") == [{"mouse": "1", "session": "2"}]
    assert picked("also_session", also="2", mouse="1", q="1") == [{"also": "2", "also_session": "1"}]
    assert picked("mate", "Session", q="m7") == [{"mate": "7"}]
    assert picked("drug", "Session.Trial", q="50%25") == [{"drug": "50% glu, a/b"}]
    assert picked("session", mouse="what") == picked("session")


def test_a_reference_is_whole_or_empty(ana: Visitor, lab: lw.Schema) -> None:
    ana.open(f"/new/{lab.database_name}.Look").send(look="1", mouse="1", session="1", also="2")
    assert ana.status == 422
    assert "A reference is whole or empty: this is missing." in ana.told
    ana.send(also_session="1")
    assert (lab["Look"] & "look = 1").fetch1("also", "also_session") == (2, 1)


def test_drafts_are_kept_gone_on_with_and_discarded(ana: Visitor, lab: lw.Schema) -> None:
    name = lab.database_name
    ana.open(f"/new/{name}.Session").press("add.Trial", mouse="4")
    ana.press("draft", **{"Trial.0.trial": "6"})
    draft = drafts_of(desk(lab))[0]
    assert (draft.table, draft.of) == (f"{name}.Session", "")
    ana.open(f"/new/{name}.Session")
    assert ana.values["mouse"] == ""
    assert "You have begun this before" in ana.page
    ana.open(f"/new/{name}.Session?.draft={draft.number}")
    assert (ana.values["mouse"], ana.values["Trial.0.trial"]) == ("4", "6")
    ana.send(session="9", day="2026-01-01", **{"Trial.0.correct": "no"})
    assert trials(lab, mouse=4) == [(6, False, None)]
    assert drafts_of(desk(lab)) == []
    ana.open(f"/edit/{name}.Mouse/5").press("draft", name="later")
    lab["Mouse"].update1({"mouse": 5, "name": "theirs"})
    ana.open(ana.where).send()
    assert ana.status == 409  # what was is kept, too
    ana.press("discard")
    assert drafts_of(desk(lab)) == []


def test_templates_fill_what_is_empty(ana: Visitor, lab: lw.Schema) -> None:
    name = lab.database_name
    ana.open(f"/new/{name}.Session").press("add.Trial", mouse="4", session="2", day="2026-03-01")
    ana.press("template", **{".name": "usual", "Trial.0.trial": "1", "Trial.0.correct": "yes", "note": "rig 2"})
    assert ana.told == ["Template usual is kept."]
    ana.open(f"/new/{name}.Session").press("fill", mouse="6", **{".pattern": "usual"})
    found = {n: ana.values[n] for n in ("mouse", "session", "day", "note", "Trial.0.trial")}
    assert found == {"mouse": "6", "session": "", "day": "2026-03-01", "note": "rig 2", "Trial.0.trial": "1"}
    ana.send(session="1")
    assert trials(lab, mouse=6) == [(1, True, None)]
    ana.open(f"/new/{name}.Session").press("fill", **{".pattern": ""})
    assert (ana.values["mouse"], ana.values["session"], ana.values["note"]) == ("6", "", "rig 2")
    assert "Trial.0.trial" not in ana.values
    ana.press("forget", **{".pattern": "usual"})
    assert "usual</option>" not in ana.page
    ana.press("template", **{".name": " "})
    assert ana.told[-1] == "Give the template a name."


def test_what_fills_itself_is_not_entered(ana: Visitor, lab: lw.Schema) -> None:
    ana.open(f"/new/{lab.database_name}.Score")
    assert ana.status == 403
