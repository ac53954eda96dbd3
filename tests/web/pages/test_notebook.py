"""The lab book in the browser: its pages and forms without scripts, and one journey with them."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from starlette.testclient import TestClient
from tests.backends.classes import table
from tests.backends.stores import opened
from tests.lab.notebook.conftest import authority
from tests.lab.notebook.local_authority import LocalAuthority
from tests.web.lab import ANA
from tests.web.pages.form import ORIGIN

import labwright as lw
from labwright.lab.notebook import Notebook
from labwright.web.app import create_app
from labwright.web.desk.workspace import Workspace
from labwright.web.site import Site

__all__ = ["authority"]
pytestmark = pytest.mark.parametrize("backend", ["sqlite"])
EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'"
PROGRAMS = r"""<(script(?! src="/static/)|img[^>]* src=x|svg(?! class="icon")|iframe|style|b[ >])"""
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)


@pytest.fixture
def project(database_url: str, tmp_path: Path) -> Iterator[lw.Project]:
    """A project with settings of its own."""
    with opened(database_url, tmp_path) as project:
        yield project


@pytest.fixture
def notebook(project: lw.Project) -> Notebook:
    table(lw.Schema("lab", connection=project), "Mouse", "mouse : int32\n---\nname : varchar(200)").insert(
        [(3, "Ida"), (4, EVIL)]
    )
    return Notebook(project=project)


@pytest.fixture
def ana(notebook: Notebook) -> Iterator[TestClient]:
    """Somebody with a browser without scripts."""
    app = create_app(Site({"lab": Workspace(notebook.schema.project)}), ANA)
    with TestClient(app, base_url=ORIGIN, headers={"Origin": ORIGIN}) as client:
        yield client


def page(client: TestClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


def send(client: TestClient, path: str, status: int = 200, files: Any = None, **given: str) -> str:
    data = {name.replace("__", "."): text for name, text in given.items()}
    answer = client.post(path, data=data, files=files)
    assert answer.status_code == status, answer.text
    return answer.text


def begin(client: TestClient, title: str = "A gel", **given: str) -> str:
    answer = client.post("/notebook/new", data={"title": title, "day": "2026-11-23", **given}, follow_redirects=False)
    assert answer.status_code == 303
    return answer.headers["location"].removesuffix("/edit")


def write(client: TestClient, place: str, text: str, status: int = 200) -> str:
    return send(
        client, f"{place}/edit", status, title="A gel", day="2026-11-23", text=text, base__title="A gel",
        base__day="2026-11-23", base__text="",
    )  # fmt: skip


def article(html: str) -> str:
    found = re.search(r'<article class="page">(.*?)</article>', html, re.DOTALL)
    assert found is not None
    return found[1].strip()


def test_an_entry_is_written_without_scripts(ana: TestClient, notebook: Notebook) -> None:
    place = begin(ana)
    shown = write(ana, place, "Two *bands*,\r\nsee [[lab.Mouse/3]].")
    assert "<em>bands</em>" in shown
    assert '<a class="row" href="/t/lab.Mouse/3"' in shown
    assert notebook.page(1).text == "Two *bands*,\nsee [[lab.Mouse/3]]."
    assert place in page(ana, "/notebook?q=bands&author=ana&table=lab.Mouse&signed=no&since=2026-11-23")
    assert "There are no such entries" in page(ana, "/notebook?q=nothing")
    assert "A gel" in page(ana, "/t/lab.Mouse/3")
    assert "Write an entry about it" in page(ana, "/t/lab.Mouse/4")
    begin(ana, "See there")
    assert 'href="/notebook/1"' in page(ana, "/search?q=gel")
    shown = send(ana, "/notebook/2/preview", text="[[notebook.Entry/1]]")
    assert '<a class="row" href="/notebook/1"' in shown
    assert 'href="/notebook/1"' in page(ana, "/t/notebook.Entry/1")


def test_an_entry_about_a_row(ana: TestClient, notebook: Notebook) -> None:
    assert 'value="lab.Mouse/4"' in page(ana, "/notebook/new?about=lab.Mouse/4")
    begin(ana, about="lab.Mouse/4")
    assert notebook.page(1).links[0].row == '{"mouse":4}'


@pytest.mark.parametrize(("title", "day"), [("", "2026-11-23"), ("x" * 201, "2026-11-23")])
def test_mistakes_come_back_with_the_form(ana: TestClient, title: str, day: str) -> None:
    told = send(ana, "/notebook/new", 422, title=title, day=day)
    assert "problem" in told


def test_a_conflict_shows_both(ana: TestClient, notebook: Notebook) -> None:
    place = begin(ana)
    notebook.Entry.update1({"entry": 1, "text": "theirs"})
    told = write(ana, place, "mine", 409)
    assert "Somebody else has changed this entry" in told
    assert "theirs" in told
    assert "mine" in told
    send(
        ana, f"{place}/edit", title="A gel", day="2026-11-23", text="mine", base__title="A gel",
        base__day="2026-11-23", base__text="theirs",
    )  # fmt: skip
    assert notebook.page(1).text == "mine"


def test_what_is_typed_survives(ana: TestClient, notebook: Notebook) -> None:
    place = begin(ana)
    send(ana, f"{place}/keep", 204, title="A gel", day="2026-11-23", text="half a sent")
    assert notebook.page(1).text == ""
    again = page(ana, f"{place}/edit")
    assert "half a sent" in again
    assert "did not save" in again
    assert "half a sent" not in send(ana, f"{place}/discard")
    send(ana, f"{place}/keep", 204, text="half a sent")
    write(ana, place, "whole")
    assert "half a sent" not in page(ana, f"{place}/edit")


def test_files_are_shown_or_kept(ana: TestClient, notebook: Notebook) -> None:
    place = begin(ana)
    files = [
        ("file", ("gel.png", PNG, "image/png")),
        ("file", ("../../evil.svg", b"<svg onload=alert(1)>", "image/svg+xml")),
    ]
    told = ana.post(f"{place}/files", files=files, headers={"Accept": "application/json"}).json()
    assert told == {"markdown": "![gel.png](attachment:1)\n\n[evil.svg](attachment:2)"} or told["markdown"].startswith(
        "!"
    )
    send(ana, f"{place}/files", files={"file": ("page.png", b"<html><script>alert(1)</script>", "image/png")})
    picture = ana.get(f"{place}/files/1/gel.png")
    assert (picture.headers["content-type"], picture.content) == ("image/png", PNG)
    assert picture.headers["content-disposition"].startswith("inline")
    assert ana.get(f"{place}/files/1/gel.png", headers={"If-None-Match": picture.headers["etag"]}).status_code == 304
    for number, name in ((2, "evil.svg"), (3, "page.png")):
        kept = ana.get(f"{place}/files/{number}/{name}")
        assert kept.headers["content-disposition"].startswith("attachment")
        assert kept.headers["content-type"] == "application/octet-stream"
        assert kept.headers["x-content-type-options"] == "nosniff"
    shown = article(
        write(ana, place, "![a](attachment:1) ![b](attachment:2) ![c](http://evil.example/x.png) ![d](attachment:9)")
    )
    assert re.findall(r'<img src="([^"]*)"', shown) == [f"{place}/files/1/gel.png"]
    assert "evil.example" not in shown
    assert ana.get(f"{place}/files/9/x").status_code == 404
    send(ana, f"{place}/files/2/remove")
    assert [a.number for a in notebook.page(1).attachments] == [1, 3]
    assert ana.post(f"{place}/files", headers={"Accept": "application/json"}).status_code == 422


HARMFUL = (
    EVIL,
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "![x](javascript:alert(1))",
    '![" onerror="alert(1)](attachment:1)',
    "<a href='javascript:alert(1)'>x</a>",
    "<svg onload=alert(1)>",
    "<iframe src=//evil.example>",
    "<style>body{display:none}</style>",
    "[[lab.Mouse/4]]",
    '[[lab.Mouse/3"onmouseover=alert(1)]]',
    "`<script>`\n\n```\n</code><script>alert(1)</script>\n```",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "| <img src=x onerror=alert(1)> |\n|---|\n| x |",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "[x](//evil.example) [y](/logout) [z](attachment:1x)",
)


def test_nothing_that_somebody_writes_becomes_a_program(ana: TestClient, notebook: Notebook) -> None:
    place = ""
    for text in HARMFUL:
        place = begin(ana, title=EVIL)
        notebook.attach(int(place.rpartition("/")[2]), PNG, "x\"><b onclick='1'>.png", "image/png")
        write(ana, place, text)
        send(ana, f"{place}/comment", text=text)
        pages = [page(ana, p) for p in (place, f"{place}/edit", f"{place}/verify")]
        pages.append(send(ana, f"{place}/preview", text=text))
        check_harmless(pages)
    check_harmless([page(ana, "/notebook"), page(ana, f"{place}/history"), page(ana, "/t/lab.Mouse/4")])


def check_harmless(pages: list[str]) -> None:
    for html in pages:
        assert not re.search(PROGRAMS, html), html
        assert not re.search(r"<[^>]*\son\w+=", re.sub(r'"[^"]*"', '""', html)), html
        assert not re.search(r"""(href|src)="(?!/|http|mailto:|#|\?|\./)[^"]*\"""", html), html
        assert '<a href="//evil' not in html


def test_a_comment_says_something(ana: TestClient, notebook: Notebook) -> None:
    place = begin(ana)
    send(ana, f"{place}/comment", 422, text="  ")
    told = send(ana, f"{place}/comment", text="@ben, see [[lab.Mouse/3]]")
    assert "Mouse 3" in told
    assert notebook.Comment.Mention.to_arrays("person").tolist() == ["ben"]


def test_an_entry_is_locked_signed_and_verified(ana: TestClient, notebook: Notebook) -> None:
    place = begin(ana)
    assert "locked by ana" in send(ana, f"{place}/lock")
    assert "is locked by ana" in page(ana, f"{place}/edit", 403)
    assert "Write" in send(ana, f"{place}/unlock", why="typo")
    assert "It is not signed" in page(ana, f"{place}/verify")
    assert "Nobody logs in here" in page(ana, f"{place}/sign")
    shown = send(ana, f"{place}/sign")
    assert "alone at this machine, without being asked" in shown
    assert "The entry is what was signed" in page(ana, f"{place}/verify")
    assert "ana has signed entry 1 already" in send(ana, f"{place}/sign", 422)
    assert "This entry is signed: it stays as it is" in page(ana, f"{place}/edit", 403)
    for path in ("edit", "files", "links", "keep", "discard", "links/remove", "files/1/remove"):
        assert ana.post(f"{place}/{path}", data={"title": "x"}).status_code == 403
    assert "this entry is signed" in send(ana, f"{place}/lock", 422).lower()
    amended = begin(ana, "Correction", amends="1")
    assert notebook.page(2).amended == 1
    assert f'href="{amended}"' in page(ana, place)
    assert ana.post("/delete/notebook.Entry/1").status_code == 422
    assert notebook.verify(1).is_good


def test_signatures_are_stamped_when_the_authority_answers(
    ana: TestClient, notebook: Notebook, authority: LocalAuthority, tmp_path: Path
) -> None:
    (tmp_path / "root.pem").write_bytes(authority.certificates)
    config = notebook.schema.project.config
    config.update({"notebook.authority": "http://127.0.0.1:9/", "notebook.certificates": str(tmp_path / "root.pem")})
    place = begin(ana)
    told = send(ana, f"{place}/sign", 422)
    assert "cannot be reached" in told
    assert "Not stamped yet" in told
    assert "cannot be reached" in send(ana, f"{place}/stamp", 422)
    assert "Not all signatures bear time stamps" in page(ana, f"{place}/verify")
    config["notebook.authority"] = authority.url
    assert f"by {authority.url}" in send(ana, f"{place}/stamp")
    assert "All signatures bear time stamps that hold" in page(ana, f"{place}/verify")
    again = begin(ana)
    assert "Stamped" in send(ana, f"{again}/sign")


def test_what_was_before_is_written_again(ana: TestClient, notebook: Notebook) -> None:
    place = begin(ana)
    write(ana, place, "first")
    (change,) = re.findall(r'name="change" value="([^"]+)"', page(ana, f"{place}/history"))
    send(ana, f"{place}/restore", change=change)
    assert notebook.page(1).text == ""


def test_generic_pages_show_the_lab_book_and_do_not_write_it(
    ana: TestClient, notebook: Notebook, tmp_path: Path
) -> None:
    begin(ana)
    notebook.sign(1, "ana")
    for path in (
        "/t/notebook.Entry",
        "/t/notebook.Entry/1",
        "/t/notebook.Signature",
    ):
        page(ana, path)
    page(ana, "/new/notebook.Signature", 403)
    page(ana, "/edit/notebook.Entry/1", 403)
    row = {"entry": 1, "signature": 2, "person": "ben", "full_name": "", "meaning": "witness", "how": "", "hash": ""}
    answer = ana.post("/api/v1/tables/notebook.Signature/rows", json=[{**row, "record": "", "signed": "2026-01-01"}])
    assert answer.status_code in (403, 404, 405, 422)
    assert len(notebook.Signature) == 1


def test_templates_are_begun_with(ana: TestClient, notebook: Notebook) -> None:
    notebook.Template.insert1({"template": "gel", "title": "Gel of today", "text": "Lanes:\n"})
    assert "<option>gel</option>" in page(ana, "/notebook/new")
    begin(ana, title="", template="gel")
    assert (notebook.page(1).title, notebook.page(1).text) == ("Gel of today", "Lanes:\n")


def test_rows_are_suggested(ana: TestClient) -> None:
    found = ana.get("/notebook/rows", params={"table": "lab.Mouse", "q": "Id"}).json()
    assert found == [{"key": "3", "told": "Ida"}]
    assert ana.get("/notebook/rows", params={"table": "lab.No"}).status_code == 404


def test_entries_are_taken_along(ana: TestClient, notebook: Notebook) -> None:
    for day in ("2026-01-01", "2026-01-02"):
        place = begin(ana, f"Gel of {day}")
        notebook.Entry.update1({"entry": int(place.rpartition("/")[2]), "day": day, "text": f"bands {day}"})
    one = ana.get("/notebook/1/export/pdf")
    assert one.headers["content-disposition"].startswith('attachment; filename="entry-1.pdf"')
    assert "bands 2026-01-01" in pypdfium2.PdfDocument(one.content)[0].get_textpage().get_text_range()
    both = ana.get("/notebook/export/eln?since=2026-01-01")
    graph = json.loads(zipfile.ZipFile(io.BytesIO(both.content)).read("notebook/ro-crate-metadata.json"))["@graph"]
    assert [node["name"] for node in graph if node.get("genre") == "experiment"] == [
        "Gel of 2026-01-01",
        "Gel of 2026-01-02",
    ]
    assert ana.get("/notebook/export/eln?q=nothing").status_code == 422
    assert ana.get("/notebook/export/doc").status_code == 404


def test_entries_come_a_page_at_a_time(ana: TestClient, notebook: Notebook) -> None:
    for number in range(60):
        notebook.write(f"e{number}", author="ana", day=f"2026-01-{number % 28 + 1:02}")
    first = page(ana, "/notebook")
    (after,) = re.findall(r'rel="next" href="\?([^"]+)"', first)
    second = page(ana, f"/notebook?{after}")
    links = [re.findall(r'<a href="/notebook/(\d+)"', html) for html in (first, second)]
    assert sorted(int(n) for found in links for n in found) == list(range(1, 61))
    page(ana, "/notebook?after=x", 422)
    page(ana, "/notebook?since=x", 422)


def test_nothing_is_there_that_is_not(ana: TestClient) -> None:
    for path in ("/notebook/7", "/notebook/7/edit", "/notebook/7/verify", "/notebook/7/export/pdf", "/notebook/x"):
        page(ana, path, 404)


def test_a_lab_book_is_begun(project: lw.Project) -> None:
    app = create_app(Site({"lab": Workspace(project)}), ANA)
    with TestClient(app, base_url=ORIGIN, headers={"Origin": ORIGIN}) as client:
        assert "no lab book yet" in page(client, "/notebook")
        assert "New entry" in send(client, "/notebook")


def test_what_is_found_in_the_lab_book_is_a_place_on_the_page_of_its_entry(ana: TestClient, notebook: Notebook) -> None:
    entry = notebook.write("A gel", "It shows the well-known **bands**, 3 of them.", author="ana", day="2026-11-23")
    notebook.attach(entry, b"data", name="ladder.csv")
    mouse = lw.Schema("lab", connection=notebook.schema.project)["Mouse"]
    notebook.link(entry, mouse & {"mouse": 3})
    notebook.comment(entry, "Fainter than last week, @ben", "ana")
    notebook.sign(entry, "ana", "Ana Silva")
    for words, place in (
        ("well-kn", "#:~:text=well%2Dknown"),
        ("band", "#:~:text=bands"),
        ("ladder", "#file-1"),
        ("lab.Mouse", "#rows"),
        ("fainter", "#comment-1"),
        ("Silva", "#signatures"),
    ):
        found = page(ana, f"/search?q={words}")
        assert f'href="/notebook/{entry}{place}"' in found, words
        assert ":" in place or f'id="{place[1:]}"' in page(ana, f"/notebook/{entry}")
