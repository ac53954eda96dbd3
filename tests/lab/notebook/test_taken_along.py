"""Entries as PDF and .eln files, and the rules that the latter meet."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image
from tests.lab.notebook import eln_rules
from tests.lab.notebook.local_authority import LocalAuthority

from labwright.lab.notebook import Authority, Notebook
from labwright.lab.notebook.canonical import entry_bytes

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])
TEXT = """# Aufbau

Zwei *Bänder* und **drei** [Quellen](https://example.org/?a="1"&b=<2>), λ ≥ 2 µm, \N{CYRILLIC CAPITAL LETTER ZHE}.

![gel](attachment:1) ![none](attachment:9) ![remote](https://example.org/x.png) [file](attachment:2)

1. one
2. two
   - inner & <b>bold</b>

> quoted

```python
x = "<script>"
```

| a | b |
|---|---|
| 1 | `2` |

***

See [[lab.Mouse/3]].
"""


def text_of(data: bytes) -> str:
    return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(data)).replace("\r\n", "\n")


@pytest.fixture
def entry(notebook: Notebook, mouse: Any, tmp_path: Path) -> int:
    Image.new("RGB", (900, 300), "red").save(tmp_path / "gel.png")
    (tmp_path / "ä b.csv").write_text("a,b\n1,2\n")
    files = [tmp_path / "gel.png", tmp_path / "ä b.csv"]
    made = notebook.write("A <gel>", TEXT, author="ana", day="2026-11-23", files=files, about=[mouse & {"mouse": 3}])
    notebook.comment(made, "well <b>", "ben")
    notebook.sign(made, "ana", "Ana Silva")
    return made


def test_a_pdf_has_all_of_an_entry(notebook: Notebook, entry: int) -> None:
    data = notebook.to_pdf([entry])
    text = text_of(data)
    for part in (
        "A <gel>", "2026-11-23", "ana", "Zwei Bänder und drei Quellen", "λ ≥ 2 µm, Ж", "inner & <b>bold</b>", "quoted",
        'x = "<script>"', "See [[lab.Mouse/3]].", "ä b.csv", "well <b>", "Ana Silva (ana), author", "in Python",
        notebook.page(entry).signatures[0].hash, '{"mouse":3}',
    ):  # fmt: skip
        assert part in text
    pictures = [o for o in pypdfium2.PdfDocument(data)[0].get_objects() if o.type == 3]
    assert len(pictures) == 1


def test_a_range_is_one_pdf(notebook: Notebook, entry: int) -> None:
    other = notebook.write("Another", "x " * 5000 + "\n\n```\n" + "y" * 3000 + "\n```", author="ana")
    document = pypdfium2.PdfDocument(notebook.to_pdf([entry, other]))
    assert len(document) >= 4
    assert "Not signed" in text_of(notebook.to_pdf([other]))
    assert len(pypdfium2.PdfDocument(notebook.to_pdf([]))) == 1


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\nrubbish", b"\xff\xd8\xff\xe0" + b"0" * 99])
def test_a_picture_that_is_none_is_named(notebook: Notebook, content: bytes) -> None:
    entry = notebook.write("x", "![a picture](attachment:1)", author="ana")
    notebook.attach(entry, content, "a.png", "image/png")
    assert "[a picture]" in text_of(notebook.to_pdf([entry]))


@pytest.mark.parametrize(
    "text",
    ["", "&amp; &bogus; <para>", "[x](a'b\"c)", "**_~~`", "- \n- ", "|a|\n|-|", "# ", "> > > x", "![](attachment:1)",
     "a" * 5000, "`" * 7, "[a](<b c>)", "<http://x.y/?a=1&b=2>", "1. a\n\n       code\n2. b", "😀 中文 עברית"],
)  # fmt: skip
def test_any_text_can_be_set(notebook: Notebook, text: str) -> None:
    entry = notebook.write(text[:50] or "x", text, author="<a&b>")
    assert text_of(notebook.to_pdf([entry]))


def test_an_eln_file_meets_the_rules(notebook: Notebook, entry: int, authority: LocalAuthority) -> None:
    notebook.stamp(Authority(authority.url, authority.certificates))
    amendment = notebook.write("Correction", "three", author="ben/../x", amends=entry)
    notebook.attach(amendment, b"1", "same.txt")
    notebook.attach(amendment, b"2", "same.txt")
    for entries in ([entry, amendment], [amendment], [entry]):
        data = notebook.to_eln(entries, "book of 2026")
        assert eln_rules.broken(data, "book-of-2026") == []
    archive = zipfile.ZipFile(io.BytesIO(notebook.to_eln([entry], "one")))
    assert archive.read("one/entry-1/entry.md").decode() == TEXT
    assert archive.read("one/entry-1/signed.json") == entry_bytes(notebook.page(entry))
    assert archive.read("one/entry-1/signature-1.tsr") == notebook.page(entry).signatures[0].token
    assert archive.read("one/entry-1/1-gel.png").startswith(b"\x89PNG")
    graph = {n["@id"]: n for n in json.loads(archive.read("one/ro-crate-metadata.json"))["@graph"]}
    assert graph["./entry-1/"]["author"] == {"@id": "#person-ana"}
    assert graph["#person-ana"]["name"] == "Ana Silva"


def test_others_check_a_stamp(notebook: Notebook, entry: int, authority: LocalAuthority, tmp_path: Path) -> None:
    notebook.sign(entry, "ben")
    notebook.stamp(Authority(authority.url, authority.certificates))
    zipfile.ZipFile(io.BytesIO(notebook.to_eln([entry], "one"))).extractall(tmp_path)
    (tmp_path / "root.pem").write_bytes(authority.certificates)
    for number, signature in enumerate(notebook.page(entry).signatures, start=1):
        record = tmp_path / "one" / "entry-1" / f"signature-{number}.json"
        assert hashlib.sha256(record.read_bytes()).hexdigest() == signature.record
        command = ["openssl", "ts", "-verify", "-in", f"{record.with_suffix('.tsr')}", "-data", f"{record}"]
        subprocess.run([*command, "-CAfile", f"{tmp_path / 'root.pem'}"], check=True, capture_output=True)


def test_the_rules_find_what_is_wrong(notebook: Notebook, entry: int) -> None:
    archive = zipfile.ZipFile(io.BytesIO(notebook.to_eln([entry], "one")))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as damaged:
        for name in archive.namelist():
            data = archive.read(name)
            damaged.writestr(name, data + b"!" if name.endswith("entry.md") else data)
        damaged.writestr("one/entry-1/stranger.txt", "x")
    assert eln_rules.broken(made.getvalue(), "two") == [
        "the folder has the name of the archive",
        "one/entry-1/entry.md has the size and hash that are told",
        "one/entry-1/stranger.txt is described",
    ]
