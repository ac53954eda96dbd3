"""Programs where the rights of people are those of roles in the database."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.web.api.test_description import FOUND
from tests.web.shared.test_database_roles import Shared, shared

__all__ = ["shared"]
pytestmark = pytest.mark.parametrize("backend", ["postgres", "mysql"])


def test_each_address_answers_whatever_the_database_permits(shared: Shared) -> None:
    name = shared.schema.database_name
    for person in ("rea", "tec", "dan"):
        client = shared.client(person)
        for method, path, one in FOUND:
            given = json.loads(json.dumps(one).replace("lab.", f"{name}."))
            shown = {(p["in"], p["name"]): p.get("example") for p in given.get("parameters", ())}
            places = {n: "pdf" if v is None else v for (where, n), v in shown.items() if where == "path"}
            query = {n: v for (where, n), v in shown.items() if where == "query" and v is not None}
            bodies = given.get("requestBody", {}).get("content", {})
            kind, body = next(((k, b["example"]) for k, b in bodies.items() if "example" in b), ("", None))
            sent: dict[str, Any] = {"json": body}
            if isinstance(body, str):
                sent = {"content": body.encode(), "headers": {"content-type": kind}}
            answer = client.request(method, f"/api/v1{path.format_map(places)}", params=query, **sent)
            assert answer.status_code in {200, 201, 403, 404, 409, 422}, (person, method, path, answer.text)
            assert shared.login not in answer.text, "who the server is at the database is nobody's business"


def test_people_do_by_programs_what_their_roles_let_them(shared: Shared) -> None:
    api, mouse = "/api/v1", f"{shared.schema.database_name}.Mouse"
    technician, reader = shared.client("tec"), shared.client("rea")
    place, file = f"{api}/import/{mouse}?enter=all", b"mouse,name,arrival\n900,Ida,2026-02-03\n"
    assert reader.post(place, content=file).status_code == 403
    done = technician.post(place, content=file)
    assert (done.status_code, done.json()["new"]) == (200, 1), done.text
    assert shared.schema["Mouse"].history({"mouse": 900})[0].who == "tec"
    asked = {"where": [{"equal": {"mouse": 900}}], "attribute": "name", "value": "Eva"}
    coming = technician.post(f"{api}/tables/{mouse}/changes", json=asked)
    assert (coming.status_code, coming.json()["before"]) == (200, [{"value": "Ida", "count": 1}]), coming.text
    agreed = {**asked, "confirm": coming.json()["confirm"]}
    changed = technician.post(f"{api}/tables/{mouse}/change", json=agreed)
    assert changed.status_code == 200, changed.text
    assert (shared.schema["Mouse"] & "mouse = 900").fetch1("name") == "Eva"
    assert reader.post(f"{api}/jobs/{mouse.replace('Mouse', 'Score')}/launch").status_code == 403
    for client in (technician, reader):
        assert client.get(f"{api}/tables/{mouse}/count?name=Eva").json()["count"] == 1
        assert "weight" not in technician.get(f"{api}/tables/{mouse}/export").text
        kept = client.put(f"{api}/tables/{mouse}/views/mine", json={"query": "name=Eva"})
        assert kept.status_code == 200, kept.text
        assert [hits["table"] for hits in client.get(f"{api}/search?q=Eva").json()["rows"]] == [mouse]
        for look in ("facets", "options/mouse", "views"):
            table = mouse.replace("Mouse", "Session") if look.startswith("options") else mouse
            answer = client.get(f"{api}/tables/{table}/{look}")
            assert answer.status_code == 200, answer.text
        for look in ("diagram", "diagram.svg", "notices", "changes", "jobs"):
            answer = client.get(f"{api}/{look}")
            assert answer.status_code == 200, answer.text
