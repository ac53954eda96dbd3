"""Signing rows without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.backends.classes import table
from tests.backends.stores import opened
from tests.lab.notebook.conftest import authority
from tests.lab.notebook.local_authority import LocalAuthority
from tests.web.lab import ANA
from tests.web.pages.form import ORIGIN
from tests.web.pages.test_notebook import page, send

import labwright as lw
from labwright.web.app import create_app
from labwright.web.desk.workspace import Workspace
from labwright.web.site import Site

__all__ = ["authority"]
pytestmark = pytest.mark.parametrize("backend", ["sqlite"])
ROW = "lab.Mouse/3"


@pytest.fixture
def project(database_url: str, tmp_path: Path) -> Iterator[lw.Project]:
    with opened(database_url, tmp_path) as project:
        made = table(lw.Schema("lab", connection=project), "Mouse", "mouse : int32\n---\nname : varchar(200)")
        made.insert([(3, "<b>Ida</b>")])
        yield project


@pytest.fixture
def ana(project: lw.Project) -> Iterator[TestClient]:
    app = create_app(Site({"lab": Workspace(project)}), ANA)
    with TestClient(app, base_url=ORIGIN, headers={"Origin": ORIGIN}) as client:
        yield client


def seen(client: TestClient) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', page(client, f"/sign/{ROW}"))
    assert found is not None
    return found[1]


def test_a_row_is_signed_and_changed(ana: TestClient, project: lw.Project) -> None:
    assert "Nobody has signed this row" in page(ana, f"/t/{ROW}")
    assert "&lt;b&gt;Ida&lt;/b&gt;" in page(ana, f"/sign/{ROW}")
    before = seen(ana)
    shown = send(ana, f"/sign/{ROW}", seen=before, meaning="review")
    assert "Ana Silva (ana), review" in shown
    assert "alone at this machine" in shown
    assert "The row is as it was signed" in shown
    assert "The row is what was signed" in page(ana, f"/verify/{ROW}")
    for form in (f"/edit/{ROW}", f"/delete/{ROW}"):
        assert "This row is signed by ana" in page(ana, form)
    assert "has signed this row already" in send(ana, f"/sign/{ROW}", 422, seen=before, meaning="review")
    lw.Schema("lab", connection=project, create_tables=False)["Mouse"].update1({"mouse": 3, "name": "Ada"})
    assert "The row has changed since" in page(ana, f"/t/{ROW}")
    assert "The row is not what ana has signed" in page(ana, f"/verify/{ROW}")
    assert "was changed meanwhile" in send(ana, f"/sign/{ROW}", 422, seen=before, meaning="author")
    assert "The row is as it was signed" in send(ana, f"/sign/{ROW}", seen=seen(ana), meaning="author")


def test_what_is_not_asked_for_is_refused(ana: TestClient) -> None:
    assert "means one of" in send(ana, f"/sign/{ROW}", 422, seen=seen(ana), meaning="fun")
    assert "was changed meanwhile" in send(ana, f"/sign/{ROW}", 422, meaning="author")
    send(ana, f"/stamp/{ROW}", 422)
    for path in ("/sign/lab.Mouse/9", "/verify/lab.Mouse/9", "/sign/lab.Nothing/3"):
        page(ana, path, 404)


def test_an_authority_is_asked(ana: TestClient, project: lw.Project, authority: LocalAuthority, tmp_path: Path) -> None:
    (tmp_path / "authority.pem").write_bytes(authority.certificates)
    project.config["notebook.certificates"] = str(tmp_path / "authority.pem")
    project.config["notebook.authority"] = "http://127.0.0.1:9/"
    assert "cannot be reached" in send(ana, f"/sign/{ROW}", 422, seen=seen(ana), meaning="author")
    assert "Not stamped yet" in page(ana, f"/t/{ROW}")
    project.config["notebook.authority"] = authority.url
    assert f"by {authority.url}" in send(ana, f"/stamp/{ROW}")
    assert "All signatures bear time stamps that hold" in page(ana, f"/verify/{ROW}")
