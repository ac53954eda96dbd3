"""The files that come with the app, as they are sent."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.web.lab import app_of

import labwright as lw
from labwright.web.app import STATIC

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])
HEAVIEST = 200_000
PROGRAMS = re.compile(r"\son[a-z]+=|javascript:|<style|\sstyle=|<script(?![^>]*\ssrc=)(?![^>]*application/json)")


@pytest.fixture
def client(schema: lw.Schema) -> TestClient:
    return TestClient(app_of(schema), base_url="http://localhost")


def test_scripts_and_styles_are_compressed_and_asked_for_again(client: TestClient) -> None:
    answer = client.get("/static/vendor/easymde/easymde.min.js")
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.content == (STATIC / "vendor/easymde/easymde.min.js").read_bytes()
    again = client.get("/static/vendor/easymde/easymde.min.js", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_pages_are_not(client: TestClient) -> None:
    answer = client.get("/tables")
    assert "content-encoding" not in answer.headers
    assert answer.headers["cache-control"] == "private, no-store"


def test_a_page_without_plots_weighs_little(client: TestClient) -> None:
    files = [f for f in STATIC.rglob("*") if f.suffix in (".js", ".css") and not _is_for_plots(f)]
    sent = sum(len(gzip.compress(f.read_bytes())) for f in files)
    assert sent < HEAVIEST
    for name in ("app.css", "notebook.js", "vendor/htmx.org/htmx.min.js"):
        with client.stream("GET", f"/static/{name}") as answer:
            assert int(answer.headers.get("content-length", 0) or 0) < (STATIC / name).stat().st_size


def _is_for_plots(file: Path) -> bool:
    return any(part.startswith(("plotly", "vega")) for part in file.parts)


def test_own_scripts_are_small(backend: str) -> None:
    lines = [len(f.read_text(encoding="utf-8").splitlines()) for f in STATIC.glob("*.js")]
    assert max(lines) <= 400
    assert sum(lines) <= 5000


@pytest.mark.parametrize("page", sorted(f.name for f in (STATIC.parent / "templates").glob("*.html")))
def test_no_page_has_a_program_in_it(page: str, backend: str) -> None:
    text = (STATIC.parent / "templates" / page).read_text(encoding="utf-8")
    assert not PROGRAMS.findall(text)
