"""The page of a row: its place, its files, and its address."""

from __future__ import annotations

import datetime
import io
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.backends.classes import part, table
from tests.web.lab import ANA
from tests.web.pages.form import ORIGIN, Visitor

import labwright as lw
from labwright.web.app import create_app
from labwright.web.desk.address import read_key, spell_key
from labwright.web.desk.workspace import Workspace
from labwright.web.site import Site

TEXTS = ("a/b", "a,b~c", "Ärger 小鼠", "50% ?#&=+ ;", ".", "..", " x ", "q.svg", "\\", "")
KEYS: dict[str, tuple[str, Any]] = {
    "date": ("date", datetime.date(2024, 2, 29)),
    "moment": ("datetime(6)", "2024-02-29 12:30:00.000250"),
    "uuid": ("uuid", uuid.UUID("123e4567-e89b-12d3-a456-426614174000")),
    "float": ("float64", 0.1),
    "decimal": ("decimal(6,2)", "12.50"),
    "flag": ("bool", True),
    "label": ("enum('a/b', 'c,d')", "c,d"),
    "negative": ("int16", -3),
    **{f"text {n}": ("varchar(30)", text) for n, text in enumerate(TEXTS)},
}


@pytest.fixture
def client(schema: lw.Schema) -> Iterator[TestClient]:
    """The app on a schema."""
    workspace = Workspace(schema.project, [schema], schemas=[schema.database_name])
    with TestClient(create_app(Site({"lab": workspace}), ANA), base_url=ORIGIN, headers={"Origin": ORIGIN}) as client:
        yield client


@pytest.mark.parametrize("case", KEYS)
def test_every_key_has_an_address(schema: lw.Schema, client: TestClient, case: str) -> None:
    kind, value = KEYS[case]
    thing = table(schema, "Thing", f"thing : {kind}\n---\nnote : varchar(20)")
    thing.insert1((value, f"this is {case}"))
    links = [link for link in client.get(f"/t/{schema.database_name}.Thing").text.split('"') if link.startswith("/t/")]
    (link,) = {link for link in links if link.startswith(f"/t/{schema.database_name}.Thing/")}
    assert f"this is {case}" in client.get(link).text
    assert client.get(link.replace("/t/", "/qr/", 1) + ".svg").headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize("backend", ["sqlite"])
def test_an_attribute_may_be_called_as_a_part_of_addresses(schema: lw.Schema, client: TestClient) -> None:
    table(schema, "Line", "sort : int32").insert([(1,), (2,)])
    table(schema, "Plant", "-> Line\nrow : int32").insert([(1, 1), (2, 1)])
    page = client.get(f"/t/{schema.database_name}.Line/2").text
    assert f'href="/t/{schema.database_name}.Plant?sort.eq=2"' in page
    assert f'href="/new/{schema.database_name}.Plant?sort=2"' in page
    assert "1 row<" in client.get(f"/t/{schema.database_name}.Plant?sort.eq=2").text


@pytest.mark.parametrize("text", [".", "..", "...", "a.b"])
def test_no_key_is_spelled_as_a_folder(text: str) -> None:
    assert spell_key([text]) not in (".", "..")
    assert read_key(spell_key([text])) == (text,)


@pytest.fixture
def tree(schema: lw.Schema) -> lw.Schema:
    """Cages in rooms, mice in cages, sessions of mice."""
    table(schema, "Room", "room : varchar(9)").insert1(("A/1",))
    table(schema, "Cage", "cage : int16\n---\n-> Room").insert1((4, "A/1"))
    mouse = table(schema, "Mouse", "mouse : int32\n---\n-> Cage\n-> [nullable] Mouse.proj(mother='mouse')")
    mouse.insert([(1, 4, None), (2, 4, 1)])
    trial = part("Trial", "-> master\ntrial : int16\n---\nsignal = null : <blob>")
    session = table(schema, "Session", "-> Mouse\nsession : int16", Trial=trial)
    session.insert1((2, 1))
    session.Trial.insert((2, 1, k, [k]) for k in range(250))
    return schema


def test_the_place_of_a_row_and_what_refers_to_it(tree: lw.Schema, client: TestClient) -> None:
    name = tree.database_name
    page = client.get(f"/t/{name}.Session/2,1").text
    crumbs = page.split('aria-label="Place"')[1].split("</ol>")[0]
    assert [crumbs.find(word) >= 0 for word in ("Room A/1", "Cage 4", "Mouse 2")] == [True] * 3
    assert crumbs.index("Room A/1") < crumbs.index("Cage 4") < crumbs.index("Mouse 2")
    assert page.count(f'href="/t/{name}.Session.Trial/2,1,') == 200
    assert f'href="/t/{name}.Session.Trial?mouse=2&amp;session=1"' in page
    page = client.get(f"/t/{name}.Mouse/1").text
    assert f'href="/t/{name}.Mouse?mother=1"' in page
    assert f'href="/new/{name}.Session?mouse=1"' in page
    assert "a value of programs" in client.get(f"/t/{name}.Session.Trial/2,1,0").text


@pytest.fixture
def files(schema: lw.Schema, tmp_path: Path) -> lw.Schema:
    """Scans with files in the table and in a store."""
    schema.project.config.update({"stores.raw.protocol": "file", "stores.raw.location": str(tmp_path / "store")})
    table(
        schema, "Scan",
        "scan : int32\n---\nnotes = null : <attach>\nmovie = null : <object@raw>\nraw = null : bytes",
    )  # fmt: skip
    for name, data in (("evil.svg", b"<svg onload='alert(1)'/>"), ("movie.tif", bytes(range(256)) * 4000)):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "folder" / "sub").mkdir(parents=True)
    (tmp_path / "folder" / "sub" / "a&b.txt").write_text("inside")
    scan: Any = schema["Scan"]
    scan.insert1({"scan": 1, "notes": tmp_path / "evil.svg", "movie": tmp_path / "movie.tif", "raw": b"\0\1"})
    scan.insert1({"scan": 2, "movie": tmp_path / "folder"})
    return schema


def test_files_are_for_storing_and_never_shown(files: lw.Schema, client: TestClient) -> None:
    start = f"/file/{files.database_name}.Scan/1"
    for name, content in (
        ("notes", b"<svg onload='alert(1)'/>"),
        ("raw", b"\0\1"),
        ("movie", bytes(range(256)) * 4000),
    ):
        answer = client.get(f"{start}/{name}")
        assert answer.content == content
        assert answer.headers["content-disposition"].startswith("attachment; ")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "evil.svg" in client.get(f"{start}/notes").headers["content-disposition"]
    for missing in ("/2/notes", "/2/raw", "/1/scan", "/1/nothing", "/9/notes"):
        assert client.get(f"/file/{files.database_name}.Scan{missing}").status_code == 404


@pytest.mark.parametrize(
    ("asked", "status", "part_", "told"),
    [
        ("bytes=10-19", 206, slice(10, 20), "bytes 10-19/1024000"),
        ("bytes=1023990-", 206, slice(1023990, None), "bytes 1023990-1023999/1024000"),
        ("bytes=-5", 206, slice(-5, None), "bytes 1023995-1023999/1024000"),
        ("bytes=0-99999999", 206, slice(None), "bytes 0-1023999/1024000"),
        ("bytes=1024000-", 416, slice(0, 0), "bytes */1024000"),
        ("bytes=5-2", 200, slice(None), None),
        ("lines=1-2", 200, slice(None), None),
        ("bytes=0-1,4-5", 200, slice(None), None),
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"])
def test_parts_of_files(
    files: lw.Schema, client: TestClient, asked: str, status: int, part_: slice, told: str | None
) -> None:
    answer = client.get(f"/file/{files.database_name}.Scan/1/movie", headers={"Range": asked})
    assert (answer.status_code, answer.headers.get("content-range")) == (status, told)
    assert answer.content == (bytes(range(256)) * 4000)[part_]


def test_a_folder_is_a_list_of_files_and_nothing_beside_it(files: lw.Schema, client: TestClient) -> None:
    start = f"/file/{files.database_name}.Scan/2/movie"
    assert "sub/a&amp;b.txt" in client.get(start).text
    assert client.get(f"{start}?path=sub/a%26b.txt").content == b"inside"
    for path in ("../../../../etc/passwd", "sub", "/etc/passwd", "sub/../../x"):
        assert client.get(start, params={"path": path}).status_code == 404


def test_a_file_is_sent_once_though_something_else_was_wrong(files: lw.Schema, client: TestClient) -> None:
    name, ana = files.database_name, Visitor(client)
    ana.open(f"/new/{name}.Scan").send(
        scan="x", files={"notes": ("../lab:book.txt", io.BytesIO(b"calm"), "text/plain")}
    )
    assert (ana.status, "lab_book.txt was sent" in ana.page) == (422, True)
    ana.send(scan="3")
    assert ana.where == f"/t/{name}.Scan/3"
    assert client.get(f"/file/{name}.Scan/3/notes").content == b"calm"
    ana.open(f"/edit/{name}.Scan/3").send()
    assert client.get(f"/file/{name}.Scan/3/notes").content == b"calm"
    ana.open(f"/edit/{name}.Scan/3").send(files={"notes": ("b.txt", io.BytesIO(b"new"), "text/plain")})
    assert client.get(f"/file/{name}.Scan/3/notes").content == b"new"
    ana.open(f"/edit/{name}.Scan/3").send(**{"clear.notes": "1"})
    assert client.get(f"/file/{name}.Scan/3/notes").status_code == 404


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_change_is_taken_back_from_the_history_of_a_row(schema: lw.Schema, client: TestClient) -> None:
    plant = table(schema, "Plant", "plant : int32\n---\nname = '' : varchar(20)")
    where = f"{schema.database_name}.Plant/1"
    with lw.change():
        plant.insert([(1, "ivy"), (2, "ivy")])
    with lw.change() as number:
        for n in (1, 2):
            plant.update1({"plant": n, "name": "oak"})
    page = client.get(f"/history/{where}").text
    assert page.count("Take this change back") == 2
    given = {"back": f"/history/{where}"}
    answer = client.post(f"/undo/{number}", data=given, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, given["back"])
    assert plant.to_arrays("name").tolist() == ["ivy", "ivy"]
    assert "This was taken back." in client.get(f"/history/{where}").text
    elsewhere = client.post(f"/undo/{number}", data={"back": "//evil.example"}, follow_redirects=False)
    assert elsewhere.status_code == 409
