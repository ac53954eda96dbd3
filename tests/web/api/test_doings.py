"""What programs do as people do it on pages: look, change many rows, import, steer, keep views."""

from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
import xlsxwriter
from starlette.testclient import TestClient
from tests.backends.classes import table
from tests.web.api.test_rights import ALL, READ, Ask, client, grant, lab, sent
from tests.web.lab import app_of, build

import labwright as lw
from labwright.web.roles.role import Scope, Verb

__all__ = ["client", "lab"]


class Api:
    """Asks the API of a lab."""

    def __init__(self, schema: lw.Schema) -> None:
        self.schema = schema
        self._client = TestClient(app_of(schema), "http://127.0.0.1")

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        given = {} if body is None else {"json": body}
        return self._client.request(method, f"/api/v1{path.format(s=self.schema.database_name)}", **given, **more)

    def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """What comes back, which has to be good."""
        answer = self.ask(method, path, body, **more)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()


@pytest.fixture
def api(schema: lw.Schema) -> Api:
    build(schema)
    return Api(schema)


def test_words_are_looked_for_everywhere(api: Api) -> None:
    name = api.schema.database_name
    found = api("GET", "/search?q=m12")
    mice = next(hits for hits in found["rows"] if hits["table"] == f"{name}.Mouse")
    assert mice["hits"][0] == {"key": "12", "row": {"mouse": 12}, "text": "name: m12"}
    assert f"{name}.Mouse" in api("GET", f"/search?q=animals {name}")["tables"]
    assert api.ask("GET", "/search?q=").status_code == 422


def test_rows_are_counted_grouped_and_given_as_files(api: Api) -> None:
    assert api("GET", "/tables/{s}.Mouse/count?sex=F") == {"count": 60, "more": False}
    facets = api("GET", "/tables/{s}.Mouse/facets?mouse.le=5")["facets"]
    sexes = next(facet for facet in facets if facet["column"] == "sex")
    assert sexes["values"] == [{"value": "M", "count": 3}, {"value": "F", "count": 2}]
    answer = api.ask("GET", "/tables/{s}.Session/export?columns=mouse,Mouse:name&sort=-mouse&mouse.ge=4")
    assert answer.text.splitlines()[1:] == ["5,m5", "4,m4"]
    assert "attachment" in answer.headers["content-disposition"]
    assert api.ask("GET", "/tables/{s}.Session/export?format=xlsx").content[:2] == b"PK"


def test_values_are_looked_at(api: Api) -> None:
    scan = table(api.schema, "Scan", "scan : int32\n---\nimage : <blob>\ntrace : <blob>\nabout = null : <blob>")
    scan.insert1((1, np.arange(24.0).reshape(2, 3, 4), np.arange(5), {"gain": 2}))
    seen = api("GET", "/preview/{s}.Scan/1/image?at=1")
    assert (seen["kind"], [(a["length"], a["at"]) for a in seen["axes"]]) == ("picture", [(2, 1)])
    picture = api.ask("GET", "/picture/{s}.Scan/1/image?at=1")
    assert (picture.content[:4], picture.headers["content-type"]) == (b"\x89PNG", "image/png")
    again = api.ask("GET", "/picture/{s}.Scan/1/image?at=1", headers={"If-None-Match": picture.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert api("GET", "/preview/{s}.Scan/1/trace")["kind"] == "line"
    assert "gain" in api("GET", "/preview/{s}.Scan/1/about")["text"]
    assert api.ask("GET", "/picture/{s}.Scan/1/trace").status_code == 404
    assert api.ask("GET", "/preview/{s}.Scan/1/image?at=x").status_code == 422
    assert api.ask("GET", "/preview/{s}.Scan/2/image").status_code == 404


def test_what_a_row_can_refer_to(api: Api) -> None:
    first = api("GET", "/tables/{s}.Session/options/mouse?q=m11&limit=2")
    assert [option["values"] for option in first["options"]] == [{"mouse": 11}, {"mouse": 110}]
    assert first["options"][0]["row"]["name"] == "m11"
    then = api("GET", f"/tables/{{s}}.Session/options/mouse?q=m11&after={first['after']}")
    assert [option["values"]["mouse"] for option in then["options"]] == list(range(111, 120))
    within = api("GET", "/tables/{s}.Score/options/session?mouse=2")
    assert [option["values"] for option in within["options"]] == [{"mouse": 2, "session": 1}]
    assert api.ask("GET", "/tables/{s}.Score/options/session?mouse=x").status_code == 422
    assert api.ask("GET", "/tables/{s}.Score/options/score").status_code == 404


def test_many_rows_are_changed_as_was_agreed(api: Api) -> None:
    asked = {"where": [{"attribute": "mouse", "is": "le", "value": 4}], "attribute": "sex", "value": "F"}
    told = api("POST", "/tables/{s}.Mouse/changes", asked)
    assert (told["rows"], told["before"]) == (4, [{"value": "M", "count": 2}])
    api.schema["Mouse"].update1({"mouse": 1, "sex": "U"})
    agreed = {**asked, "confirm": told["confirm"], "why": "seen"}
    assert api.ask("POST", "/tables/{s}.Mouse/change", agreed).status_code == 409
    agreed["confirm"] = api("POST", "/tables/{s}.Mouse/changes", asked)["confirm"]
    done = api("POST", "/tables/{s}.Mouse/change", agreed)
    assert done["count"] == 2
    assert set((api.schema["Mouse"] & "mouse <= 4").to_arrays("sex")) == {"F"}
    api("POST", f"/changes/{done['change']}/undo", {})
    assert list((api.schema["Mouse"] & "mouse <= 4").to_arrays("sex", order_by="mouse")) == ["U", "F", "M", "F"]
    wrongs: list[dict[str, Any]] = [{"value": "X"}, {"attribute": "mouse"}, {"attribute": "none"}, {"where": []}]
    for wrong in wrongs:
        assert api.ask("POST", "/tables/{s}.Mouse/changes", {**asked, **wrong}).status_code == 422, wrong


BAD = b"Mouse,name,sex,arrival\n900,Ida,F,2026-01-05\n901,Eva,?,2026-01-05\n1,m1,M,2026-01-02\n"


def test_a_file_is_tried_entered_and_taken_back(api: Api) -> None:
    place = "/import/{s}.Mouse"
    told = api("POST", place, content=BAD, params={"there": "skip"})
    assert {n: told[n] for n in ("rows", "new", "skipped", "bad", "change")} == {
        "rows": 3, "new": 1, "skipped": 1, "bad": 1, "change": None,
    }  # fmt: skip
    assert [(f["row"], f["attribute"]) for f in told["faults"]] == [(3, "sex")]
    assert told["columns"]["Mouse"] == "mouse"
    assert api.ask("POST", place, content=BAD, params={"there": "skip", "enter": "all"}).status_code == 422
    assert len(api.schema["Mouse"]()) == 120
    done = api("POST", place, content=BAD, params={"there": "skip", "enter": "valid"})
    assert (api.schema["Mouse"] & "mouse = 900").fetch1("name") == "Ida"
    api("POST", f"/changes/{done['change']}/undo", {})
    assert len(api.schema["Mouse"]()) == 120
    named = {"columns": json.dumps({"Tier": "mouse", "note": ""}), "constants": '{"arrival": "2026-01-09"}'}
    text = b"Tier\tname\tnote\n902\tIda\tx\n"
    assert api("POST", place, content=text, params={**named, "enter": "all"})["new"] == 1
    for wrong in ({"columns": "[]"}, {"columns": '{"no": "mouse"}'}, {"columns": '{"Tier": "no"}'}, {}, {"there": "x"}):
        assert api.ask("POST", f"{place}?{urlencode(wrong)}", content=text).status_code == 422, wrong
    for nothing in (b"", b"\0\1\2", b"<html>"):
        assert api.ask("POST", place, content=nothing).status_code == 422


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_workbook_is_entered(api: Api) -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate([("mouse", "name", "arrival"), (900, "Ida", "2026-01-05")]):
            sheet.write_row(place, 0, row)
    assert api("POST", "/import/{s}.Mouse?enter=all&name=mice.xlsx", content=file.getvalue())["new"] == 1


def test_nothing_of_an_import_is_kept(api: Api) -> None:
    for _ in range(25):
        api("POST", "/import/{s}.Mouse", content=BAD, params={"there": "update"})


def test_a_file_goes_into_no_hidden_column(lab: lw.Schema, client: Ask) -> None:
    place = f"/api/v1/import/{lab.database_name}.Person?enter=all"
    ask = client(grant(hidden=frozenset({"salary"})))
    told = ask.post(place, content=b"person,salary\ncy,1\n")
    assert (told.status_code, told.json()["columns"]) == (200, {"person": "person"}), told.text
    assert (lab["Person"] & "person = 'cy'").fetch1("salary") == 0
    for name, asked in (("columns", '{{"salary": "{}"}}'), ("constants", '{{"{}": "1"}}')):
        hidden, absent = (
            ask.post(place, content=b"person,salary\ndi,1\n", params={name: asked.format(column)})
            for column in ("salary", "payment")
        )
        assert (hidden.status_code, hidden.text) == (422, absent.text.replace("payment", "salary"))


def test_what_is_sent_twice_is_done_once(api: Api) -> None:
    """A program that has not heard the answer asks again."""
    mouse, place = api.schema["Mouse"], "/import/{s}.Mouse?enter=all&there="
    file = b"mouse,name,arrival\n900,Ida,2026-01-05\n"
    for there in ("refuse", "skip", "update"):
        answers = [api.ask("POST", place + there, content=file) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200 if there == "refuse" else 422, 422]
    asked = {"where": [{"equal": {"mouse": 900}}], "attribute": "sex", "value": "F"}
    asked["confirm"] = api("POST", "/tables/{s}.Mouse/changes", dict(asked))["confirm"]
    changes = [api.ask("POST", "/tables/{s}.Mouse/change", asked) for _ in range(2)]
    assert [answer.status_code for answer in changes] == [200, 409]
    undone = [api.ask("POST", f"/changes/{changes[0].json()['change']}/undo", {}) for _ in range(2)]
    assert (undone[0].status_code, undone[1].status_code >= 400) == (200, True)
    where = {"where": asked["where"]}
    going = {**where, "confirm": api("POST", "/tables/{s}.Mouse/losses", where)["confirm"]}
    gone = [api.ask("POST", "/tables/{s}.Mouse/delete", going).status_code for _ in range(2)]
    assert (gone[0], gone[1] >= 400, len(mouse())) == (200, True, 120)


def test_who_may_not_change_rows_does_not_by_importing(lab: lw.Schema, client: Ask) -> None:
    ask = client(grant(READ | {Verb.INSERT}))
    place = f"/api/v1/import/{lab.database_name}.Session?enter=all"
    file = b"session,person,note\n1,ana,theft\n"
    assert ask.post(f"{place}&there=update", content=file).status_code == 403
    assert ask.post(f"{place}&there=skip", content=file).status_code == 422
    assert (lab["Session"] & "session = 1").fetch1("note") == "a"


def test_who_may_insert_their_own_imports_their_own(lab: lw.Schema, client: Ask) -> None:
    place = f"/api/v1/import/{lab.database_name}.Session?enter=all"
    ask = client(grant(table="Person"), grant(ALL, "Session*", scope=Scope.OWN))
    for name, status in (("ben", 422), ("ana", 200)):
        answer = ask.post(place, content=f"session,person\n77,{name}\n".encode())
        assert answer.status_code == status, answer.text
    assert (lab["Session"] & "session = 77").fetch1("person") == "ana"
    reader = client(grant(READ))
    assert reader.post(place, content=b"session,person\n78,ana\n").status_code == 403


def test_many_rows_of_others_are_not_changed(lab: lw.Schema, client: Ask) -> None:
    ask = client(grant(READ), grant(ALL, "Session*", scope=Scope.OWN))
    place = f"/api/v1/tables/{lab.database_name}.Session/changes"
    body = {"where": [{"attribute": "session", "is": "le", "value": 2}], "attribute": "note", "value": "mine"}
    assert ask.post(place, json=body).status_code == 403
    body["where"] = [{"equal": {"person": "ana"}}]
    told = ask.post(place, json=body)
    assert (told.status_code, told.json()["rows"]) == (200, 2), told.text
    reader = client(grant(READ))
    assert reader.post(place, json=body).status_code == 403


def test_computation_is_steered(api: Api) -> None:
    name = f"{api.schema.database_name}.Score"
    told = api("GET", "/jobs/{s}.Score/progress")
    assert (told["workers"], told["own_workers"], told["durations"]["count"]) == ([], 0, 4)
    diagram = {status["table"]: status for status in api("GET", "/diagram")}
    assert diagram[name]["refers_to"] == [f"{api.schema.database_name}.Session"]
    assert (diagram[name]["total"], diagram[name]["failed"]) == (5, 1)
    api.schema["Session"].insert1((9, 1, "2026-03-01"))
    api("POST", "/jobs/{s}.Score/refresh")
    assert [job["key"] for job in api("GET", "/jobs/{s}.Score/queue")] == [{"mouse": 9, "session": 1}]
    assert api("GET", "/jobs/{s}.Score/queue?state=reserved") == []
    assert "no" in api("POST", "/jobs/{s}.Score/stop")["said"].lower()
    picture = api.ask("GET", "/diagram.svg", params={"schema": api.schema.database_name})
    assert (picture.headers["content-type"], "<svg" in picture.text) == ("image/svg+xml", True)
    assert api.ask("POST", "/jobs/{s}.Mouse/launch").status_code == 422


def test_rows_out_of_date_are_computed_again(api: Api) -> None:
    told = api("GET", "/jobs/{s}.Score/stale")
    assert told["keys"] == []
    assert api.ask("POST", "/jobs/{s}.Score/recompute", {"confirm": "x"}).status_code == 409
    with_none = {"confirm": told["going"]["confirm"]}
    assert api.ask("POST", "/jobs/{s}.Score/recompute", with_none).status_code == 200


def test_views_are_kept_shared_and_forgotten(api: Api) -> None:
    place = "/tables/{s}.Mouse/views"
    made = api("PUT", f"{place}/heavy", {"query": "weight.ge=30&sort=-weight&after=x", "pinned": True})
    assert made == {
        "name": "heavy",
        "owner": "ana",
        "query": "weight.ge=30&sort=-weight",
        "shared": False,
        "pinned": True,
    }
    page = api("GET", f"/tables/{{s}}.Mouse/rows?limit=1&{made['query']}")
    assert page["rows"][0]["mouse"] == 120
    assert api("POST", f"{place}/heavy/pin", {"owner": "ana", "pinned": False})[0]["pinned"] is False
    assert api.ask("POST", f"{place}/heavy/pin", {"owner": "ben", "pinned": True}).status_code == 404
    assert api.ask("PUT", f"{place}/bad", {"query": "nothing=1"}).status_code == 422
    api("DELETE", f"{place}/heavy")
    assert api("GET", place) == []
    assert api.ask("DELETE", f"{place}/heavy").status_code == 404


def test_a_program_changes_nothing_of_ones_own_unless_that_was_lent(lab: lw.Schema, client: Ask) -> None:
    """What a person has named, pinned and read is no row of a table, and not for a token that may read rows."""
    place, view = f"/api/v1/tables/{lab.database_name}.Session/views", {"query": "person=ana"}
    ask, reads = client(grant()), client(grant(), verbs=READ)
    elsewhere = client(grant(), verbs=ALL, schemas=[f"{lab.database_name}*"])
    assert elsewhere.put(f"{place}/mine", json=view).status_code == 200
    for method, path, body in (
        ("PUT", f"{place}/other", view), ("POST", f"{place}/mine/pin", {"owner": "ana", "pinned": True}),
        ("DELETE", f"{place}/mine", None), ("POST", "/api/v1/notices/read", {}),
    ):  # fmt: skip
        assert reads.request(method, path, **sent(body)).status_code == 403, path
    assert [view["name"] for view in reads.get(place).json()] == ["mine"]
    assert (reads.get("/api/v1/notices").status_code, elsewhere.get("/api/v1/notices").status_code) == (200, 403)
    assert ask.delete(f"{place}/mine").status_code == 200


def test_notices_are_listed_and_read(api: Api) -> None:
    assert api("GET", "/notices") == {"unread": 0, "notices": []}
    assert api("POST", "/notices/read", {}) == {"count": 0}
