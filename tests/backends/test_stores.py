"""Values in stores beside the rows: put, noted with the row, and read back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import labwright as lw
from labwright.codecs.base import Codec, register_codec
from labwright.sql.database import Database
from labwright.sql.objects import COPY


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def scan(project: lw.Project, prefix: str, folder: Path) -> Iterator[type[lw.Manual]]:
    project.config.update({"stores.main.protocol": "file", "stores.main.location": str(folder / "main")})
    schema = lw.Schema(f"{prefix}store", connection=project)

    @schema
    class Scan(lw.Manual):
        definition = """
        scan : int32
        ---
        image = null : <blob@main>
        note = null : <attach@main>
        raw = null : <hash@main>
        """

    yield Scan
    schema.drop(prompt=False)


def copies(table: type[lw.Manual]) -> int:
    schema = table._schema
    assert schema is not None
    name = schema.project.database.dialect.table(schema.database_name, COPY)
    return int(schema.project.connection.fetch(f"SELECT count(*) FROM {name}")[0][0])


def test_what_is_put_comes_back(scan: type[lw.Manual], folder: Path) -> None:
    (folder / "note.txt").write_text("calm")
    scan.insert1({"scan": 1, "image": np.arange(5), "note": "note.txt", "raw": b"abc"})
    row = scan.fetch1(download_path=folder / "got")
    assert row["image"].tolist() == [0, 1, 2, 3, 4]
    assert Path(row["note"]).read_text() == "calm"
    assert row["raw"] == b"abc"


def test_the_same_content_is_there_once(scan: type[lw.Manual]) -> None:
    scan.insert([{"scan": i, "raw": b"same"} for i in range(5)])
    scan.insert1({"scan": 9, "raw": b"same"})
    scan.update1({"scan": 9, "raw": b"other"})
    assert copies(scan) == 2
    assert sorted(scan.to_arrays("raw")) == [b"other"] + [b"same"] * 5


def test_a_damaged_object_is_told(scan: type[lw.Manual], folder: Path) -> None:
    scan.insert1({"scan": 1, "raw": b"sound"})
    (path,) = (p for p in (folder / "main" / "_hash").rglob("*") if p.is_file())
    path.write_bytes(b"worse")
    with pytest.raises(lw.errors.DataError, match="is damaged"):
        scan.fetch1("raw")


def test_a_flipped_bit_in_a_large_blob_is_told_before_what_is_wrong_with_the_blob(
    scan: type[lw.Manual], folder: Path
) -> None:
    scan.insert({"scan": i, "image": np.full(200_000, float(i))} for i in range(3))
    for path in (p for p in (folder / "main" / "_hash").rglob("*") if p.is_file()):
        data = bytearray(path.read_bytes())
        data[4] ^= 1
        path.write_bytes(data)
    for some in (scan & "scan = 1", scan & "scan > 0"):
        with pytest.raises(lw.errors.DataError, match="its hash is not"):
            some.to_arrays("image")


def test_what_has_the_hash_of_datajoint_alone_is_read(scan: type[lw.Manual]) -> None:
    image = np.random.default_rng(1).standard_normal(200_000)
    scan.insert1({"scan": 1, "image": image})
    database = scan().db
    name = database.dialect.table(scan().id.schema, scan().id.name)
    stored = json.loads(database.connection.fetch(f"SELECT {_text(database)} FROM {name}")[0][0])
    known = stored.pop("sha256", None)
    assert (known is not None) == (len(stored["hash"]) < 64) == database.dialect.native_schemas
    sql = f"UPDATE {name} SET image = {database.dialect.placeholder}"
    database.connection.execute(sql, (json.dumps(stored),), write=True)
    assert np.array_equal(scan.fetch1("image"), image)


def _text(database: Database) -> str:
    return "image::text" if database.dialect.name == "postgres" else "image"


def test_a_dry_run_keeps_nothing(scan: type[lw.Manual], folder: Path) -> None:
    assert scan.validate([{"scan": 1, "raw": b"abc"}])
    assert not list((folder / "main").rglob("*"))


def test_what_fails_leaves_no_row_in_the_catalogue(scan: type[lw.Manual]) -> None:
    scan.insert1({"scan": 1, "raw": b"abc"})
    with pytest.raises(lw.errors.DuplicateError):
        scan.insert1({"scan": 1, "raw": b"new"})
    assert copies(scan) == 1


class PairCodec(Codec, register=False):
    """Puts two objects, of which the row names one in a way that is known."""

    name = "pair_for_stores"

    def get_dtype(self, is_store: bool) -> str:
        return "json"

    def encode(self, value: Any, *, key: Any = None, store_name: str | None = None, context: Any = None) -> Any:
        first, second = (context.objects.keep(part, store=store_name, schema=context.schema) for part in value)
        return first | {"second": second}


def test_what_a_row_would_not_name_is_refused(project: lw.Project, prefix: str, folder: Path) -> None:
    project.config.update({"stores.main.protocol": "file", "stores.main.location": str(folder / "main")})
    register_codec(PairCodec(), override=True)
    schema = lw.Schema(f"{prefix}pair")

    @schema
    class Pair(lw.Manual):
        definition = """
        number : int32
        ---
        both : <pair_for_stores@main>
        """

    Pair.insert1((1, (b"same", b"same")))
    with pytest.raises(
        lw.errors.CodecError, match=r"row 0 \(number=2\), attribute 'both'.*put several files as one folder"
    ):
        Pair.insert1((2, (b"one", b"other")))
    assert len(Pair()) == 1
