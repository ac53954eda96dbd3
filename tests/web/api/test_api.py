"""What programs do by the API."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.web.api.conftest import Client
from tests.web.lab import BAD, MICE


def test_tables_are_listed_and_described(api: Client) -> None:
    found = api.get("/tables")
    ours = f"{api.schema.database_name}."
    names = {t["name"].removeprefix(ours): t for t in found if t["name"].startswith(ours)}
    assert names.keys() >= {"Mouse", "Session", "Session.Trial", "Score"}
    assert names["Session.Trial"]["master"] == f"{api.schema.database_name}.Session"
    told = api.get("/tables/{s}.Mouse")
    weight = next(a for a in told["attributes"] if a["name"] == "weight")
    assert (weight["nullable"], weight["unit"], weight["key"]) == (True, "g", False)
    session = api.get("/tables/{s}.Session")
    assert session["references"] == [{"table": f"{api.schema.database_name}.Mouse", "attributes": {"mouse": "mouse"}}]


def test_all_rows_are_read_page_by_page(api: Client) -> None:
    seen: list[int] = []
    after = ""
    while True:
        page = api.get(f"/tables/{{s}}.Mouse/rows?sort=-weight{after}")
        seen += [row["mouse"] for row in page["rows"]]
        if page["after"] is None:
            break
        after = f"&after={page['after'].replace('=', '%3D')}"
    assert seen == list(range(MICE, 0, -1))


def test_filters(api: Client) -> None:
    page = api.get("/tables/{s}.Mouse/rows?mouse.ge=10&mouse.lt=12&sex=F")
    assert [row["mouse"] for row in page["rows"]] == [10]
    refused = api("GET", "/tables/{s}.Mouse/rows?weight.ge=heavy")
    assert (refused.status, refused.kind) == (422, "application/problem+json")
    assert "weight" in refused.body["detail"]


def test_rows_come_with_columns_of_what_they_refer_to(api: Client) -> None:
    page = api.get("/tables/{s}.Session/rows?columns=started,Mouse:sex&Mouse:sex=F&sort=-Mouse:name")
    assert [(r["mouse"], r["Mouse:sex"]) for r in page["rows"]] == [(4, "F"), (2, "F")]
    assert set(page["rows"][0]) == {"mouse", "session", "started", "Mouse:sex"}
    assert [r["mouse"] for r in api.get("/tables/{s}.Mouse/rows?q=m12&limit=2")["rows"]] == [12, 120]
    for asked in ("columns=nothing", "sort=Mouse:nothing", "Mouse:nothing=1", "page=3", "before=1"):
        assert api("GET", f"/tables/{{s}}.Session/rows?{asked}").status == 422, asked
    lines = api("GET", "/bulk/{s}.Session?Mouse:sex=F&sort=-mouse&columns=started").body
    assert [json.loads(line)["mouse"] for line in lines.splitlines()] == [4, 2]
    assert api("GET", "/bulk/{s}.Session?sort=Mouse:name").status == 422


def test_a_row_is_entered_changed_and_read(api: Client) -> None:
    row = {"mouse": 900, "name": "Ida", "arrival": "2026-01-05", "weight": 0.1}
    done = api("POST", "/tables/{s}.Mouse/rows", {"rows": [row], "why": "new"})
    assert (done.status, done.body["count"]) == (201, 1)
    assert api.get("/tables/{s}.Mouse/rows/900") == {**row, "sex": "U", "notes": None}
    change = {"changes": {"name": "Eva"}, "base": {"name": "Ida"}}
    assert api("PATCH", "/tables/{s}.Mouse/rows/900", change).status == 200
    late = api("PATCH", "/tables/{s}.Mouse/rows/900", change)
    assert late.status == 409
    assert api.get("/tables/{s}.Mouse/rows/900")["name"] == "Eva"


def test_all_rows_are_entered_or_none(api: Client) -> None:
    rows = [{"mouse": 901, "name": "a", "arrival": "2026-01-05"}, {"mouse": 1, "name": "b", "arrival": "2026-01-05"}]
    refused = api("POST", "/tables/{s}.Mouse/rows", {"rows": rows})
    assert refused.status == 409
    assert api("GET", "/tables/{s}.Mouse/rows/901").status == 404


def test_of_many_who_do_the_same_at_once_one_does_it(api: Client) -> None:
    chosen = [{"attribute": "mouse", "is": "le", "value": 50}]
    becoming = {"where": chosen, "attribute": "sex", "value": "U"}
    for look, do, body in (("changes", "change", becoming), ("losses", "delete", {"where": chosen})):
        told = api("POST", f"/tables/{{s}}.Mouse/{look}", body).body
        agreed = {**body, "confirm": told["confirm"]}
        with ThreadPoolExecutor(4) as pool:
            found = list(
                pool.map(lambda _, do=do, b=agreed: api("POST", f"/tables/{{s}}.Mouse/{do}", b).status, range(4))
            )
        assert sorted(found) == [200, 409, 409, 409], (do, found)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"mouse": "x", "name": "a", "arrival": "2026-01-05"}, "mouse"),
        ({"mouse": 902, "nam": "a", "arrival": "2026-01-05"}, "nam"),
        ({"mouse": 902, "name": 5, "arrival": "2026-01-05"}, "name"),
        ({"mouse": 902, "name": "a"}, "arrival"),
        ({"mouse": 902, "name": "a", "arrival": "yesterday"}, "arrival"),
    ],
)
def test_what_cannot_be_is_told(api: Client, row: dict[str, object], says: str) -> None:
    refused = api("POST", "/tables/{s}.Mouse/rows", {"rows": [row]})
    assert refused.status == 422
    assert says in refused.body["detail"]
    assert api("GET", "/tables/{s}.Mouse/rows/902").status == 404


def test_what_is_not_there(api: Client) -> None:
    for path in ("/tables/{s}.Nothing", "/tables/{s}.Mouse/rows/999", "/tables/{s}.Mouse/rows/1,2", "/jobs/{s}.None"):
        answer = api("GET", path)
        assert (answer.status, answer.kind) == (404, "application/problem+json")
    assert api("GET", "/jobs/{s}.Mouse").status == 422


def test_jobs(api: Client) -> None:
    counts = api.get("/jobs/{s}.Score")
    assert (counts["total"], counts["done"], counts["error"]) == (5, 4, 1)
    assert [c for c in api.get("/jobs") if c["table"] == counts["table"]] == [counts]
    again = api("POST", "/jobs/{s}.Score/retry").body
    assert (again["error"], again["pending"]) == (0, 1)
    score = api.schema["Score"]
    assert BAD not in score().to_arrays("mouse")


def test_a_page_of_another_site_changes_nothing(api: Client) -> None:
    row = {"mouse": 903, "name": "a", "arrival": "2026-01-05"}
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert api("POST", "/tables/{s}.Mouse/rows", {"rows": [row]}, **headers).status == 403
    assert api("GET", "/tables", Host="evil.example").status == 421
    assert api("GET", "/tables/{s}.Mouse/rows/903").status == 404
