"""Plots, pages, dashboards and actions, as a program sees them."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

import labwright as lw

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


def text(client: TestClient, path: str, status: int = 200) -> str:
    """The page, with entities as the characters that they are."""
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return html.unescape(answer.text)


def figure(client: TestClient, path: str) -> Any:
    """What a browser is to draw."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    found = re.search(r'data-content="([^"]*)"', answer.text)
    assert found is not None
    return json.loads(html.unescape(found[1]))


def test_plots_are_listed(client: TestClient) -> None:
    page = text(client, "/plots")
    for words in ("How heavy the mice are", "Weight by number", "Its sessions", "Overview", "Colony"):
        assert words in page


def test_a_plot_is_of_the_rows_that_are_looked_at(client: TestClient) -> None:
    whole = figure(client, "/draw/weights")
    few = figure(client, "/draw/weights?weight.ge=34&set-bins=3&set-sex=F")
    assert len(whole["data"][0]["x"]) == 120
    assert few["data"][0]["nbinsx"] == 3
    assert min(few["data"][0]["x"]) >= 34
    assert len(few["data"][0]["x"]) < 10


def test_a_plot_is_of_what_a_grid_shows_by_references(client: TestClient) -> None:
    assert "There is no such row" not in text(client, "/draw/ones?Mouse:sex.eq=F")
    assert figure(client, "/draw/ones?Mouse:sex.eq=F")["data"][0]["x"] == [2, 4]
    assert figure(client, "/draw/ones?q=4")["data"][0]["x"] == [4]


def test_options_have_a_form(client: TestClient) -> None:
    page = text(client, "/plot/weights?weight.ge=34&set-bins=many", 422)
    assert '<input type="hidden" name="weight.ge" value="34">' in page
    assert "'many' is not" in page
    assert "data-draw" not in page
    assert 'data-draw="/draw/weights?set-bins=3"' in text(client, "/plot/weights?set-bins=3")


def test_only_pages_with_plots_have_inline_styles(client: TestClient, schema: lw.Schema) -> None:
    for path, has in (("/plot/weights", True), ("/plots", False), (f"/t/{schema.database_name}.Mouse/1", True)):
        assert ("'unsafe-inline'" in client.get(path).headers["Content-Security-Policy"]) is has


def test_data_can_be_read_as_a_table(client: TestClient) -> None:
    assert "<td>20.125</td>" in text(client, "/draw/weights")
    assert '<img src="data:image/png;base64,' in text(client, "/draw/sessions_of/1")


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/draw/wrong", 500, "'One that fails' failed"),
        ("/draw/weights?set-bins=many", 422, "bins:"),
        ("/draw/nothing", 404, "There is no plot 'nothing' here"),
        ("/draw/weights/1", 422, "is of rows, not of one"),
        ("/draw/sessions_of", 422, "is of one row"),
        ("/draw/sessions_of/999", 404, "There is no such row"),
    ],
)
def test_what_cannot_be_drawn(client: TestClient, path: str, status: int, said: str) -> None:
    page = text(client, path, status)
    assert said in page
    assert "<html" not in page


def test_those_who_look_after_it_read_where_it_failed(client: TestClient) -> None:
    assert "no such electrode" in text(client, "/draw/wrong", 500)


def test_a_dashboard_is_restricted_as_a_whole(client: TestClient) -> None:
    page = text(client, "/dashboard/overview?sex=F&mouse=2")
    assert 'data-draw="/draw/weights?sex=F&mouse=2"' in page
    assert page.count('<a href="/t/') == 1 + page.count("There is")
    assert '<option value="F" selected>F</option>' in page


def test_a_page_has_what_its_function_gives(client: TestClient, schema: lw.Schema) -> None:
    page = client.get("/page/colony?set-least=34.9").text
    assert "<strong>120</strong>" in page
    assert "<script>alert" not in page
    assert "elsewhere.example" not in page
    assert "<h2>Mice</h2>" in page
    assert f'<a href="/t/{schema.database_name}.Mouse/120">120</a>' in page
    assert f'<a href="/t/{schema.database_name}.Mouse/119">' not in page
    assert '<a class="button" href="/act/receive">Receive mice</a>' in page
    assert "<iframe" not in page
    assert "may not be shown here" in page


def test_a_page_that_fails(client: TestClient) -> None:
    page = text(client, "/page/broken", 500)
    assert "The page 'Broken' failed" in page
    assert "not today" not in page, "which belongs to no table, so that nobody is known to look after it"


def test_an_action_is_done_by_a_form(client: TestClient, schema: lw.Schema) -> None:
    name = schema.database_name
    assert "/act/weigh/1" in text(client, f"/t/{name}.Mouse/1")
    done = client.post("/act/weigh/1", data={"weight": "21,5"}, follow_redirects=False)
    assert done.status_code == 303
    assert "It has 21.5 g <now>." in text(client, done.headers["location"])
    assert "&lt;now&gt;" in client.get(done.headers["location"]).text
    assert (schema["Mouse"] & "mouse = 1").fetch1("weight") == 21.5
    assert schema["Mouse"].history({"mouse": 1})[0].why == "Weigh"


def test_an_action_is_never_done_by_looking(client: TestClient, schema: lw.Schema) -> None:
    client.get("/act/weigh/1?weight=99")
    assert (schema["Mouse"] & "mouse = 1").fetch1("weight") != 99


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({"weight": "heavy"}, 422, "is not a number"),
        ({"weight": "21", "remark": "fail"}, 422, "'Weigh' failed"),
        ({"weight": "-3"}, 422, "has to be 0 or more"),
    ],
)
def test_what_an_action_refuses(
    client: TestClient, schema: lw.Schema, given: dict[str, str], status: int, said: str
) -> None:
    before = (schema["Mouse"] & "mouse = 1").fetch1("weight")
    answer = client.post("/act/weigh/1", data=given, follow_redirects=False)
    assert answer.status_code == status
    assert said in html.unescape(answer.text)
    assert "why-nevertheless" not in answer.text
    assert (schema["Mouse"] & "mouse = 1").fetch1("weight") == before


def test_doubt_is_overridden_with_a_reason(client: TestClient, schema: lw.Schema) -> None:
    answer = client.post("/act/weigh/1", data={"weight": "75"}, follow_redirects=False)
    assert answer.status_code == 422
    assert 'name="why-nevertheless"' in answer.text
    given = {"weight": "75", "why-nevertheless": "it is a rat"}
    assert client.post("/act/weigh/1", data=given, follow_redirects=False).status_code == 303
    why = str(schema["Mouse"].history({"mouse": 1})[0].why)
    assert "it is a rat (although: It is 75 and usually from 5 to 60.)" in why


def test_an_action_of_no_row_in_particular(client: TestClient, schema: lw.Schema) -> None:
    assert client.post("/act/receive", data={"count": "2"}).status_code == 200
    assert len(schema["Mouse"]()) == 122
    assert client.get("/act/receive/1").status_code == 422
    assert client.get("/act/weigh").status_code == 422


@pytest.mark.parametrize(
    ("allowed", "shown"),
    [(["https://panel.lab.example"], True), (["https://other.example"], False), (["http://127.0.0.1:8421"], False)],
)
def test_frames_are_shown_where_the_settings_say(
    schema: lw.Schema, declared: lw.Screens, client: TestClient, allowed: list[str], shown: bool
) -> None:
    schema.project.config["web.frames"] = allowed
    answer = client.get("/page/colony")
    policy = answer.headers["Content-Security-Policy"]
    assert ('<iframe src="https://panel.lab.example/app"' in answer.text) is shown
    assert ("frame-src https://panel.lab.example" in policy) is shown
    assert "frame-src" not in client.get("/plots").headers["Content-Security-Policy"]


def test_computed_columns_stand_in_grid_and_row(client: TestClient, schema: lw.Schema) -> None:
    name = schema.database_name
    grid = text(client, f"/t/{name}.Mouse?weight.gt=29.9&weight.le=30.2&columns=name")
    assert grid.count(">light<") == 1
    assert grid.count(">heavy<") == 1
    assert "light" in text(client, f"/t/{name}.Mouse/1")


def test_a_grid_leads_to_the_plots_of_its_rows(client: TestClient, schema: lw.Schema) -> None:
    name = schema.database_name
    assert f"/plots/{name}.Mouse?weight.ge=34" in text(client, f"/t/{name}.Mouse?weight.ge=34")
    assert "/plots/" not in text(client, f"/t/{name}.Session.Trial")


MOUSE = {"mouse": "500", "name": "IDA", "sex": "F", "weight": "20", "arrival": "2026-03-01", "notes": ""}


def test_the_entry_form_takes_a_reason(client: TestClient, schema: lw.Schema) -> None:
    where = f"/new/{schema.database_name}.Mouse"
    answer = client.post(where, data={**MOUSE, ".do": "save"}, follow_redirects=False)
    assert answer.status_code == 422
    assert "Names are not shouted." in answer.text
    assert 'name=".why"' in answer.text
    answer = client.post(where, data={**MOUSE, "weight": "-1", ".do": "save"}, follow_redirects=False)
    assert 'name=".why"' not in answer.text
    assert not schema["Mouse"] & "mouse = 500"
    given = {**MOUSE, ".do": "save", ".why": "so on the ear"}
    assert client.post(where, data=given, follow_redirects=False).status_code == 303
    why = schema["Mouse"].history({"mouse": 500})[0].why
    assert why == "so on the ear (although: Names are not shouted.)"
    change = {**MOUSE, "weight": "-5", ".do": "save", **{f"base.{name}": text for name, text in MOUSE.items()}}
    refused = client.post(f"/edit/{schema.database_name}.Mouse/500", data=change, follow_redirects=False)
    assert (refused.status_code, "has to be 0 or more" in refused.text) == (422, True)


def test_a_cell_of_the_grid_takes_a_reason(client: TestClient, schema: lw.Schema) -> None:
    where, given = f"/cell/{schema.database_name}.Mouse/1/weight", {"weight": "75", "base": "20.125"}
    doubted = client.post(where, data=given)
    assert (doubted.status_code, "usually from 5 to 60" in doubted.text) == (422, True)
    assert 'name=".why"' in doubted.text
    impossible = client.post(where, data={**given, "weight": "-1", ".why": "it floats"})
    assert (impossible.status_code, 'name=".why"' in impossible.text) == (422, False)
    assert (schema["Mouse"] & "mouse = 1").fetch1("weight") == 20.125
    assert "75" in client.post(where, data={**given, ".why": "it is a rat"}).text
    assert (schema["Mouse"] & "mouse = 1").fetch1("weight") == 75
    why = schema["Mouse"].history({"mouse": 1})[0].why
    assert why == "it is a rat (although: It is 75 and usually from 5 to 60.)"


def test_many_rows_take_a_reason(client: TestClient, schema: lw.Schema) -> None:
    where = f"/change/{schema.database_name}.Mouse"
    given = {"row": ["1", "2"], "on": "weight", "to": "75", "why": "new scales"}
    page = client.post(where, data=given).text
    given["mark"] = re.findall(r'name="mark" value="([^"]+)"', page)[0]
    assert 'name=".why"' not in page
    doubted = client.post(where, data=given)
    assert (doubted.status_code, "usually from 5 to 60" in doubted.text) == (422, True)
    assert all(f'value="{text}"' in doubted.text for text in (given["mark"], "new scales"))
    assert 'name=".why"' in doubted.text
    wrong = {**given, "to": "-1", ".why": "they float"}
    assert 'name=".why"' not in client.post(where, data=wrong).text
    assert not schema["Mouse"] & "weight IN (75, -1)"
    assert client.post(where, data={**given, ".why": "rats"}, follow_redirects=False).status_code == 303
    assert len(schema["Mouse"] & {"weight": 75}) == 2
    for mouse in (1, 2):
        why = schema["Mouse"].history({"mouse": mouse})[0].why
        assert why == "new scales. rats (although: It is 75 and usually from 5 to 60.)"


def test_the_api_takes_a_reason(client: TestClient, schema: lw.Schema) -> None:
    where = f"/api/v1/tables/{schema.database_name}.Mouse/rows"
    row = {"mouse": 500, "name": "IDA", "weight": 20, "arrival": "2026-03-01"}
    refused = client.post(where, json={"rows": [row]})
    assert (refused.status_code, "Names are not shouted" in refused.text) == (422, True)
    assert client.post(where, json={"rows": [row], "overridden": "so on the ear"}).status_code == 201
    assert client.patch(f"{where}/500", json={"changes": {"weight": -5}}).status_code == 422
    lines = json.dumps({**row, "mouse": 501})
    kind = {"Content-Type": "application/x-ndjson"}
    bulk = f"/api/v1/bulk/{schema.database_name}.Mouse"
    assert client.post(bulk, content=lines, headers=kind).status_code == 422
    assert client.post(f"{bulk}?overridden=so+it+is", content=lines, headers=kind).status_code == 201
    assert schema["Mouse"].history({"mouse": 501})[0].why == "so it is"


def test_programs_draw_and_act_as_well(client: TestClient, schema: lw.Schema) -> None:
    plots = {plot["name"]: plot for plot in client.get("/api/v1/plots").json()}
    assert plots["weights"]["options"] == {"bins": "int64", "sex": "enum('F','M','all')"}
    drawn = client.get("/api/v1/plots/weights?weight.ge=34&set-bins=3").json()
    assert (drawn["kind"], drawn["content"]["data"][0]["nbinsx"]) == ("plotly", 3)
    assert client.get("/api/v1/plots/sessions_of/1").json()["content"].startswith("data:image/png;base64,")
    assert {a["name"] for a in client.get("/api/v1/actions").json()} == {"weigh", "receive"}
    done = client.post("/api/v1/actions/weigh/1", json={"fields": {"weight": 21.5}})
    assert (done.status_code, done.json()) == (200, {"said": "It has 21.5 g <now>."})
    assert (schema["Mouse"] & "mouse = 1").fetch1("weight") == 21.5
    heavy = {"fields": {"weight": 75}}
    assert client.post("/api/v1/actions/weigh/1", json=heavy).status_code == 422
    assert client.post("/api/v1/actions/weigh/1", json={**heavy, "overridden": "a rat"}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "given", "status"),
    [
        ("GET", "plots/nothing", None, 404),
        ("GET", "plots/weights/1", None, 422),
        ("GET", "plots/sessions_of/999", None, 404),
        ("GET", "plots/weights?set-bins=x", None, 422),
        ("GET", "plots/wrong", None, 500),
        ("POST", "actions/weigh", {}, 422),
        ("POST", "actions/weigh/1", {}, 422),
        ("POST", "actions/weigh/1", {"fields": {"weight": 1, "other": 2}}, 422),
        ("POST", "actions/weigh/1", {"fields": {"weight": "x"}}, 422),
        ("POST", "actions/weigh/1", {"fields": {"weight": 21, "remark": "fail"}}, 500),
        ("POST", "actions/weigh/999", {"fields": {"weight": 21}}, 404),
    ],
)
def test_what_programs_cannot_do(client: TestClient, method: str, path: str, given: Any, status: int) -> None:
    answer = client.request(method, f"/api/v1/{path}", json=given)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
