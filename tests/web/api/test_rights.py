"""What somebody may not see or do is neither seen nor done by any address of the API."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient
from tests.backends.classes import part, table

import labwright as lw
from labwright.web.accounts.login import Login
from labwright.web.accounts.person import Person
from labwright.web.app import create_app
from labwright.web.desk.desk import Desk
from labwright.web.desk.workspace import Workspace
from labwright.web.roles.grant import Grant
from labwright.web.roles.rights import Rights, lending
from labwright.web.roles.role import Role, Scope, Verb
from labwright.web.site import Site

SECRET = 987654
"""What nobody who may not see it must find in any answer."""
READ = frozenset({Verb.READ})
ALL = frozenset(Verb) - {Verb.ADMINISTER}
ANA = Person("ana", role=Role.RESEARCHER)
NONE = Rights.of(ANA, ())


@dataclass(frozen=True)
class Granting(Site):
    """A site where one person has given rights."""

    rights: Rights = NONE

    def desk(self, login: Login, project: str) -> Desk:
        return Desk(self.workspaces[project], login.person, self.rights, (login.person.name,))


Ask = Callable[..., TestClient]


@pytest.fixture
def lab(schema: lw.Schema) -> lw.Schema:
    person = table(schema, "Person", "person : varchar(20)\n---\nsalary = 0 : int32\ntrace = null : <blob>")
    session = table(
        schema, "Session", "session : int32\n---\n-> Person\nnote = '' : varchar(50)", owner="Person",
        Trial=part("Trial", "-> master\ntrial : int32"),
    )  # fmt: skip
    table(schema, "Score", "-> Session\n---\nscore : float64", lw.Computed)
    person.insert([("ana", SECRET, None), ("ben", SECRET, [SECRET])])
    session.insert([(1, "ana", "a"), (2, "ben", "b"), (3, "ana", "c")])
    session.Trial.insert([(1, 1), (2, 1)])
    len(schema["Score"]())
    return schema


@pytest.fixture
def client(lab: lw.Schema) -> Ask:
    def make(*grants: Grant, **limit: Any) -> TestClient:
        rights = Rights.of(ANA, grants)
        workspace = Workspace(lab.project, schemas=[lab.database_name])
        site = Granting({"lab": workspace}, rights=rights.within(lending(**limit)) if limit else rights)
        return TestClient(create_app(site, ANA), "http://127.0.0.1", raise_server_exceptions=False)

    return make


def grant(verbs: frozenset[Verb] = ALL, table: str = "*", **more: Any) -> Grant:
    return Grant(Role.RESEARCHER, None, "*", table, verbs, **more)


def sent(body: Any) -> dict[str, Any]:
    """How a body is given to a client; None for none."""
    return {} if body is None else {"content": body} if isinstance(body, bytes) else {"json": body}


def query(lab: lw.Schema, **more: Any) -> dict[str, Any]:
    return {"op": "restrict", "of": of(lab, "Person"), "where": [], **more}


def of(lab: lw.Schema, name: str) -> dict[str, Any]:
    return {"op": "table", "table": f"{lab.database_name}.{name}"}


CHANGE_NOTE = {"where": [{"equal": {"session": 1}}], "attribute": "note", "value": "x"}
CHANGE = {"where": [{"equal": {"person": "ben"}}], "confirm": ""}


LOOKED_AT = ("trace", "salary")


def hidden(lab: lw.Schema) -> list[tuple[str, str, Any]]:
    """Requests that ask for the salary, or change it, in all ways there are."""
    person, session = of(lab, "Person"), of(lab, "Session")
    compare = {"attribute": "salary", "is": "ge", "value": 1}
    queries = [
        query(lab, where=[compare]),
        query(lab, where=[{"equal": {"salary": SECRET}}]),
        query(lab, where=[{"not": {"any": [compare]}}]),
        {"op": "restrict", "of": session, "where": [{"within": query(lab, where=[compare])}]},
        {"op": "project", "of": person, "keep": ["salary"]},
        {"op": "project", "of": person, "rename": {"pay": "salary"}},
        {"op": "project", "of": person, "compute": {"pay": {"fn": "add", "args": ["salary", 0]}}},
        {"op": "restrict", "of": {"op": "join", "left": session, "right": person}, "where": [compare]},
        {"op": "aggregate", "by": person, "of": session, "compute": {"n": {"fn": "max", "of": "salary"}}},
        {"op": "group", "of": person, "by": ["salary"]},
        {"op": "group", "of": person, "by": [], "compute": {"n": {"fn": "sum", "of": "salary"}}},
        {"op": "first", "of": person, "limit": 1, "order": ["-salary"]},
    ]
    places = ("/query", "/query/count", "/query/fetch")
    return [
        *((("POST"), place, {"query": tree}) for tree in queries for place in places),
        ("POST", "/query", {"query": person, "order": ["salary"]}),
        ("GET", "/tables/{s}.Person/rows?salary.ge=1", None),
        ("GET", "/tables/{s}.Person/rows?sort=salary", None),
        ("GET", "/bulk/{s}.Person?salary.ge=1", None),
        ("GET", "/bulk/{s}.Person?columns=salary", None),
        ("GET", "/bulk/{s}.Person?sort=-salary", None),
        ("GET", "/content/{s}.Person/ben/salary", None),
        ("GET", "/content/{s}.Person/ben/trace", None),
        ("PUT", "/content/{s}.Person/ben/trace", None),
        ("PATCH", "/tables/{s}.Person/rows/ben", {"changes": {"salary": 1}}),
        ("PATCH", "/tables/{s}.Person/rows/ben", {"changes": {"person": "ben"}, "base": {"salary": 1}}),
        ("POST", "/tables/{s}.Person/rows", {"rows": [{"person": "new", "salary": 1}]}),
        ("POST", "/tables/{s}.Person/losses", {"where": [compare]}),
        ("POST", "/tables/{s}.Person/delete", {"where": [compare], "confirm": ""}),
        ("POST", "/work/{s}.Score/claim", {"key": {"salary": 1}}),
        ("GET", "/tables/{s}.Person/rows?columns=salary", None),
        ("GET", "/tables/{s}.Session/rows?columns=Person:salary", None),
        ("GET", "/tables/{s}.Session/rows?Person:salary.ge=1", None),
        ("GET", "/tables/{s}.Session/rows?sort=Person:salary", None),
        *(
            ("GET", f"/tables/{{s}}.Person/{place}?{asked}", None)
            for place in ("count", "facets", "export")
            for asked in ("salary.ge=1", "sort=salary", "columns=salary")
        ),
        ("GET", "/tables/{s}.Session/options/person?salary=1", None),
        ("GET", "/tables/{s}.Person/options/salary", None),
        ("POST", "/tables/{s}.Person/changes", {"where": [compare], "attribute": "salary", "value": 1}),
        ("POST", "/tables/{s}.Session/changes", {"where": [compare], "attribute": "note", "value": "x"}),
        ("POST", "/tables/{s}.Person/change", {**CHANGE, "attribute": "salary", "value": 1}),
        ("PUT", "/tables/{s}.Person/views/mine", {"query": "salary.ge=1"}),
        ("PUT", "/tables/{s}.Person/views/mine", {"query": "sort=salary"}),
        *(("GET", f"/{look}/{{s}}.Person/ben/{name}", None) for look in ("preview", "picture") for name in LOOKED_AT),
    ]


def test_a_hidden_attribute_is_refused_as_one_that_is_not_there(lab: lw.Schema, client: Ask) -> None:
    ask = client(grant(hidden=frozenset({"salary", "trace"})))
    for method, path, body in hidden(lab):
        answer = ask.request(method, f"/api/v1{path.format(s=lab.database_name)}", **sent(body))
        assert answer.status_code in (404, 422), (method, path, body, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert str(SECRET) not in answer.text
        absent = json.loads(json.dumps(body).replace("salary", "payment")) if body else None
        other = ask.request(
            method,
            f"/api/v1{path.format(s=lab.database_name).replace('salary', 'payment').replace('trace', 'tract')}",
            **sent(absent),
        )
        told = other.text.replace("payment", "salary").replace("tract", "trace")
        assert (other.status_code, told) == (answer.status_code, answer.text), "the answer tells the two apart"
    assert (lab["Person"] & "person = 'ben'").fetch1("salary") == SECRET


def test_a_hidden_attribute_is_in_no_answer(lab: lw.Schema, client: Ask) -> None:
    ask = client(grant(hidden=frozenset({"salary", "trace"})))
    name, person = lab.database_name, of(lab, "Person")
    joined = {"op": "join", "left": of(lab, "Session"), "right": person}
    lab["Person"].update1({"person": "ana", "salary": SECRET + 1})
    answers = [
        ask.get(f"/api/v1/{path.format(s=name)}")
        for path in (
            "tables", "tables/{s}.Person", "tables/{s}.Person/rows", "tables/{s}.Person/rows/ben",
            "tables/{s}.Person/rows/ben?blobs=packed", "tables/{s}.Person/rows/ana/history",
            "tables/{s}.Person/rows/ana/losses", "bulk/{s}.Person", "bulk/{s}.Person?format=arrow",
            "bulk/{s}.Person?format=parquet", "bulk/{s}.Person?format=blob", "changes",
            "tables/{s}.Person/facets", "tables/{s}.Person/export", "tables/{s}.Person/export?format=parquet",
            "tables/{s}.Session/options/person", f"search?q={SECRET}", "search?q=salary", "search?q=ana", "diagram",
            "diagram.svg", "tables/{s}.Person/rows?q=ana", "tables/{s}.Person/rows/ben/signatures",
        )
    ]  # fmt: skip
    answers += [ask.post("/api/v1/query", json={"query": tree}) for tree in (person, joined)]
    answers += [
        ask.post("/api/v1/query/fetch", json={"query": joined, "format": form})
        for form in ("jsonl", "arrow", "parquet", "blob")
    ]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        assert b"salary" not in answer.content
        assert str(SECRET).encode() not in answer.content
        assert SECRET.to_bytes(4, "little") not in answer.content


def test_what_may_not_be_read_is_not_there(lab: lw.Schema, client: Ask) -> None:
    ask = client(grant(table="Person"))
    s = f"/api/v1/{{}}{lab.database_name}.Session{{}}"
    key = {"key": {"session": 1}}
    for method, place, rest, body in (
        ("GET", "tables/", "", None), ("GET", "tables/", "/rows", None), ("GET", "tables/", "/rows/1", None),
        ("GET", "tables/", "/rows/1/history", None), ("GET", "tables/", "/rows/1/losses", None),
        ("DELETE", "tables/", "/rows/1?confirm=x", None), ("GET", "bulk/", "", None), ("GET", "jobs/", "", None),
        ("POST", "jobs/", "/ignore", key), ("GET", "content/", "/1/note", None), ("POST", "work/", "/claim", {}),
        ("PATCH", "tables/", "/rows/1", {"changes": {"note": "x"}}),
        ("GET", "tables/", "/count", None), ("GET", "tables/", "/facets", None), ("GET", "tables/", "/export", None),
        ("GET", "tables/", "/options/person", None), ("GET", "tables/", "/views", None),
        ("PUT", "tables/", "/views/mine", {"query": ""}), ("POST", "import/", "", None),
        ("POST", "tables/", "/changes", {**CHANGE_NOTE}), ("POST", "jobs/", "/launch", None),
        ("GET", "preview/", "/1/note", None), ("GET", "picture/", "/1/note", None),
        ("GET", "tables/", "/rows/1/signatures", None), ("GET", "tables/", "/rows/1/verify", None),
        ("GET", "jobs/", "/progress", None), ("GET", "jobs/", "/queue", None), ("GET", "jobs/", "/stale", None),
    ):  # fmt: skip
        answer = ask.request(method, s.format(place, rest), **sent(body))
        assert answer.status_code == 404, (method, place, rest, answer.text)
        assert "Session' here" in answer.json()["detail"]
    for tree in (of(lab, "Session"), {"op": "join", "left": of(lab, "Person"), "right": of(lab, "Session")}):
        assert ask.post("/api/v1/query", json={"query": tree}).status_code == 404
    made = {"name": "Later", "definition": "-> Session"}
    assert ask.post(f"/api/v1/schemas/{lab.database_name}/tables", json=made).status_code in (403, 422)
    assert b"Session" not in ask.get(f"/api/v1/tables/{lab.database_name}.Person").content
    ask = client(grant(table="Session"), grant(table="Later*"))
    of_part = {"name": "Later", "definition": "later : int32", "parts": {"Part": "-> master\n-> Session.Trial"}}
    assert ask.post(f"/api/v1/schemas/{lab.database_name}/tables", json=of_part).status_code == 422


def test_ones_own_rows_are_all_there_are(lab: lw.Schema, client: Ask) -> None:
    ask = client(grant(scope=Scope.OWN, table="Session*"), grant(table="Person"))
    s = f"/api/v1/tables/{lab.database_name}.Session"
    assert [r["session"] for r in ask.get(f"{s}/rows").json()["rows"]] == [1, 3]
    lines = ask.get(f"/api/v1/bulk/{lab.database_name}.Session?columns=session").text.splitlines()
    assert [json.loads(line)["session"] for line in lines] == [1, 3]
    assert ask.post("/api/v1/query/count", json={"query": of(lab, "Session")}).json() == {"count": 2}
    for method, rest, body in (
        ("GET", "/rows/2", None), ("GET", "/rows/2/losses", None), ("GET", "/rows/2/history", None),
        ("DELETE", "/rows/2?confirm=x", None),
    ):  # fmt: skip
        assert ask.request(method, s + rest, json=body).status_code == 404, rest
    assert ask.patch(f"{s}/rows/2", json={"changes": {"note": "mine"}}).status_code in (403, 404)
    other = ask.patch(f"{s}/rows/1", json={"changes": {"session": 2, "note": "mine"}})
    assert (other.status_code, "stays what it is" in other.text) == (422, True)
    assert ask.patch(f"{s}/rows/1", json={"changes": {"session": 1, "note": "mine"}}).status_code == 200
    theirs = {"rows": [{"session": 9, "person": "ben"}]}
    assert ask.post(f"{s}/rows", json=theirs).status_code == 403
    bulk = f"/api/v1/bulk/{lab.database_name}.Session"
    kind = {"Content-Type": "application/x-ndjson"}
    row = json.dumps({"session": 9, "person": "ben"})
    assert ask.post(bulk, content=row, headers=kind).status_code == 403
    steal = json.dumps({"session": 2, "person": "ana"})
    assert ask.post(f"{bulk}?duplicates=replace", content=steal, headers=kind).status_code == 403
    check_looking(lab, ask)
    everywhere = client(grant(scope=Scope.OWN))
    assert everywhere.get("/api/v1/jobs").json() == []
    for rest in ("", "/progress", "/queue", "/explain/2"):
        assert everywhere.get(f"/api/v1/jobs/{lab.database_name}.Score{rest}").status_code == 403, rest
    every: dict[str, Any] = {"where": [{"all": []}]}
    losses = ask.post(f"{s}/losses", json=every).json()
    assert next(x["rows"] for x in losses["losses"] if x["table"].endswith("Session")) == 2
    assert (lab["Session"] & "session = 2").fetch1("person", "note") == ("ben", "b")
    assert len(lab["Session"]()) == 3


def check_looking(lab: lw.Schema, ask: TestClient) -> None:
    """What is Ben's is neither found nor counted, and no import tells what is in his rows."""
    name = lab.database_name
    s = f"/api/v1/tables/{name}.Session"
    assert ask.get(f"{s}/count").json()["count"] == 2
    facets = ask.get(f"{s}/facets").json()
    assert (facets["looked_at"], "ben" in json.dumps(facets)) == (2, False)
    assert [line[0] for line in ask.get(f"{s}/export?columns=session").text.splitlines()[1:]] == ["1", "3"]
    assert [hits["table"] for hits in ask.get("/api/v1/search?q=2").json()["rows"]] == []
    assert ask.get(f"{s}/rows/2/verify").status_code == ask.get(f"{s}/rows/2/signatures").status_code == 404
    where = [{"equal": {"session": 2}}]
    assert ask.post(f"{s}/changes", json={"where": where, "attribute": "note", "value": "x"}).status_code == 422
    for there in ("update", "skip", "refuse"):
        place = f"/api/v1/import/{name}.Session?there={there}"
        for file in (b"note,session,person\nb,2,ben", b"note,session,person\nc,2,ben"):
            tried = ask.post(place, content=file).json()
            assert (tried["new"], tried["same"], tried["changed"]) == (0, 0, 0), tried
            assert ask.post(f"{place}&enter=valid", content=file).status_code == 422


def test_what_would_go_of_a_table_that_is_not_seen_is_nobodys(lab: lw.Schema, client: Ask) -> None:
    ask = client(grant(table="Session"))
    place = f"/api/v1/tables/{lab.database_name}.Session/rows/2"
    told = ask.get(f"{place}/losses").json()
    assert [
        (one["table"].rpartition(".")[2], one["rows"], one["owners"], one["allowed"]) for one in told["losses"]
    ] == [
        ("Session", 1, ["ben"], True),
        ("", 1, [], False),
    ]
    assert ask.delete(f"{place}?confirm={told['confirm']}").status_code == 403
    assert len(lab["Session"]()) == 3


def test_a_hidden_attribute_is_not_told_as_the_owner_of_what_would_go(lab: lw.Schema, client: Ask) -> None:
    lab["Score"].insert1({"session": 2, "score": 1.0}, allow_direct_insert=True)

    def told(*grants: Grant) -> dict[str, list[str]]:
        losses = client(*grants).get(f"/api/v1/tables/{lab.database_name}.Session/rows/2/losses").json()["losses"]
        return {one["table"].partition(".")[2]: one["owners"] for one in losses}

    everything = told(grant())
    assert (everything["Session"], everything["Score"]) == (["ben"], ["ben"])
    for hidden in ({"person"}, {"person", "note"}):
        rest = told(grant(table="Session", hidden=frozenset(hidden)), grant(table="Score"))
        assert (rest["Session"], rest["Score"]) == ([], []), "neither there, nor of what is computed of it"


def test_a_row_tells_nothing_of_another_that_had_its_key(lab: lw.Schema, client: Ask) -> None:
    (lab["Session"].Trial & {"session": 2}).delete_quick()
    (lab["Session"] & {"session": 2}).delete(prompt=False)
    lab["Session"].insert1((2, "ana", "mine"))
    place = f"/api/v1/tables/{lab.database_name}.Session/rows/2/history"
    told = client(grant(scope=Scope.OWN, table="Session*"), grant(table="Person")).get(place).json()
    assert [(one["what"], one["values"]["note"]["new"]) for one in told] == [("insert", "mine")]
    assert [one["what"] for one in client(grant()).get(place).json()] == ["insert", "delete", "insert"]


def test_a_token_does_what_it_was_lent_for(lab: lw.Schema, client: Ask) -> None:
    """Each address that changes something takes its verb, beside that to read."""
    for verb in (Verb.READ, Verb.INSERT, Verb.UPDATE, Verb.POPULATE, Verb.DECLARE, Verb.DELETE):
        check_verb(lab, client(grant(), verbs={Verb.READ, verb}), verb)


def check_verb(lab: lw.Schema, ask: TestClient, verb: Verb) -> None:
    name = lab.database_name
    t, row = f"/api/v1/tables/{name}.Session", {"session": 7, "person": "ana"}
    confirm = ask.get(f"{t}/rows/3/losses").json()["confirm"]
    requests: dict[Verb, list[tuple[str, str, Any]]] = {
        Verb.INSERT: [
            ("POST", f"{t}/rows", {"rows": [row]}),
            ("POST", f"/api/v1/import/{name}.Session?enter=all", b"session,person\n8,ana\n"),
        ],
        Verb.UPDATE: [
            ("PATCH", f"{t}/rows/1", {"changes": {"note": "x"}}),
            ("POST", f"{t}/changes", CHANGE_NOTE),
            ("PUT", f"{t}/views/mine", {"query": "person=ana"}),
            ("DELETE", f"{t}/views/mine", None),
            ("POST", "/api/v1/notices/read", {}),
        ],
        Verb.DELETE: [("DELETE", f"{t}/rows/3?confirm={confirm}", None)],
        Verb.POPULATE: [
            ("POST", f"/api/v1/jobs/{name}.Score/refresh", None),
            ("POST", f"/api/v1/jobs/{name}.Score/retry", None),
            ("POST", f"/api/v1/jobs/{name}.Score/launch", None),
            ("POST", f"/api/v1/jobs/{name}.Score/stop", None),
            ("POST", f"/api/v1/jobs/{name}.Score/clear", None),
            ("POST", f"/api/v1/jobs/{name}.Score/ignore", {"key": {"session": 1}}),
            ("POST", f"/api/v1/work/{name}.Score/claim", {}),
            ("GET", f"/api/v1/jobs/{name}.Score/errors", None),
        ],
        Verb.DECLARE: [("POST", f"/api/v1/schemas/{name}/tables", {"name": "Later", "definition": "-> Session"})],
    }
    for needed, asked in requests.items():
        for method, path, body in asked:
            answer = ask.request(method, path, **sent(body))
            assert (answer.status_code == 403) == (needed is not verb), (method, path, answer.text)
            assert answer.status_code < 300 or needed is not verb, answer.text


def test_a_token_for_another_schema_sees_nothing(lab: lw.Schema, client: Ask) -> None:
    ask = client(grant(), verbs=set(Verb), schemas=["other_*"])
    assert ask.get("/api/v1/tables").json() == []
    assert ask.get(f"/api/v1/tables/{lab.database_name}.Person/rows").status_code == 404
    made = {"name": "Later", "definition": "later : int32"}
    assert ask.post(f"/api/v1/schemas/{lab.database_name}/tables", json=made).status_code == 403


def test_bulk_goes_in_and_comes_out_the_same(lab: lw.Schema, client: Ask) -> None:
    ask = client(grant())
    place = f"/api/v1/bulk/{lab.database_name}.Person"
    blob = lw.pack({"gain": 2.5})
    rows = pa.table({"person": ["p1", "p2"], "salary": pa.array([1, 2], pa.int32()), "trace": [blob, None]})
    parquet, arrow = io.BytesIO(), io.BytesIO()
    pq.write_table(rows, parquet)
    with pa.ipc.new_stream(arrow, rows.schema) as writer:
        writer.write_table(rows)
    line = json.dumps({"person": "p3", "trace": {"@blob": base64.b64encode(blob).decode()}})
    kinds = {
        "application/vnd.apache.parquet": parquet.getvalue(),
        "application/vnd.apache.arrow.stream": arrow.getvalue(),
        "application/x-ndjson": line.encode(),
    }
    for kind, body in kinds.items():
        done = ask.post(f"{place}?duplicates=skip", content=body, headers={"Content-Type": kind})
        assert done.status_code == 201, done.text
        again = ask.post(place, content=body, headers={"Content-Type": kind})
        assert (again.status_code, again.headers["content-type"]) == (409, "application/problem+json")
    replaced = ask.post(
        f"{place}?duplicates=replace", content=b'{"person": "p2", "salary": 5}',
        headers={"Content-Type": "application/x-ndjson"},
    )  # fmt: skip
    assert replaced.status_code == 201, replaced.text
    wanted = "?sort=person&person.starts=p"
    found = pq.read_table(io.BytesIO(ask.get(f"{place}{wanted}&format=parquet").content)).to_pylist()
    assert [(r["person"], r["salary"]) for r in found] == [("p1", 1), ("p2", 5), ("p3", 0)]
    assert lw.unpack(found[0]["trace"]) == {"gain": 2.5}
    streamed = pa.ipc.open_stream(ask.get(f"{place}{wanted}&format=arrow").content).read_all().to_pylist()
    assert streamed == found
    lines = [json.loads(x) for x in ask.get(f"{place}{wanted}").text.splitlines()]
    assert lines[2] == {"person": "p3", "salary": 0, "trace": {"gain": 2.5}}


def arrow_of(compression: str | None, rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, rows.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(rows)
    return sink.getvalue()


def test_a_stream_of_arrow_cannot_be_more_than_it_is(lab: lw.Schema, client: Ask) -> None:
    place, kind = f"/api/v1/bulk/{lab.database_name}.Person", {"Content-Type": "application/vnd.apache.arrow.stream"}
    names = [f"p{n}" for n in range(200)]
    plain, coded = pa.table({"person": names}), pa.table({"person": pa.array(names).dictionary_encode()})
    for rows in (plain, coded):
        for compression in ("zstd", "lz4"):
            refused = client(grant()).post(place, content=arrow_of(compression, rows), headers=kind)
            assert (refused.status_code, "without compression" in refused.text) == (422, True), refused.text
    assert client(grant()).post(place, content=arrow_of(None, plain), headers=kind).json()["count"] == 200


NOT_TAKEN = [
    ("application/x-ndjson", b'{"person": "q1"}\n[1]'),
    ("application/x-ndjson", b'{"person": "q1"}\n{"person": 5}'),
    ("application/x-ndjson", b'{"person": "q1"}\n{"person": "q2", "trace": {"@blob": "AAAA"}}'),
    ("application/x-ndjson", b'{"person": "q1"}\n{"person": "q2", "wage": 1}'),
    ("application/vnd.apache.arrow.stream", b"nothing"),
    ("application/vnd.apache.parquet", b"PAR1nothingPAR1"),
    ("text/plain", b"nothing"),
]


def test_bulk_is_entered_whole_or_not_at_all(lab: lw.Schema, client: Ask) -> None:
    ask = client(grant())
    for kind, body in NOT_TAKEN:
        refused = ask.post(f"/api/v1/bulk/{lab.database_name}.Person", content=body, headers={"Content-Type": kind})
        assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json"), body
        assert not lab["Person"] & "person = 'q1'"


def test_what_is_taken_back_is_within_rights(lab: lw.Schema, client: Ask) -> None:
    """Whatever schema a change has touched, and what was computed of its rows."""
    name = lab.database_name
    other = lw.Schema(f"{name}_other", connection=lab.project)
    hidden = table(other, "Hidden", "hidden : int32\n---\nvalue = 0 : int32")
    try:
        hidden.insert1((1, SECRET))
        with lw.change() as both:
            lab["Session"].update1({"session": 1, "note": "changed"})
            hidden.update1({"hidden": 1, "value": 1})
        with lw.change() as one:
            lab["Session"].insert1((7, "ana", "new"))
        lab["Score"].insert1({"session": 7, "score": 1.0}, allow_direct_insert=True)
        ask = client(grant(table="Session*"), grant(table="Person"))
        for number, status in ((both, 403), (one, 409)):
            refused = ask.post(f"/api/v1/changes/{number}/undo", json={})
            assert (refused.status_code, "idden" in refused.text, "core" in refused.text) == (status, False, False)
        assert hidden.fetch1("value") == 1
        assert (len(lab["Session"]() & {"session": 7}), len(lab["Score"]())) == (1, 1)
        assert client(grant()).post(f"/api/v1/changes/{one}/undo", json={}).status_code == 200
        assert not lab["Score"]()
    finally:
        other.drop(prompt=False)


def test_what_is_hidden_is_neither_told_nor_changed_by_taking_back(lab: lw.Schema, client: Ask) -> None:
    with lw.acting_as("ben"), lw.change() as theirs:
        lab["Person"].update1({"person": "ben", "salary": 1})
    with lw.change() as made:
        lab["Person"].insert1({"person": "cy", "salary": 2})
    lab["Person"].update1({"person": "cy", "salary": SECRET})
    ask = client(grant(hidden=frozenset({"salary", "trace"})))
    for number, status in ((theirs, 403), (made, 409)):
        refused = ask.post(f"/api/v1/changes/{number}/undo", json={})
        assert (refused.status_code, "salary" in refused.text, str(SECRET) in refused.text) == (status, False, False)
    assert (lab["Person"] & "person = 'ben'").fetch1("salary") == 1
