"""What programs do with several tables, with values, and with keys that they compute."""

from __future__ import annotations

import base64
import json
from itertools import product
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.backends.classes import table
from tests.web.lab import app_of, build

import labwright as lw


class Api:
    """Asks the API; ``{s}`` stands for the schema."""

    def __init__(self, schema: lw.Schema) -> None:
        self.schema = schema
        self._client = TestClient(app_of(schema), "http://127.0.0.1")

    def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        place = f"/api/v1{path}".replace("{s}", self.schema.database_name)
        if body is not None:
            more["json"] = json.loads(json.dumps(body).replace("{s}", self.schema.database_name))
        return self._client.request(method, place, **more)

    def rows(self, query: Any, **more: Any) -> list[Any]:
        answer = self("POST", "/query", {"query": query, **more})
        assert answer.status_code == 200, answer.text
        found: list[Any] = answer.json()["rows"]
        return found


@pytest.fixture
def api(schema: lw.Schema) -> Api:
    build(schema)
    return Api(schema)


MICE = {"op": "table", "table": "{s}.Mouse"}
SESSIONS = {"op": "table", "table": "{s}.Session"}


def where(*conditions: Any, of: Any = MICE) -> dict[str, Any]:
    return {"op": "restrict", "of": of, "where": list(conditions)}


CONDITIONS: list[tuple[Any, list[int]]] = [
    ({"attribute": "mouse", "is": "le", "value": 2}, [1, 2]),
    ({"attribute": "mouse", "is": "in", "value": [3, 5, 999]}, [3, 5]),
    ({"attribute": "mouse", "is": "between", "value": [4, 6]}, [4, 5, 6]),
    ({"attribute": "name", "is": "startswith", "value": "m11"}, [11, *range(110, 120)]),
    ({"attribute": "name", "is": "contains", "value": "%"}, []),
    ({"attribute": "notes", "is": "not_null"}, []),
    ({"equal": {"sex": "F", "mouse": 2}}, [2]),
    ({"all": [{"equal": {"sex": "F"}}, {"attribute": "mouse", "is": "lt", "value": 5}]}, [2, 4]),
    ({"any": [{"equal": {"mouse": 1}}, {"attribute": "mouse", "is": "gt", "value": 119}]}, [1, 120]),
    ({"all": [{"not": {"within": SESSIONS}}, {"attribute": "mouse", "is": "lt", "value": 8}]}, [6, 7]),
    ({"any": []}, []),
    ({"attribute": "arrival", "is": "ne", "value": "2026-01-02"}, []),
]


def test_conditions(api: Api) -> None:
    for condition, mice in CONDITIONS:
        assert [row["mouse"] for row in api.rows(where(condition), order=["mouse"])] == mice, condition


def test_operators(api: Api) -> None:
    few = where({"attribute": "mouse", "is": "le", "value": 6})
    grams = {"fn": "multiply", "args": ["weight", 2]}
    named = {"op": "project", "of": few, "keep": [], "rename": {"called": "name"}, "compute": {"grams": grams}}
    assert api.rows(named, limit=1) == [{"mouse": 1, "called": "m1", "grams": 40.25}]
    counts = {"op": "aggregate", "by": few, "of": SESSIONS, "compute": {"n": {"fn": "count"}}}
    assert [row["n"] for row in api.rows(counts, order=["mouse"])] == [1, 1, 1, 1, 1, 0]
    assert len(api.rows({**counts, "all_rows": False})) == 5
    by_sex = {
        "op": "group",
        "of": few,
        "by": ["sex"],
        "compute": {"n": {"fn": "count", "of": "name", "distinct": True}},
    }
    assert api.rows(by_sex, order=["sex"]) == [{"sex": "F", "n": 3}, {"sex": "M", "n": 3}]
    early = where({"attribute": "mouse", "is": "le", "value": 2})
    joined = {"op": "join", "left": SESSIONS, "right": early}
    assert [row["name"] for row in api.rows(joined, order=["mouse"])] == ["m1", "m2"]
    assert [row["name"] for row in api.rows({**joined, "outer": True}, order=["mouse"])][2:] == [None] * 3
    keys = [{"op": "project", "of": where({"equal": {"mouse": n}}), "keep": []} for n in (1, 2)]
    assert api.rows({"op": "union", "left": keys[0], "right": keys[1]}) == [{"mouse": 1}, {"mouse": 2}]
    first = {"op": "first", "of": MICE, "limit": 2, "order": ["-weight"]}
    assert [row["mouse"] for row in api.rows(first)] == [120, 119]
    page = api("POST", "/query", {"query": MICE, "limit": 2, "offset": 1}).json()
    assert ([row["mouse"] for row in page["rows"]], page["more"]) == ([2, 3], True)
    assert [(c["name"], c["kind"], c["key"]) for c in page["heading"]][:2] == [
        ("mouse", "number", True), ("name", "text", False)
    ]  # fmt: skip


NO_QUERIES: list[Any] = [
    where("mouse = 1"),
    where({"attribute": "mouse; drop table x", "is": "eq", "value": 1}),
    where({"attribute": "mouse", "is": "eq", "value": "1 or 1=1"}),
    where({"attribute": "mouse", "is": "eq", "value": {"a": 1}}),
    {"op": "project", "of": MICE, "compute": {"x": {"fn": "sleep", "args": [5]}}},
    {"op": "project", "of": MICE, "compute": {"x": "(select 1)"}},
    {"op": "project", "of": MICE, "compute": {"self": "mouse", "group": "mouse"}},
    {"op": "aggregate", "by": MICE, "of": SESSIONS, "compute": {"keep_all_rows": {"fn": "count"}}},
    {"op": "first", "of": MICE, "order": ["mouse; select 1"]},
    {"op": "union", "left": MICE, "right": SESSIONS},
    {"op": "no"},
]


def test_what_is_no_query_is_refused(api: Api) -> None:
    for query, place in product(NO_QUERIES, ("/query", "/query/fetch", "/query/count")):
        answer = api("POST", place, {"query": query})
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text


def test_text_in_a_query_is_only_text(api: Api) -> None:
    nasty = "o'\\'; drop table x; -- %s ? {0} ö"
    said = {"fn": "concat", "args": ["name", {"text": nasty}]}
    told = {"op": "project", "of": where({"equal": {"mouse": 1}}), "keep": [], "compute": {"said": said}}
    assert api.rows(told) == [{"mouse": 1, "said": f"m1{nasty}"}]


def test_a_query_that_is_too_deep_is_refused(api: Api) -> None:
    query: Any = MICE
    for _ in range(60):
        query = where(of=query)
    assert api("POST", "/query", {"query": query}).status_code == 422
    deep = '{"query": ' + '{"op": "restrict", "where": [], "of": ' * 20_000
    assert api("POST", "/query", content=deep, headers={"Content-Type": "application/json"}).status_code in (400, 422)


def test_a_row_is_changed_as_it_was_read(api: Api) -> None:
    place = "/tables/{s}.Mouse/rows/1"
    read = api("GET", place)
    tag = {"If-Match": read.headers["etag"]}
    assert api("GET", place).headers["etag"] == tag["If-Match"]
    assert api("PATCH", place, {"changes": {"notes": "new"}}, headers=tag).status_code == 200
    assert api("PATCH", place, {"changes": {"notes": "newer"}}, headers=tag).status_code == 412
    assert api("PATCH", place, {"changes": {"notes": "newer"}}, headers={"If-Match": "*"}).status_code == 200
    told = api("GET", f"{place}/history").json()
    assert [event["values"]["notes"]["new"] for event in told[:2]] == ["newer", "new"]
    undone = api("POST", f"/changes/{told[0]['change']}/undo", {"why": "a slip"})
    assert undone.status_code == 200, undone.text
    assert api("GET", place).json()["notes"] == "new"


def test_only_what_was_looked_at_is_deleted(api: Api) -> None:
    body = {"where": [{"attribute": "mouse", "is": "ge", "value": 119}]}
    told = api("POST", "/tables/{s}.Mouse/losses", body).json()
    api.schema["Session"].insert1((119, 1, "2026-03-01"))
    late = api("POST", "/tables/{s}.Mouse/delete", {**body, "confirm": told["confirm"]})
    assert late.status_code == 409
    told = api("POST", "/tables/{s}.Mouse/losses", body).json()
    assert {loss["table"].rpartition(".")[2]: loss["rows"] for loss in told["losses"]} == {"Mouse": 2, "Session": 1}
    done = api("POST", "/tables/{s}.Mouse/delete", {**body, "confirm": told["confirm"]})
    assert done.json()["count"] == 3
    assert len(api.schema["Mouse"]()) == 118


def test_content_is_read_by_ranges_and_replaced(api: Api) -> None:
    thing = table(
        api.schema, "Thing", "thing : int32\n---\nvalue = null : <blob>\nnotes = null : <attach>\nraw = null : bytes"
    )
    thing.insert1((1, [1, 2], None, b"0123456789"))
    place = "/content/{s}.Thing/1/"
    ranges = {"bytes=2-4": b"234", "bytes=7-": b"789", "bytes=-3": b"789", "bytes=0-99": b"0123456789"}
    for asked, bytes_ in ranges.items():
        answer = api("GET", f"{place}raw", headers={"Range": asked})
        assert (answer.content, answer.status_code) == (bytes_, 206)
    assert api("GET", f"{place}raw", headers={"Range": "bytes=10-"}).status_code == 416
    assert lw.unpack(api("GET", f"{place}value").content) == [1, 2]
    assert api("GET", f"{place}notes").status_code == 404
    assert api("PUT", f"{place}value", content=b"nothing").status_code == 422
    for name in ("../up.txt", "/etc/passwd", "a\0b"):
        assert api("PUT", f"{place}notes", content=b"x", params={"name": name}).status_code == 422
    blob = lw.pack({"gain": 1.5})
    assert api("PUT", f"{place}value", content=blob).status_code == 200
    assert (api("GET", f"{place}value").content, thing.fetch1("value")) == (blob, {"gain": 1.5})
    assert api("PUT", f"{place}notes", content=b"calm", params={"name": "nötes.txt"}).status_code == 200
    fetched = api("GET", f"{place}notes")
    assert (fetched.content, fetched.headers["content-disposition"]) == (
        b"calm", "attachment; filename=\"n_tes.txt\"; filename*=UTF-8''n%C3%B6tes.txt"
    )  # fmt: skip
    row = {"thing": 2, "notes": {"@file": {"name": "a.txt", "data": base64.b64encode(b"new").decode()}}}
    assert api("POST", "/tables/{s}.Thing/rows", {"rows": [row]}).status_code == 201
    assert api("GET", "/content/{s}.Thing/2/notes").content == b"new"
    assert "notes" not in api("GET", "/tables/{s}.Thing/rows/2").json()


def test_keys_are_computed_elsewhere(api: Api) -> None:
    score = api.schema["Score"]
    score.delete(prompt=False)
    score.jobs.delete()
    assert api("POST", "/jobs/{s}.Score/refresh").json()["pending"] == 5
    claimed = api("POST", "/work/{s}.Score/claim", {"limit": 2, "program": "a test"}).json()
    worker, (first, second) = claimed["worker"], claimed["jobs"]
    assert first["key"] == {"mouse": 1, "session": 1}
    named = {"worker": worker, "id": first["id"], "token": first["token"]}
    held = [{"id": job["id"], "token": job["token"]} for job in (first, second)]
    renewed = api("POST", "/work/{s}.Score/renew", {"worker": worker, "jobs": held, "progress": 0.5}).json()
    assert renewed == {"held": [first["id"], second["id"]]}
    for rows in ([{**second["key"], "score": 1}], [{**first["key"], "score": 1, "more": 2}], [{**first["key"]}]):
        assert api("POST", "/work/{s}.Score/complete", {**named, "rows": rows}).status_code == 422
    other = {**named, "worker": "00000000-0000-0000-0000-000000000000"}
    rows = [{**first["key"], "score": 7}]
    assert api("POST", "/work/{s}.Score/complete", {**other, "rows": rows}).status_code == 409
    assert api("POST", "/work/{s}.Score/complete", {**named, "rows": rows}).status_code == 201
    assert api("POST", "/work/{s}.Score/complete", {**named, "rows": rows}).status_code == 409
    wrong = {"worker": worker, **held[1], "message": "no legs", "stack": "line 3"}
    assert api("POST", "/work/{s}.Score/fail", wrong).status_code == 200
    assert api("GET", "/jobs/{s}.Score/errors").json()[0]["keys"] == [second["key"]]
    assert "no legs" in api("GET", "/jobs/{s}.Score/explain/2,1").json()["text"]
    assert api("POST", "/jobs/{s}.Score/clear", {"key": second["key"]}).json() == {"count": 1}
    last = api("POST", "/work/{s}.Score/claim", {"key": {"mouse": 5}, "worker": worker}).json()["jobs"]
    given_back = {"worker": worker, "jobs": [{"id": last[0]["id"], "token": last[0]["token"]}]}
    assert api("POST", "/work/{s}.Score/release", given_back).json() == {"count": 1}
    assert score.to_dicts() == [{"mouse": 1, "session": 1, "score": 7.0}]


def test_what_comes_late_is_refused(api: Api) -> None:
    api("POST", "/jobs/{s}.Score/retry")
    late = api("POST", "/work/{s}.Score/claim", {"lease": 0.001}).json()
    job = late["jobs"][0]
    taken: list[Any] = []
    while not taken:
        taken = api("POST", "/work/{s}.Score/claim", {}).json()["jobs"]
    assert (taken[0]["id"], taken[0]["token"]) == (job["id"], job["token"] + 1)
    result = {"worker": late["worker"], "id": job["id"], "token": job["token"]}
    refused = api("POST", "/work/{s}.Score/complete", {**result, "rows": [{**job["key"], "score": 1}]})
    assert (refused.status_code, refused.headers["content-type"]) == (409, "application/problem+json")
    assert not api.schema["Score"] & job["key"]


def test_tables_are_declared(api: Api) -> None:
    made = {"name": "Litter", "definition": "-> Mouse\nlitter : int8\n---\nborn : date  # (day)",
            "parts": {"Pup": "-> master\npup : int8"}}  # fmt: skip
    told = api("POST", "/schemas/{s}/tables", made)
    assert told.status_code == 201, told.text
    assert told.json()["parts"] == [f"{api.schema.database_name}.Litter.Pup"]
    rows = {
        "rows": [{"mouse": 1, "litter": 1, "born": "2026-04-01"}],
        "parts": {"Pup": [{"mouse": 1, "litter": 1, "pup": 1}]},
    }
    assert api("POST", "/tables/{s}.Litter/rows", rows).status_code == 201
    assert api("POST", "/schemas/{s}/tables", made).status_code == 409
    for name, definition in (
        ("Odd", "-> Nothing"),
        ("Odd", "odd : flux"),
        ("Odd", "odd int"),
        ("Odd", "-> __import__"),
    ):
        refused = api("POST", "/schemas/{s}/tables", {"name": name, "definition": definition})
        assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
    assert api("POST", "/schemas/{s}/tables", {"name": "odd", "definition": "odd : int8"}).status_code == 422
    assert api("POST", "/schemas/labwright_app/tables", {"name": "Odd", "definition": "odd : int8"}).status_code == 422


def test_the_reference_names_every_address(api: Api) -> None:
    page = api("GET", "/docs").text
    for path in api("GET", "/openapi.json").json()["paths"]:
        assert f" {path}<" in page
