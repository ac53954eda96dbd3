"""Rows out of files and clipboards: what is taken, what is refused and why, and that nothing is half done."""

from __future__ import annotations

import datetime
import io
import uuid
from collections.abc import Mapping
from typing import Any

import pytest
import xlsxwriter
from tests.backends.classes import part, table

import labwright as lw
from labwright.web.accounts.person import Person
from labwright.web.desk.desk import Desk
from labwright.web.desk.importing.beginning import begin, begin_with_parts, read_again
from labwright.web.desk.importing.checking import check, correct, override, put_into
from labwright.web.desk.importing.draft import Draft, find, may_import, unfinished
from labwright.web.desk.importing.entering import enter
from labwright.web.desk.importing.judging import Fate, There
from labwright.web.desk.importing.looking import begin_with_missing, changes_of, missing, rows_with
from labwright.web.desk.importing.mapping import Choice
from labwright.web.desk.past import change_of, recent, undo
from labwright.web.desk.refusals import BadRequestError, NotAllowedError, NotThereError
from labwright.web.desk.sheet import Sheet
from labwright.web.desk.workspace import Workspace
from labwright.web.roles.grant import Grant
from labwright.web.roles.rights import Rights
from labwright.web.roles.role import Role, Scope, Verb

EVERYTHING = frozenset({Verb.READ, Verb.INSERT, Verb.UPDATE, Verb.DELETE})


@pytest.fixture
def lab(schema: lw.Schema) -> lw.Schema:
    table(schema, "Cage", "cage : varchar(20)\n---\nroom = '' : varchar(20)").insert([("A", "1"), ("B", "2")])
    table(
        schema, "Mouse",
        """
        mouse : int32                     # ear tag
        ---
        -> Cage
        name : varchar(20)
        tag = null : varchar(20)
        weight = null : float64           # on arrival (g)
        arrival = null : date
        is_tame = 0 : bool
        unique index (tag)
        """,
        rules=[lw.Check("weight > 0", says="A mouse weighs something.")],
        Weighing=part("Weighing", "-> master\nday : date\n---\ngrams : float64"),
    ).insert1({"mouse": 1, "cage": "A", "name": "Ada", "tag": "x", "weight": 20.5})  # fmt: skip
    table(schema, "Score", "-> Mouse\n---\nscore : int32", lw.Computed, make=lambda self, key: None)
    schema.ensure_declared()
    return schema


def desk(lab: lw.Schema, *grants: Grant, person: str = "ana", screens: lw.Screens | None = None) -> Desk:
    who = Person(person, role=Role.RESEARCHER)
    kept = f"{lab.database_name}_kept"
    workspace = Workspace(lab.project, schemas=[lab.database_name], kept=kept, screens=screens)
    return Desk(workspace, who, Rights.of(who, grants or [all_()]))


def all_(verbs: frozenset[Verb] = EVERYTHING, table: str = "*", **more: Any) -> Grant:
    return Grant(Role.RESEARCHER, None, "*", table, verbs, **more)


@pytest.fixture
def mice(lab: lw.Schema) -> Sheet:
    return desk(lab).sheet(f"{lab.database_name}.Mouse")


def tried(sheet: Sheet, text: str, there: There = There.REFUSE, **constants: str) -> Draft:
    """An import of a text, with the mapping that was guessed."""
    draft = begin(sheet, "mice.csv", text.encode())
    return put_into(draft, Choice(draft.mapping.columns, constants), there)


def problems(draft: Draft) -> dict[int, dict[str, str]]:
    rows = rows_with(draft, Fate.BAD).rows
    return {one.number: {problem.name: problem.text for problem in one.problems} for one in rows}


def workbook(*sheets: tuple[str, list[list[Any]]], **options: Any) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"default_date_format": "yyyy-mm-dd", **options}) as book:
        for name, rows in sheets:
            made = book.add_worksheet(name)
            for number, cells in enumerate(rows):
                made.write_row(number, 0, cells)
    return file.getvalue()


def test_rows_are_entered_as_one_change_and_taken_back(lab: lw.Schema, mice: Sheet) -> None:
    draft = tried(mice, "Mouse;cage;NAME;weight (g);arrival;is tame\n2;A;Bo;21,5;29.02.2024;yes\n3;B;Cy;;;\n")
    assert draft.mapping.columns == {0: "mouse", 1: "cage", 2: "name", 3: "weight", 4: "arrival", 5: "is_tame"}
    assert draft.counts == {"new": 2, "skipped": 0, "changed": 0, "same": 0, "bad": 0}
    assert len(lab["Mouse"]()) == 1
    done = enter(draft)
    assert done.begun.state == "done"
    rows = (lab["Mouse"] & "mouse > 1").to_dicts(order_by="mouse")
    assert [(r["cage"], r["name"], r["weight"], str(r["arrival"]), bool(r["is_tame"])) for r in rows] == [
        ("A", "Bo", 21.5, "2024-02-29", True), ("B", "Cy", None, "None", False),
    ]  # fmt: skip
    (change,) = (c for c in recent(mice.desk) if c.id == done.about["entered"][0]["change"])
    assert (change.who, change.why) == ("ana", "import of mice.csv")
    undo(mice.desk, change)
    assert lab["Mouse"]().keys() == [{"mouse": 1}]


def test_every_bad_cell_has_its_reason(lab: lw.Schema, mice: Sheet, backend: str) -> None:
    unnamed = backend == "mysql"  # which does not tell the columns of an index
    draft = tried(
        mice,
        "mouse,cage,name,tag,weight\n"
        "two,A,Bo,,1\n"  # 2
        "3,Z,Cy,,1\n"  # 3: no such cage
        "4,A,,,heavy\n"  # 4
        "5,A,Di,,1\n"  # 5
        "5,A,Ed,,1\n"  # 6: as 5
        "1,A,Fi,,1\n"  # 7: is there
        "6,A,Gi,x,1\n"  # 8: the tag of Ada
        "7,A,Hi,,-3\n"  # 9: breaks a rule
        "8,A,Jo,,1,more\n",
    )
    assert problems(draft) == {
        2: {"mouse": "'two' is not a number. Write it as 12, 0.5 or 1e-3."},
        3: {"cage": "There is no Cage Z. Enter it first."},
        4: {"name": "This needs a value.", "weight": "'heavy' is not a number. Write it as 12, 0.5 or 1e-3."},
        6: {"mouse": "Row 5 has the same mouse."},
        7: {"mouse": "There is a Mouse 1 already."},
        8: {"": "There is such a row already." if unnamed else "There is a row with the same tag already."},
        9: {"": "A mouse weighs something."},
        10: {"": "This row has more cells than there are columns."},
    }
    assert draft.counts["new"] == 1
    assert len(lab["Mouse"]()) == 1
    with pytest.raises(BadRequestError, match="8 rows cannot be entered"):
        enter(draft)


def test_valid_rows_are_entered_and_the_rest_is_kept(lab: lw.Schema, mice: Sheet) -> None:
    draft = tried(mice, "mouse,cage,name\n2,A,Bo\nthree,A,Cy\n4,Z,Di\n")
    left = enter(draft, only_valid=True)
    assert left.begun.state == "checked"
    assert set(problems(left)) == {3, 4}
    assert [d.id for d in unfinished(mice.desk)] == [draft.id]
    again = correct(find(mice, draft.id), {(3, 0): "3", (4, 1): "B"})
    assert again.counts["new"] == 2
    assert enter(again).begun.state == "done"
    assert lab["Mouse"]().to_arrays("name", order_by="mouse").tolist() == ["Ada", "Bo", "Cy", "Di"]
    assert unfinished(mice.desk) == []


def test_only_what_changed_is_looked_at_again(mice: Sheet) -> None:
    draft = tried(mice, "mouse,cage,name\n2,A,Bo\n2,A,Cy\n3,A,Di\nx,A,Ed\n")
    assert set(problems(draft)) == {3, 5}
    draft = correct(draft, {(2, 0): "9"})
    assert set(problems(draft)) == {5}  # nobody else has 2 any more
    draft = correct(draft, {(5, 0): "3"})
    assert problems(draft) == {5: {"mouse": "Row 4 has the same mouse."}}
    draft = correct(draft, {(4, 0): "5"})
    assert problems(draft) == {}
    draft = correct(draft, {(2, 0): "5"}, {4})
    assert draft.counts["new"] == 3
    draft = correct(draft, {(3, 0): "5"})
    assert problems(draft) == {3: {"mouse": "Row 2 has the same mouse."}}


def test_rows_that_are_there_are_passed_over(lab: lw.Schema, mice: Sheet) -> None:
    draft = tried(mice, "mouse,cage,name\n1,B,Eve\n2,A,Bo\n", There.SKIP)
    assert (draft.counts["skipped"], draft.counts["new"]) == (1, 1)
    enter(draft)
    assert lab["Mouse"]().to_arrays("name", order_by="mouse").tolist() == ["Ada", "Bo"]


def test_rows_that_are_there_are_changed_and_the_change_is_shown(lab: lw.Schema, mice: Sheet) -> None:
    lab["Mouse"].insert1({"mouse": 2, "cage": "A", "name": "Bo"})
    draft = tried(mice, "mouse,cage,name,weight\n1,B,Ada,\n2,A,Bo,\n3,A,Cy,3\n", There.UPDATE)
    assert draft.counts == {"new": 1, "skipped": 0, "changed": 1, "same": 1, "bad": 0}
    (one,) = rows_with(draft, Fate.CHANGED).rows
    assert sorted(changes_of(draft, one)) == [("cage", "A", "B"), ("weight", "20.5", "")]
    done = enter(draft)
    assert (lab["Mouse"] & "mouse = 1").fetch1("cage", "name", "tag", "weight") == ("B", "Ada", "x", None)
    (change,) = (c for c in recent(mice.desk) if c.id == done.about["entered"][0]["change"])
    undo(mice.desk, change)
    assert (lab["Mouse"] & "mouse = 1").fetch1("cage", "weight") == ("A", 20.5)
    assert len(lab["Mouse"]()) == 2


def test_what_others_change_meanwhile_is_not_overwritten(lab: lw.Schema, mice: Sheet) -> None:
    draft = tried(mice, "mouse,cage,name\n1,A,Eve\n3,A,Cy\n", There.UPDATE)
    lab["Mouse"].update1({"mouse": 1, "name": "theirs"})
    with pytest.raises(BadRequestError, match="Nothing was entered"):
        enter(draft)
    assert lab["Mouse"]().to_arrays("name").tolist() == ["theirs"]
    assert enter(check(find(mice, draft.id))).begun.state == "done"
    assert lab["Mouse"]().to_arrays("name", order_by="mouse").tolist() == ["Eve", "Cy"]


def test_what_others_enter_meanwhile_stops_all_of_it(lab: lw.Schema, mice: Sheet) -> None:
    draft = tried(mice, "mouse,cage,name\n2,A,Bo\n3,A,Cy\n")
    lab["Mouse"].insert1({"mouse": 3, "cage": "A", "name": "theirs"})
    with pytest.raises(BadRequestError, match="Nothing was entered"):
        enter(draft)
    assert lab["Mouse"]().to_arrays("mouse", order_by="mouse").tolist() == [1, 3]
    assert find(mice, draft.id).begun.state == "checked"


def test_an_import_is_entered_once(mice: Sheet) -> None:
    draft = tried(mice, "mouse,cage,name\n2,A,Bo\n")
    enter(draft)
    with pytest.raises(BadRequestError, match="Nothing was entered"):
        enter(draft)  # as it was before
    with pytest.raises(BadRequestError, match="were entered already"):
        enter(find(mice, draft.id))


def test_missing_parents_are_entered_first(lab: lw.Schema, mice: Sheet) -> None:
    draft = tried(mice, "mouse,cage,name\n2,Y,Bo\n3,Z,Cy\n4,Z,Di\n")
    (absent,) = missing(draft)
    assert (absent.sheet.title, absent.names, sorted(absent.keys)) == ("Cage", ["cage"], [("Y",), ("Z",)])
    parents = begin_with_missing(draft, absent.sheet.name)
    enter(put_into(parents, parents.mapping, There.REFUSE))
    assert missing(draft) == []
    assert enter(check(draft)).begun.state == "done"
    assert len(lab["Mouse"]()) == 4


def test_one_value_for_all_rows(lab: lw.Schema, mice: Sheet) -> None:
    enter(tried(mice, "mouse,name\n2,Bo\n3,Cy\n", cage="B", weight="5 g"))
    assert (lab["Mouse"] & {"cage": "B", "weight": 5.0}).keys() == [{"mouse": 2}, {"mouse": 3}]


@pytest.mark.parametrize(
    ("columns", "constants"),
    [({0: "mouse", 2: "name"}, {}), ({0: "mouse", 1: "mouse", 2: "name"}, {"cage": "A"}),
     ({0: "mouse", 1: "cage", 2: "name"}, {"weight": "heavy"}), ({0: "mouse", 1: "cage", 2: "name"}, {"name": "Bo"})],
    ids=["missing", "twice", "wrong value", "both"],
)  # fmt: skip
def test_columns_have_to_be_right(mice: Sheet, columns: Mapping[int, str], constants: Mapping[str, str]) -> None:
    draft = begin(mice, "mice.csv", b"mouse,cage,name\n2,A,Bo\n")
    with pytest.raises(BadRequestError, match="put right first"):
        put_into(draft, Choice(columns, constants), There.REFUSE)


def test_columns_are_remembered(lab: lw.Schema, mice: Sheet) -> None:
    text = b"id,where,called,junk\n2,A,Bo,1\n"
    first = begin(mice, "a.csv", text)
    assert first.mapping.columns == {}
    put_into(first, Choice({0: "mouse", 1: "cage", 2: "name"}), There.REFUSE)
    assert begin(mice, "b.csv", text).mapping.columns == {0: "mouse", 1: "cage", 2: "name"}
    others = desk(lab, person="ben").sheet(mice.name)
    assert begin(others, "b.csv", text).mapping.columns == {}


def test_another_unit_is_not_taken_for_the_same(mice: Sheet) -> None:
    draft = begin(mice, "mice.csv", b"mouse,cage,name,weight (kg)\n2,A,Bo,0.02\n")
    assert 3 not in draft.mapping.columns


def test_rows_without_names_go_by_their_place(mice: Sheet) -> None:
    draft = begin(mice, "pasted", b"2\tA\tBo\tt2\t21.5\n3\tA\tCy\tt3\t20\n")
    assert draft.about["settings"]["names_in"] == 0
    assert list(draft.mapping.columns.values()) == ["mouse", "cage", "name", "tag", "weight"]
    assert draft.about["rows"] == 2


def test_titles_above_the_names_are_passed_over(mice: Sheet) -> None:
    draft = begin(mice, "mice.csv", b"Our mice,,\n\nmouse,cage,name\n2,A,Bo\n\n3,A,Cy\n")
    assert draft.header == ["mouse", "cage", "name"]
    put = put_into(draft, draft.mapping, There.REFUSE)
    assert [one.number for one in rows_with(put, Fate.NEW).rows] == [4, 6]


def test_cells_of_workbooks_keep_their_types(lab: lw.Schema, mice: Sheet) -> None:
    day = datetime.date(2024, 2, 29)
    rows: list[list[Any]] = [["mouse", "cage", "name", "weight", "arrival", "is_tame"], [2, "A", 5, 21.5, day, True]]
    draft = begin(mice, "mice.xlsx", workbook(("first", [["nothing"]]), ("Mäuse", rows)))
    assert draft.about["sheets"] == ["first", "Mäuse"]
    draft = read_again(draft, {"sheet": "1", "names_in": "1"})
    enter(put_into(draft, draft.mapping, There.REFUSE))
    (found,) = (lab["Mouse"] & "mouse = 2").to_dicts()
    assert (found["name"], found["weight"], found["arrival"], bool(found["is_tame"])) == ("5", 21.5, day, True)


def test_errors_of_a_spreadsheet_are_told(mice: Sheet) -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(1, 1, ["mouse", "cage", "name", "weight"])
        sheet.write_row(2, 1, [2, "A"])
        sheet.write_formula(2, 3, "=1/0", None, "#DIV/0!")
        sheet.write_formula(2, 4, "=A1+21", None, 21)
        sheet.write_row(4, 1, [3, "A", "Cy", 3])
        sheet.write_formula(4, 4, '=IF(1<2,NA(),"a>b")', None, "#N/A")
    draft = begin(mice, "mice.xlsx", file.getvalue())
    draft = put_into(draft, draft.mapping, There.REFUSE)
    assert problems(draft) == {
        3: {"name": "The spreadsheet has an error here: #DIV/0!."},
        5: {"weight": "The spreadsheet has an error here: #N/A."},
    }
    draft = correct(draft, {(3, 3): "Bo", (5, 4): "20"})
    assert draft.counts["new"] == 2


def test_what_is_long_ago_is_forgotten(lab: lw.Schema, mice: Sheet) -> None:
    done = enter(tried(mice, "mouse,cage,name\n2,A,Bo\n"))
    begin(mice, "more.csv", b"mouse\n3\n")
    assert find(mice, done.id).begun.state == "done"
    kept: Any = lw.Schema(f"{lab.database_name}_kept", connection=lab.project)["Import"]
    kept.update1({"import_id": uuid.UUID(done.id), "begun": "2020-01-01 00:00:00"})
    begin(mice, "more.csv", b"mouse\n4\n")
    with pytest.raises(NotThereError):
        find(mice, done.id)


def test_a_restricted_person_gets_nothing_of_what_is_hidden(lab: lw.Schema) -> None:
    found = desk(lab, all_(hidden=frozenset({"tag"}))).sheet(f"{lab.database_name}.Mouse")
    draft = begin(found, "mice.csv", b"mouse,cage,name,tag\n1,A,Eve,y\n2,A,Bo,x\n")
    assert "tag" not in draft.fields
    assert 3 not in draft.mapping.columns
    draft = put_into(draft, Choice({**draft.mapping.columns, 3: "tag"}), There.UPDATE)
    assert draft.counts["changed"] == 1
    assert "tag" not in str([[one.base, one.problems] for fate in Fate for one in rows_with(draft, fate).rows])
    enter(draft)
    assert (lab["Mouse"] & "mouse = 1").fetch1("name", "tag") == ("Eve", "x")


def test_only_ones_own_rows_are_entered_and_changed(lab: lw.Schema) -> None:
    with lw.acting_as("ben"):
        lab["Mouse"].insert1({"mouse": 2, "cage": "A", "name": "Bo"})
    found = desk(lab, all_(scope=Scope.OWN, table="Mouse"), all_(table="Cage")).sheet(f"{lab.database_name}.Mouse")
    draft = tried(found, "mouse,cage,name\n2,A,Eve\n3,A,Cy\n", There.UPDATE)
    assert problems(draft) == {2: {"mouse": "There is a Mouse 2 already."}}
    enter(draft, only_valid=True)
    assert (lab["Mouse"] & "mouse = 2").fetch1("name") == "Bo"


def test_what_the_lab_doubts_is_entered_for_a_reason(lab: lw.Schema) -> None:
    @lw.check(lab["Mouse"])
    def weights(mouse: dict[str, Any]) -> Any:
        """Weights are those of mice."""
        if (mouse["weight"] or 0) > 100:
            yield lw.Doubt("weight", "A mouse is lighter.")
        if (mouse["weight"] or 0) > 10_000:
            yield lw.Fault("weight", "No mouse can be so heavy.")

    mice = desk(lab, screens=lw.Screens([weights])).sheet(f"{lab.database_name}.Mouse")
    text = "mouse,cage,name,weight\n2,A,Bo,120\n3,A,Cy,20\n4,A,Di,20000\n"
    draft = tried(mice, text)
    told = {2: {"weight": "A mouse is lighter."}, 4: {"weight": "A mouse is lighter. No mouse can be so heavy."}}
    assert problems(draft) == told
    draft = override(draft, "a very old mouse")
    assert set(problems(draft)) == {4}
    done = enter(draft, only_valid=True)
    (change,) = (c for c in recent(mice.desk) if c.id == done.about["entered"][0]["change"])
    assert len(lab["Mouse"] & "mouse in (2, 3)") == 2
    assert change.why == "import of mice.csv. a very old mouse (although: A mouse is lighter.)"


def test_who_may_not_enter_rows_imports_none(lab: lw.Schema) -> None:
    reader = desk(lab, all_(frozenset({Verb.READ}))).sheet(f"{lab.database_name}.Mouse")
    assert not may_import(reader)
    with pytest.raises(NotAllowedError):
        begin(reader, "mice.csv", b"mouse\n2\n")
    inserter = desk(lab, all_(frozenset({Verb.READ, Verb.INSERT}))).sheet(f"{lab.database_name}.Mouse")
    with pytest.raises(NotAllowedError, match="update"):
        tried(inserter, "mouse,cage,name\n2,A,Bo\n", There.UPDATE)
    assert not may_import(desk(lab).sheet(f"{lab.database_name}.Score"))


def test_imports_of_others_are_not_there(lab: lw.Schema, mice: Sheet) -> None:
    draft = begin(mice, "mice.csv", b"mouse\n2\n")
    other = desk(lab, person="ben").sheet(mice.name)
    for sheet, id_ in ((other, draft.id), (mice.desk.sheet(f"{lab.database_name}.Cage"), draft.id), (mice, "nothing")):
        with pytest.raises(NotThereError):
            find(sheet, id_)
    assert unfinished(other.desk) == []
    draft.discard()
    with pytest.raises(NotThereError):
        find(mice, draft.id)


def test_rows_of_a_part(lab: lw.Schema, mice: Sheet) -> None:
    enter(tried(mice.part("Weighing"), "mouse,day,grams\n1,2024-02-29,20\n1,2024-03-01,21\n"))
    assert len(lab["Mouse"].Weighing()) == 2


# ---- a table with its parts ---------------------------------------------------------------------

MICE: list[list[Any]] = [["mouse", "cage", "name"], [2, "A", "Ben"], [3, "B", "Cy"]]
DAYS: list[list[Any]] = [
    ["mouse", "day", "grams"],
    [2, "2024-02-29", 20],
    [3, "2024-03-01", 21],
    [1, "2024-03-01", 22],
]


def begun(mice: Sheet, days: list[list[Any]], more: tuple[str, list[list[Any]]] = ("Notes", [["x"]])) -> Draft:
    """The import of a workbook with mice and how they were weighed, with the mapping that was guessed."""
    draft = begin_with_parts(mice, "colony.xlsx", workbook(("weighing", days), more, ("Mouse", MICE)))
    return put_into(draft, draft.mapping, There.REFUSE)


def test_a_workbook_with_a_sheet_for_each_part_is_entered_as_one(lab: lw.Schema, mice: Sheet) -> None:
    draft = begun(mice, DAYS)
    (part,) = draft.parts
    assert (part.sheet.title, part.whole and part.whole.id) == ("Mouse.Weighing", draft.id)
    assert (draft.counts["new"], part.counts["new"], part.counts["bad"]) == (2, 3, 0)
    assert [one.id for one in unfinished(mice.desk)] == [draft.id]
    with pytest.raises(BadRequestError, match="together with those of Mouse"):
        enter(part)
    (done,) = enter(draft).about["entered"]
    assert (done["new"], done["parts"]) == (2, {"Mouse.Weighing": 3})
    assert (len(lab["Mouse"]()), len(lab["Mouse"].Weighing())) == (3, 3)
    assert unfinished(mice.desk) == []
    undo(mice.desk, change_of(mice.desk, done["change"]))
    assert (len(lab["Mouse"]()), len(lab["Mouse"].Weighing())) == (1, 0)


def test_what_is_wrong_with_a_part_stops_all_of_it_or_stays_behind(lab: lw.Schema, mice: Sheet) -> None:
    draft = begun(mice, [*DAYS, [9, "2024-03-01", 5], [3, "a day", 5]])
    (part,) = draft.parts
    assert problems(part)[5] == {"mouse": "There is no Mouse 9. Enter it first."}
    assert list(problems(part)[6]) == ["day"]
    with pytest.raises(BadRequestError, match="2 rows cannot be entered"):
        enter(draft)
    assert len(lab["Mouse"]()) == 1
    part = correct(part, {(6, 1): "2024-03-02"})
    assert (part.counts["new"], part.counts["bad"]) == (4, 1)
    enter(find(mice, draft.id), only_valid=True)
    assert (len(lab["Mouse"]()), len(lab["Mouse"].Weighing())) == (3, 4)
    (left,) = unfinished(mice.desk)
    assert (left.sheet.title, left.whole, left.counts["bad"]) == ("Mouse.Weighing", None, 1)
    enter(correct(left, {(5, 0): "3", (5, 1): "2024-04-01"}))
    assert len(lab["Mouse"].Weighing()) == 5


def test_a_master_that_is_put_right_puts_its_parts_right(mice: Sheet) -> None:
    draft = begun(mice, DAYS)
    draft = correct(draft, {(3, 1): "Z"})
    assert [one.counts["bad"] for one in (draft, *draft.parts)] == [1, 1]
    draft = correct(draft, {(3, 1): "B"})
    assert [one.counts["bad"] for one in (draft, *draft.parts)] == [0, 0]
    (part,) = draft.parts
    assert check(part).counts["new"] == 3


def test_columns_of_a_part_that_are_not_known_are_asked_for(lab: lw.Schema, mice: Sheet) -> None:
    draft = begun(mice, [["mouse", "when", "grams"], *DAYS[1:]])
    (part,) = draft.parts
    assert part.begun.state == "new"
    with pytest.raises(BadRequestError, match=r"Mouse.Weighing .* to be checked first"):
        enter(draft)
    part = put_into(part, Choice({0: "mouse", 1: "day", 2: "grams"}), There.REFUSE)
    assert part.counts["new"] == 3
    enter(find(mice, draft.id))
    assert len(lab["Mouse"].Weighing()) == 3


def test_the_master_comes_first(mice: Sheet) -> None:
    draft = begin_with_parts(mice, "colony.xlsx", workbook(("Mouse", MICE), ("Weighing", DAYS)))
    (part,) = draft.parts
    with pytest.raises(BadRequestError, match="first which column goes where in Mouse"):
        put_into(part, part.mapping, There.REFUSE)
    again = read_again(part, {"sheet": "0"})
    assert again.header == ["mouse", "cage", "name"]
    draft.discard()
    assert (unfinished(mice.desk), part.imports.of("ana")) == ([], [])


def test_parts_that_somebody_may_not_enter_are_left_out(lab: lw.Schema) -> None:
    who = desk(lab, all_(table="Mouse"), all_(frozenset({Verb.READ})))
    draft = begin_with_parts(
        who.sheet(f"{lab.database_name}.Mouse"), "c.xlsx", workbook(("Mouse", MICE), ("Weighing", DAYS))
    )
    assert (draft.parts, draft.about["rows"]) == ([], 2)
