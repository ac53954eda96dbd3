"""References that go to other processes: they lead to the same files there, and take no password along."""

from __future__ import annotations

import multiprocessing
import os
import pickle
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import labwright as lw
from labwright.core.errors import ConfigError
from labwright.sql.url import parse_url
from labwright.tables.config import Config
from labwright.tables.elsewhere import Origin

ARRAY = np.arange(600, dtype="uint16").reshape(5, 10, 12)
DEFINITION = """
scan : int32
---
movie = null : <npy@main>
volume = null : <zarr@main>
units = null : <parquet@main>
session = null : <hdf5@main>
field = null : <image@main>
stack = null : <tiff@main>
raw = null : <object@main>
own = null : <filepath@main>
long = null : <blob@main>
"""
TOML = """
[stores]
default = "main"

[stores.main]
protocol = "file"
location = "main"
"""


@pytest.fixture
def lab(database_url: str, tmp_path: Path) -> Iterator[lw.Project]:
    """A project whose settings are in a file."""
    (tmp_path / "labwright.toml").write_text(TOML)
    with lw.Project(database_url, settings=Config(tmp_path)) as project:
        yield project


@pytest.fixture
def scan(lab: lw.Project, prefix: str, tmp_path: Path) -> Iterator[type[lw.Manual]]:
    schema = lw.Schema(f"{prefix}elsewhere", connection=lab)

    @schema
    class Scan(lw.Manual):
        definition = DEFINITION

    (tmp_path / "main").mkdir()
    (tmp_path / "main" / "own.dat").write_bytes(b"own")
    arrays = {"movie": ARRAY, "volume": ARRAY, "session": {"x": ARRAY}, "field": ARRAY[0], "stack": ARRAY}
    frame = pd.DataFrame({"unit": [1, 2], "depth": [0.5, 1.5]})
    Scan.insert1({"scan": 1, "units": frame, "raw": b"raw", "own": "own.dat", "long": [1, 2], **arrays})
    yield Scan
    schema.drop(prompt=False)


def contents(row: dict[str, Any]) -> dict[str, Any]:
    """Something of each value: what is read in another process."""
    return {
        "movie": row["movie"][3].tolist(),
        "volume": row["volume"][3].tolist(),
        "units": row["units"].to_pandas(["depth"])["depth"].tolist(),
        "session": row["session"]["x", 3].tolist(),
        "field": np.asarray(row["field"]).tolist(),
        "stack": row["stack"][3].tolist(),
        "raw": row["raw"].read(),
        "own": row["own"].read(),
    }


def contents_there(data: bytes) -> tuple[int, dict[str, Any], bytes]:
    row = pickle.loads(data)
    return os.getpid(), contents(row), pickle.dumps(row)


def error_there(data: bytes) -> tuple[str, list[str]]:
    try:
        pickle.loads(data).read()
    except ConfigError as error:
        return str(error), error.__notes__
    raise AssertionError("it was read")


def test_references_are_read_in_a_process_that_knows_nothing(scan: Any, lab: lw.Project) -> None:
    row = scan.fetch1()
    data = pickle.dumps(row)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        there, found, again = pool.submit(contents_there, data).result()
    assert there != os.getpid()
    assert found == contents(row)
    assert contents(pickle.loads(again)) == found  # what has come from elsewhere can go on
    assert pickle.loads(data) == row


def test_no_password_goes_along(scan: Any, database_url: str) -> None:
    data = pickle.dumps(scan.fetch1())
    password = parse_url(database_url).password
    assert b"main" in data
    assert not password or password.encode() not in data


def test_a_store_that_is_not_known_there_is_told(scan: Any, lab: lw.Project, tmp_path: Path) -> None:
    lab.config.update({"stores.spare.protocol": "file", "stores.spare.location": str(tmp_path / "spare")})
    ref = scan.fetch1("raw")
    lost = lw.ObjectRef({**ref.to_json(), "store": "spare"}, ref._objects)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        text, notes = pool.submit(error_there, pickle.dumps(lost)).result()
    assert "spare" in text
    assert "fetched in another process" in notes[0]
    assert str(tmp_path) in notes[0]


def test_the_project_that_is_open_is_taken(scan: Any, lab: lw.Project, tmp_path: Path) -> None:
    ref = pickle.loads(pickle.dumps(scan.fetch1("raw")))
    assert ref.read() == b"raw"
    assert ref._objects.project() is lab
    other = Origin("postgresql://nobody@nowhere/none", str(tmp_path), None)
    assert other.project() is not lab
    assert other.project().config.settings.folder == tmp_path
    assert Origin(lab.address(), "not here", None).project() is lab
    assert Origin("of no database", "not here", None).project() is lab  # the default one


def forked(schema: lw.Schema, answer: Any) -> None:
    table: Any = lw.virtual_schema(schema.database_name, connection=schema.connection).Scan
    answer.send(sum(len(value) for value in table.to_arrays("long") if value is not None))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_values_are_read_in_a_forked_process(scan: Any) -> None:
    scan.insert({"scan": number, "long": list(range(number))} for number in range(2, 30))
    total = sum(map(len, scan.to_arrays("long")))  # threads have read them
    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=forked, args=(scan._schema, there))
    process.start()
    try:
        assert here.poll(30)
        assert here.recv() == total
        process.join(30)
        assert process.exitcode == 0
    finally:
        process.kill()
        process.join()
