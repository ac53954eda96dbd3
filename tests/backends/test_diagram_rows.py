"""Diagrams of rows: what a deletion reaches, what follows from some rows, and what they come from."""

from __future__ import annotations

from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.backends.classes import part, table

import labwright as lw
from labwright.core.errors import LabwrightError, QueryError
from labwright.define.table import ForeignKey, TableId
from labwright.tables.virtual import FreeTable
from labwright.testing.pipelines import Pipeline, Row, pipelines

QUOTES = {ord(quote): None for quote in '`"'}


@pytest.fixture
def lab(schema: lw.Schema) -> dict[str, Any]:
    """Subjects with sessions, sessions with trials and scans; a pair of scans of one session; rigs without rows."""
    names: dict[str, Any] = {}
    names["Subject"] = table(schema, "Subject", "subject : int32\n---\nsex : enum('F', 'M')")
    names["Rig"] = table(schema, "Rig", "rig : int8")
    trial = part("Trial", "-> master\ntrial : int8")
    names["Session"] = table(schema, "Session", "-> Subject\nsession : int8\n---\n-> [nullable] Rig", Trial=trial)
    names["Scan"] = table(schema, "Scan", "scan : int32\n---\n-> Session")
    pair = "-> Scan.proj(first='scan')\n-> Scan.proj(second='scan')"
    names["Pair"] = table(schema, "Pair", pair, context=names)
    names["Subject"].insert([(1, "F"), (2, "M"), (3, "F")])
    names["Session"].insert([{"subject": s, "session": n} for s, n in ((1, 1), (1, 2), (2, 1))])
    names["Session"].Trial.insert([(1, 1, 1), (1, 1, 2), (2, 1, 1)])
    names["Scan"].insert([(10, 1, 1), (11, 1, 2), (20, 2, 1)])
    names["Pair"].insert([(10, 11), (10, 20), (20, 20)])
    return names


def by_label(diagram: lw.Diagram) -> dict[str, int]:
    labels = {n.translate(QUOTES): diagram.model[n].label for n in diagram}
    return {labels[name.translate(QUOTES)]: count for name, count in diagram.counts().items()}


def test_cascade_is_what_a_deletion_reaches(lab: dict[str, Any]) -> None:
    Subject, Session = lab["Subject"], lab["Session"]
    reached = lw.Diagram.cascade(Subject & {"subject": 2})
    expected = {"Subject": 1, "Session": 1, "Session.Trial": 1, "Scan": 1, "Pair": 2}
    assert by_label(reached) == expected
    assert by_label(lw.Diagram.cascade(Subject & "subject > 7").prune()) == {}
    assert set(reached.counts()) == {cls.full_table_name for cls in (Subject, Session, Session.Trial)} | {
        lab[n].full_table_name for n in ("Scan", "Pair")
    }
    trials = Session.Trial & {"subject": 1}
    assert by_label(lw.Diagram.cascade(trials)) == {"Session.Trial": 2}
    assert by_label(lw.Diagram.cascade(trials, "cascade")) == {"Session": 1, "Session.Trial": 2, "Scan": 1, "Pair": 2}
    with pytest.raises(LabwrightError, match="'enforce', 'cascade' or 'ignore', not 'casade'"):
        lw.Diagram.cascade(trials, "casade")  # type: ignore[arg-type]  # a mistake
    with pytest.raises(QueryError, match="have no expression"):
        reached[Session]


def test_where_the_ways_double_from_table_to_table(schema: lw.Schema) -> None:
    names: dict[str, Any] = {}
    for letter in "abcdefghijklmnopqrstuvwxyz":
        parents = [f"-> {name}" for name in list(names)[-2:]]
        definition = "\n".join([f"{letter} : int8", "---", *parents])
        names[letter.upper()] = table(schema, letter.upper(), definition, context=names)
    first, some, last = (names[n] for n in "ADZ")
    for count, cls in enumerate(list(names.values())[:4]):
        cls.insert([(n,) + (n,) * min(count, 2) for n in (1, 2)])
    assert [lw.Diagram.trace(some & "d = 1").counts().get(c.full_table_name) for c in (first, some)] == [1, 1]
    with pytest.raises(QueryError, match="More than 500 ways lead to rows of"):
        lw.Diagram.trace(last)
    with pytest.raises(QueryError, match=r"let Diagram\.cascade count"):
        lw.Diagram(schema).restrict(first)
    assert lw.Diagram.cascade(first & "a = 1").counts()[some.full_table_name] == 1


def test_rows_that_are_none_of_a_table(lab: dict[str, Any], schema: lw.Schema) -> None:
    Subject = lab["Subject"]
    for wrong in (Subject.proj(), Subject & lw.Top(1), "Subject", 3, None):
        for follow in (lw.Diagram.cascade, lw.Diagram.trace, lw.Diagram(schema).restrict):
            with pytest.raises(lw.errors.QueryError, match=f"not {type(wrong).__name__}. "):
                follow(wrong)


def test_restrict_follows_rows_downstream(lab: dict[str, Any], schema: lw.Schema) -> None:
    Subject, Session, Scan, Pair = lab["Subject"], lab["Session"], lab["Scan"], lab["Pair"]
    whole = lw.Diagram(schema)
    one = whole.restrict(Subject & {"subject": 1})
    assert by_label(one) == {"Subject": 1, "Session": 2, "Session.Trial": 2, "Scan": 2, "Pair": 1}
    assert by_label(one.restrict(Session & "session = 2")) == {
        "Subject": 1,
        "Session": 1,
        "Session.Trial": 0,
        "Scan": 1,
        "Pair": 0,
    }
    assert one[Pair].to_dicts() == [{"first": 10, "second": 11}]
    assert isinstance(one[Scan], Scan)
    assert isinstance(one["Scan"], FreeTable)
    assert one["Session.Trial"].keys() == one[f"{schema.database}.session__trial"].keys() == one[Session.Trial].keys()
    assert one[Session.full_table_name].to_dicts() == one[Session].to_dicts() == (Session & "subject = 1").to_dicts()
    assert "Rig" in [node.label for node in one.prune().drawn.nodes]
    few = one.restrict(Session & "session = 2").prune()
    assert {n.label for n in few.drawn.nodes} == {"Subject", "Rig", "Session", "Scan"}


def test_trace_follows_rows_upstream(lab: dict[str, Any]) -> None:
    Subject, Session, Scan, Pair = lab["Subject"], lab["Session"], lab["Scan"], lab["Pair"]
    trace = lw.Diagram.trace(Pair & "second = 20")
    assert trace[Scan].keys(order_by="scan") == [{"scan": 10}, {"scan": 20}]
    assert trace[Session].keys(order_by="KEY") == [{"subject": 1, "session": 1}, {"subject": 2, "session": 1}]
    assert trace[Subject].fetch("subject").tolist() == [1, 2]
    assert by_label(trace) == {"Subject": 2, "Rig": 0, "Session": 2, "Scan": 2, "Pair": 2}
    assert by_label(trace.prune()) == {"Subject": 2, "Session": 2, "Scan": 2, "Pair": 2}
    with pytest.raises(QueryError, match=r"no table 'Sesion' in this diagram. Did you mean 'Session'"):
        trace["Sesion"]
    with pytest.raises(QueryError, match="chosen already"):
        trace.restrict(Session)


def test_all_rows_are_meant_unless_some_are_chosen(lab: dict[str, Any], schema: lw.Schema) -> None:
    whole = lw.Diagram(schema)
    assert by_label(whole) == {"Subject": 3, "Rig": 0, "Session": 3, "Session.Trial": 3, "Scan": 3, "Pair": 3}
    assert "Rig" not in by_label(whole.prune())
    assert "rows" not in whole.make_mermaid()
    assert whole[lab["Subject"]].to_dicts() == lab["Subject"].to_dicts()


def test_pictures_tell_how_many_rows(lab: dict[str, Any], schema: lw.Schema) -> None:
    chosen = lw.Diagram(schema).restrict(lab["Subject"] & {"subject": 1})
    assert '["<u>Subject</u><br>1 row"]:::manual' in chosen.make_mermaid()
    assert "2 rows" in chosen.make_svg()
    assert "2 rows" in chosen.make_dot()
    assert chosen.make_png().read(4) == b"\x89PNG"
    assert (chosen * lw.Diagram(lab["Scan"])).drawn.nodes[0].status == "2 rows"
    assert (lw.Diagram(lab["Scan"]) + chosen).drawn["".join(lw.Diagram(lab["Scan"]))].status == "2 rows"
    with pytest.raises(QueryError, match="of different rows"):
        chosen + lw.Diagram.trace(lab["Scan"])


def test_rows_are_those_of_a_table(lab: dict[str, Any], schema: lw.Schema) -> None:
    with pytest.raises(QueryError, match="the rows of a table, such as"):
        lw.Diagram(schema).restrict(lab["Session"].proj())
    with pytest.raises(QueryError, match="is not in this diagram"):
        lw.Diagram.trace(lab["Subject"]).restrict(lab["Scan"])
    with pytest.raises(QueryError, match="of no database"):
        lw.Diagram.of_model(lw.Diagram(schema).model).counts()


def test_tables_are_called_as_the_context_has_them(lab: dict[str, Any], schema: lw.Schema) -> None:
    module = ModuleType("pipeline")
    module.__dict__.update(lab, schema=schema)
    labels = {n.label for n in lw.Diagram(module, {"pipeline": module, "Animal": lab["Subject"]}).drawn.nodes}
    assert labels == {"Animal", "pipeline.Rig", "pipeline.Session", "pipeline.Session.Trial", "pipeline.Scan"} | {
        "pipeline.Pair"
    }
    assert lw.Diagram(module) == lw.Diagram(schema)
    with pytest.raises(QueryError, match="'pytest' has no schema"):
        lw.Diagram(pytest)


Cell = tuple[TableId, int]


class Model:
    """The rows of a pipeline, each by its table and number."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.tables = {t.id: t for t in pipeline.tables}
        self.rows = {t.id: pipeline.rows[t.id.schema, t.id.name] for t in pipeline.tables}

    def referenced(self, fk: ForeignKey, row: Row) -> set[Cell]:
        values = [row[c] for c in fk.columns]
        found = enumerate(self.rows[fk.parent])
        return {(fk.parent, i) for i, r in found if None not in values and [r[c] for c in fk.parent_columns] == values}

    def upstream(self, root: TableId, chosen: set[int]) -> dict[TableId, set[int]]:
        found = {root: chosen}
        for id_ in reversed(self.tables):  # children first
            for fk in self.tables[id_].foreign_keys if id_ in found else ():
                found.setdefault(fk.parent, set())
                for i in found[id_]:
                    found[fk.parent] |= {n for _, n in self.referenced(fk, self.rows[id_][i])}
        return found

    def downstream(self, root: TableId, chosen: set[int]) -> dict[TableId, set[int]]:
        found = {root: chosen}
        for id_, own in self.tables.items():
            leading = [fk for fk in own.foreign_keys if fk.parent in found]
            if leading and id_ != root:
                kept = enumerate(self.rows[id_])
                found[id_] = {i for i, r in kept if all(self._follows(fk, r, found[fk.parent]) for fk in leading)}
        return found

    def _follows(self, fk: ForeignKey, row: Row, kept: set[int]) -> bool:
        return any(i in kept for _, i in self.referenced(fk, row))

    def keys(self, id_: TableId, numbers: set[int]) -> set[tuple[Any, ...]]:
        key = self.tables[id_].heading.primary_key
        return {tuple(self.rows[id_][i][n] for n in key) for i in numbers}


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_rows_are_followed_as_a_walk_from_row_to_row_finds_them(
    data: st.DataObject, project: lw.Project, prefix: str
) -> None:
    name = f"{prefix}{uuid4().hex[:6]}"
    model = Model(data.draw(pipelines(name, most_tables=6)))
    project.database.declare(list(model.tables.values()))
    for id_, rows in model.rows.items():
        FreeTable(project, str(id_)).insert(rows, allow_direct_insert=True)
    root = data.draw(st.sampled_from(list(model.tables)))
    numbers = range(len(model.rows[root]))
    chosen = set(data.draw(st.lists(st.sampled_from(numbers), unique=True)) if numbers else [])
    key = model.tables[root].heading.primary_key
    seed = FreeTable(project, str(root)) & [{n: model.rows[root][i][n] for n in key} for i in chosen]
    whole = lw.Diagram(lw.virtual_schema(name, connection=project))
    agree(lw.Diagram.trace(seed), model, model.upstream(root, chosen))
    agree(whole.restrict(seed), model, model.downstream(root, chosen))
    project.database.forget(name)


def agree(diagram: lw.Diagram, model: Model, expected: dict[TableId, set[int]]) -> None:
    found = {id_: {tuple(k.values()) for k in diagram[str(id_)].proj()} for id_ in expected}
    assert found == {id_: model.keys(id_, numbers) for id_, numbers in expected.items()}
    assert list(diagram.counts().values()) == [len(found[t]) for t in map(table_id, diagram) if t in found]
    assert len(diagram.counts()) == len(expected)


def table_id(node: str) -> TableId:
    schema, _, name = node.partition(".")
    return TableId(schema, name)
