"""The screens of an import: as plain forms, with hostile files, and in a browser."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from playwright.sync_api import expect
from starlette.testclient import TestClient
from tests.web.keyboard import Keyboard
from tests.web.lab import app_of, build
from tests.web.visits import Visits

import labwright as lw
from labwright.web.desk.importing.limits import COLUMNS, UPLOAD
from labwright.web.keeping.uploads import MAX_NAME

HOSTILE = "<img src=x onerror=alert(1)>\"'{{7*7}}"
GOOD = "mouse,name,arrival\n201,Ida,2026-03-01\n202,Udo,2026-03-02\n"


@pytest.fixture
def client(schema: lw.Schema) -> Iterator[TestClient]:
    build(schema)
    with TestClient(app_of(schema), base_url="http://127.0.0.1:8421", follow_redirects=False) as client:
        client.headers["Origin"] = "http://127.0.0.1:8421"
        yield client


def table(schema: lw.Schema, name: str = "Mouse") -> str:
    return f"/import/{schema.database_name}.{name}"


def upload(client: TestClient, schema: lw.Schema, data: bytes, name: str = "mice.csv") -> Any:
    return client.post(table(schema), files={"file": (name, data)})


def begun(client: TestClient, schema: lw.Schema, data: str) -> str:
    """The address of an import of these rows."""
    answer = client.post(f"{table(schema)}/paste", data={"text": data})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).removesuffix("/columns")


def checked(client: TestClient, schema: lw.Schema, data: str, **more: str) -> str:
    where = begun(client, schema, data)
    page = client.get(f"{where}/columns").text
    chosen = re.findall(r'name="(column\.\d+)".*?<option value="([^"]*)" selected>', page, re.DOTALL)
    answer = client.post(f"{where}/columns", data={**dict(chosen), **more})
    assert answer.status_code == 303, answer.text
    return where


def told(text: str) -> str:
    """What a page says, for comparisons."""
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", text)).split())


@pytest.mark.parametrize("backend", ["sqlite", "postgres", "mysql"])
def test_from_paste_to_undo(client: TestClient, schema: lw.Schema) -> None:
    where = checked(client, schema, GOOD)
    assert "Enter 2 rows" in client.get(where).text
    assert client.post(f"{where}/enter").status_code == 303
    assert len(schema["Mouse"] & "mouse > 200") == 2
    page = client.get(where).text
    assert "2 rows were entered" in told(page)
    (undo,) = re.findall(r'action="(/undo/[^"]+)"', page)
    assert client.post(undo).status_code == 303
    assert len(schema["Mouse"] & "mouse > 200") == 0
    assert "Take back" not in client.get(where).text


@pytest.mark.parametrize("backend", ["sqlite", "postgres", "mysql"])
def test_bad_rows_are_put_right_on_the_page(client: TestClient, schema: lw.Schema) -> None:
    where = checked(
        client, schema, "mouse,name,sex,arrival\n201,Ida,F,soon\n1,Udo,M,2026-03-02\n203,Ann,F,2026-03-02\n"
    )
    page = client.get(where).text
    assert "'soon' is not a date" in told(page)
    assert "There is a Mouse 1 already." in told(page)
    answer = client.post(where, data={"cell.2.3": "2026-03-01", "leave.3": "on"})
    assert answer.status_code == 303
    assert "Enter 2 rows" in client.get(where).text
    client.post(f"{where}/enter")
    assert len(schema["Mouse"] & "mouse > 200") == 2


@pytest.mark.parametrize("backend", ["sqlite"])
def test_valid_rows_first(client: TestClient, schema: lw.Schema) -> None:
    where = checked(client, schema, GOOD + "x,Ann,2026-03-03\n")
    assert client.post(f"{where}/enter").status_code == 422  # all of them, or nothing
    assert len(schema["Mouse"] & "mouse > 200") == 0
    assert client.post(f"{where}/enter", data={"rows": "valid"}).status_code == 303
    page = told(client.get(where).text)
    assert "2 rows were entered" in page
    assert "1 cannot be entered" in page
    assert "pasted rows" in client.get(table(schema)).text
    client.post(f"{where}/discard")
    assert client.get(where).status_code == 404


@pytest.mark.parametrize("backend", ["sqlite"])
def test_missing_parents_are_a_click_away(client: TestClient, schema: lw.Schema) -> None:
    answer = client.post(
        f"{table(schema, 'Session')}/paste", data={"text": "mouse\tsession\tstarted\n901\t1\t2026-03-01\n"}
    )
    where = str(answer.headers["location"]).removesuffix("/columns")
    client.post(f"{where}/columns", data={"column.0": "mouse", "column.1": "session", "column.2": "started"})
    assert "1 row of Mouse is missing: 901" in told(client.get(where).text)
    answer = client.post(f"{where}/missing", data={"table": f"{schema.database_name}.Mouse"})
    parents = str(answer.headers["location"])
    assert parents.startswith(table(schema))
    client.post(parents, data={"column.0": "mouse", "value.name": "new", "value.arrival": "2026-01-01"})
    client.post(f"{parents.removesuffix('/columns')}/enter")
    client.post(f"{where}/check")
    client.post(f"{where}/enter")
    assert len(schema["Session"] & "mouse = 901") == 1


@pytest.mark.parametrize("backend", ["sqlite"])
def test_the_way_a_file_is_read_can_be_changed(client: TestClient, schema: lw.Schema) -> None:
    answer = upload(client, schema, "mouse;name;arrival\n201;Gr\xf6\xdfe;2026-03-01\n".encode("cp1252"))
    columns = str(answer.headers["location"])
    assert "Größe" in client.get(columns).text
    source = columns.replace("/columns", "/source")
    client.post(source, data={"encoding": "cp1251", "delimiter": ";", "names_in": "1"})
    assert "GrцЯe" in client.get(columns).text
    refused = client.post(source, data={"encoding": "utf-8-sig", "delimiter": ";", "names_in": "1"})
    assert refused.status_code == 422
    assert "not encoded in Unicode (UTF-8)" in refused.text
    client.post(source, data={"encoding": "nonsense", "delimiter": "x", "names_in": "-3", "sheet": "9" * 40})
    assert "GrцЯe" in client.get(columns).text


def zipped(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/"), data)
    return file.getvalue()


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_workbook_brings_a_table_with_its_parts(client: TestClient, schema: lw.Schema) -> None:
    file = io.BytesIO()
    sheets: dict[str, list[list[Any]]] = {
        "Sessions": [["mouse", "session", "started"], [9, 1, "2026-03-01 10:00:00"]],
        "trial": [["mouse", "session", "trial", "right"], [9, 1, 1, "yes"], [9, 2, 1, "no"]],
    }
    with xlsxwriter.Workbook(file) as book:
        for name, rows in sheets.items():
            made = book.add_worksheet(name)
            for number, row in enumerate(rows):
                made.write_row(number, 0, row)
    name = schema.database_name
    answer = client.post(table(schema, "Session"), files={"file": ("sessions.xlsx", file.getvalue())})
    columns = answer.headers["location"]
    assert "The workbook has rows of Session.Trial as well" in told(client.get(columns).text)
    given = {"column.0": "mouse", "column.1": "session", "column.2": "started"}
    where = client.post(columns, data=given).headers["location"]
    page = client.get(where).text
    assert "Session.Trial say which column goes where" in told(page)
    assert "Trial were entered already, or are to be checked first" in told(client.post(f"{where}/enter").text)
    (part,) = re.findall(rf'href="(/import/{name}\.Session\.Trial/[^"/]+)"', page)
    assert "entered with those of Session" in told(client.get(f"{part}/columns").text)
    client.post(f"{part}/columns", data={**given, "column.2": "trial", "column.3": "correct"})
    assert "There is no Session 9, 2" in told(client.get(part).text)
    assert f'href="{where}"' in client.get(part).text
    client.post(part, data={"cell.3.1": "1", "cell.3.2": "2"})
    assert "Session.Trial 2 new" in told(client.get(where).text)
    assert "Enter 3 rows" in client.get(where).text
    assert client.post(f"{where}/enter").status_code == 303
    assert "1 row was entered, with 2 of Session.Trial" in told(client.get(where).text)
    assert len(schema["Session"].Trial & "mouse = 9") == 2
    (undo,) = re.findall(r'action="(/undo/[^"]+)"', client.get(where).text)
    client.post(undo)
    assert not schema["Session"] & "mouse = 9"


def sheet_of(rows: bytes) -> bytes:
    """A workbook with one sheet whose XML has these rows."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet("s").write(0, 0, "x")
    parts = {}
    with zipfile.ZipFile(file) as archive:
        for name in archive.namelist():
            data = archive.read(name)
            if name == "xl/worksheets/sheet1.xml":
                data = re.sub(rb"<sheetData>.*</sheetData>", b"<sheetData>" + rows + b"</sheetData>", data)
            parts[name] = data
    return zipped(**parts)


def open_document(rows: str) -> bytes:
    """A spreadsheet of OpenDocument with these rows."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    table = f'<table:table table:name="s">{rows}</table:table>'
    body = f"<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"
    content = f"<office:document-content {spaces}>{body}</office:document-content>"
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return zipped(
        **{"mimetype": kind.encode(), "content.xml": content.encode(), "META-INF__manifest.xml": manifest.encode()}
    )


def cell(text: str, **more: object) -> str:
    about = "".join(f' table:{name.replace("_", "-")}="{value}"' for name, value in more.items())
    return f'<table:table-cell office:value-type="string"{about}><text:p>{text}</text:p></table:table-cell>'


BOMBS = {
    "no zip": b"PK\x03\x04" + b"\0" * 1000,
    "an empty zip": zipped(nothing=b""),
    "a picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 10,
    "a web page": b"<html><script>alert(1)</script><table><tr><td>mouse</td></tr></table></html>",
    "nothing": b"\xef\xbb\xbf \r\n",
    "cells far apart": sheet_of(
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    ),
    "repeated cells": open_document(
        '<table:table-row table:number-rows-repeated="1048576">'
        f"{cell('x', number_columns_repeated=16384)}</table:table-row>"
    ),
    "a million columns": b",".join([b"x"] * 1_000_000),
    "a bomb": sheet_of(b'<row r="1"><c r="A1" t="inlineStr"><is><t>' + b" a" * 100_000 + b"</t></is></c></row>"),
    "an entity bomb": zipped(
        **{
            "[Content_Types].xml": b"<Types/>",
            "xl__workbook.xml": b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 10**6 + b'">]><a>' + b"&b;" * 10**5 + b"</a>",
        }
    ),
    "an open quotation": b'mouse,name\n1,"' + b"x" * 200_000,
}


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("name", BOMBS)
def test_hostile_files_are_refused_with_a_sentence(client: TestClient, schema: lw.Schema, name: str) -> None:
    answer = upload(client, schema, BOMBS[name], "mice.xlsx")
    assert answer.status_code == 422, answer.headers
    (said,) = re.findall(r'role="alert">(.*?)</p>', answer.text)
    assert said[-1] in ".?"
    assert "Begun and not entered" not in client.get(table(schema)).text


@pytest.mark.parametrize("backend", ["sqlite"])
def test_open_documents_are_read(client: TestClient, schema: lw.Schema) -> None:
    day = '<table:table-cell office:value-type="date" office:date-value="2026-03-01"/>'
    number = '<table:table-cell office:value-type="float" office:value="301"/>'
    names = "".join(map(cell, ("mouse", "name", "arrival")))
    rows = f"<table:table-row>{names}</table:table-row><table:table-row>{number}{cell('Ida')}{day}</table:table-row>"
    where = str(upload(client, schema, open_document(rows), "mice.ods").headers["location"])
    client.post(where, data={"column.0": "mouse", "column.1": "name", "column.2": "arrival"})
    client.post(f"{where.removesuffix('/columns')}/enter")
    assert str((schema["Mouse"] & "mouse = 301").fetch1("arrival")) == "2026-03-01"


@pytest.mark.parametrize("backend", ["sqlite"])
def test_what_is_too_large_is_not_taken(client: TestClient, schema: lw.Schema) -> None:
    assert upload(client, schema, b"x" * (UPLOAD + 2**21)).status_code == 413
    assert client.post(table(schema), files=[("file", ("a", b"1")), ("file", ("b", b"2"))]).status_code == 400


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "C:\\..\\x.csv", "a\0b.csv", HOSTILE, "x" * 500, "..", "\u202egpj.exe"]
)
def test_names_of_files_are_only_shown(client: TestClient, schema: lw.Schema, name: str) -> None:
    answer = upload(client, schema, GOOD.encode(), name)
    page = client.get(str(answer.headers["location"])).text
    shown = html.unescape(re.findall("<h1>Columns of (.*?)</h1>", page)[0])
    assert "/" not in shown.replace("</", "")
    assert "<img" not in page
    assert shown.isprintable()
    assert len(shown) <= MAX_NAME


@pytest.mark.parametrize("backend", ["sqlite"])
def test_what_is_in_cells_and_headers_is_text(client: TestClient, schema: lw.Schema) -> None:
    cell = f'"{HOSTILE.replace(chr(34), chr(34) * 2)}"'
    where = begun(
        client, schema, f"mouse,name,arrival,{cell}\n{cell},{cell},{cell},{cell}\n=1+1,@SUM(A1),2026-01-01,x\n"
    )
    client.post(f"{where}/columns", data={"column.0": "mouse", "column.1": "name", "column.2": "arrival"})
    for page in (f"{where}/columns", where, f"{where}?show=new", f"{where}?show={HOSTILE}&after=x"):
        answer = client.get(page)
        assert answer.status_code == 200
        assert "<img" not in answer.text
        assert "49" not in told(answer.text)
    assert "is not a number" in client.get(where).text  # a formula is a text like others


@pytest.mark.parametrize("backend", ["sqlite"])
def test_forms_that_nobody_has_made_do_no_harm(client: TestClient, schema: lw.Schema) -> None:
    where = checked(client, schema, GOOD + "x,Ann,2026-03-03\n")
    before = told(client.get(where).text)
    for data in (
        {"cell.4.99999999": "1"}, {"cell.4.501": "1"}, {"cell.999.0": "1"}, {"cell.x.y": "1"}, {"leave.-1": "on"},
        {"cell.4": "1"}, {"cell.4.0.0": "1"}, {"leave.999999999999": "on"},
    ):  # fmt: skip
        assert client.post(where, data=data).status_code in (303, 422)
    assert told(client.get(where).text) == before
    nobody = f"{table(schema)}/00000000-0000-0000-0000-000000000000"
    for path in (
        nobody,
        f"{nobody}/columns",
        f"{table(schema)}/x",
        f"{table(schema, 'Session')}/{where.rpartition('/')[2]}",
    ):
        assert client.get(path).status_code == 404
    assert client.post(f"{nobody}/enter").status_code == 404
    assert client.get(table(schema, "Score")).status_code == 403
    evil = client.post(f"{where}/enter", data={"rows": "valid"}, headers={"Origin": "http://evil.example"})
    assert evil.status_code == 403
    assert len(schema["Mouse"] & "mouse > 200") == 0


@pytest.mark.parametrize("backend", ["sqlite"])
def test_as_many_columns_as_are_taken(client: TestClient, schema: lw.Schema) -> None:
    wide = ",".join(["mouse", "name", "arrival", *(f"c{n}" for n in range(COLUMNS - 3))])
    assert begun(client, schema, f"{wide}\n301,Ida,2026-01-01\n")


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_file_is_imported_by_keyboard(lab: Visits, schema: lw.Schema, tmp_path: Path) -> None:
    path = tmp_path / "mice.xlsx"
    with xlsxwriter.Workbook(path) as book:
        rows = [["Mouse", "name", "Sex", "weight (g)", "arrival", "cage"], [301, "Ida", "F", 21.5, "2026-03-01", "A1"],
                [302, "Udo", "W", 22, "2026-03-01", "A1"], [3, "Ann", "F", "heavy", "2026-03-02", "A2"]]  # fmt: skip
        sheet = book.add_worksheet("March")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    keys, page = Keyboard(lab), lab.page
    page.on("filechooser", lambda chooser: chooser.set_files(path))  # what the system asks with has no page
    keys.open(f"/t/{schema.database_name}.Mouse")
    keys.follow("link", "Import")
    keys.skip()
    keys.to("button", re.compile("A file"))
    keys.press("Enter")
    expect(page.get_by_label("A file")).to_have_value(re.compile("mice.xlsx"))
    keys.follow("button", "Read the file")
    expect(page.get_by_label("weight (g) goes into")).to_have_value("weight")
    expect(page.get_by_label("cage goes into")).to_have_value("")
    lab.screenshot("import-columns")
    keys.skip()
    keys.to("radio", re.compile("are mistakes"))
    keys.follow("button", "Check 3 rows")
    expect(page.locator("[aria-invalid]")).to_have_count(3)
    lab.screenshot("import-fix")
    keys.skip()
    keys.fill("sex, row 3", "M")
    keys.press("Enter")
    expect(page.get_by_label("sex, row 4")).to_be_focused()
    keys.to("textbox", "mouse, row 4", back=True)
    keys.type("303")
    keys.to("button", "Check these rows again")
    with page.expect_request(lambda request: request.method == "POST") as sent:
        keys.press("Enter")
    assert set(sent.value.post_data_json or ()) == {"cell.3.2", "cell.4.0"}
    lab.check()
    expect(page.locator("[aria-invalid]")).to_have_count(1)
    keys.skip()
    keys.fill("weight, row 4", "20")
    keys.follow("button", "Check these rows again")
    keys.skip()
    keys.follow("button", "Enter 3 rows")
    lab.screenshot("import-done")
    assert len(schema["Mouse"] & "mouse > 300") == 3
    keys.skip()
    keys.follow("button", "Take back this import")
    assert len(schema["Mouse"] & "mouse > 300") == 0
