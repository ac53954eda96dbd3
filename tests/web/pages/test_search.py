"""The box for everything, as a page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from tests.web.lab import app_of, build

import labwright as lw

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


@pytest.fixture
def client(schema: lw.Schema) -> Iterator[TestClient]:
    build(schema)
    with TestClient(app_of(schema), base_url="http://127.0.0.1:8421", follow_redirects=False) as client:
        yield client


def test_what_is_found_is_a_click_away(client: TestClient, schema: lw.Schema) -> None:
    page = client.get("/search?q=m11").text
    assert f'<a href="/t/{schema.database_name}.Mouse/11">Mouse 11</a>' in page
    assert f'<a href="/t/{schema.database_name}.Mouse?q=m11">' in page  # there are m11, m110 and more
    assert "Nothing was found" in client.get("/search?q=nothing+like+it").text
    assert client.get("/search").status_code == 200


def test_a_scanned_address_leads_to_its_row(client: TestClient, schema: lw.Schema) -> None:
    where = f"/t/{schema.database_name}.Session/1,1"
    answer = client.get("/search", params={"q": f"https://lab.example{where}"})
    assert (answer.status_code, answer.headers["location"]) == (303, where)


@pytest.mark.parametrize(
    "text", ["<img src=x onerror=alert(1)>", '"><script>', "{{7*7}}", "%00", "//evil.example/t/a.B/1"]
)
def test_what_is_looked_for_is_text(client: TestClient, schema: lw.Schema, text: str) -> None:
    schema["Mouse"].update1({"mouse": 1, "notes": f"note {text}"})
    answer = client.get("/search", params={"q": text})
    assert answer.status_code == 200
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    assert not any(wrong in main for wrong in ("<img", "<script>", "49"))
    assert f"/t/{schema.database_name}.Mouse/1" in answer.text
