"""How much one request may ask for."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from httpx2 import Response
from starlette.testclient import TestClient
from tests.backends.classes import table
from tests.web.lab import ANA, app_of

import labwright as lw
from labwright.web.api.formats import HEAVY
from labwright.web.api.reading import ROWS, read_arrow, read_parquet
from labwright.web.app import create_app
from labwright.web.desk.refusals import TooMuchError
from labwright.web.desk.sentences import TOO_SLOW
from labwright.web.desk.workspace import Workspace
from labwright.web.site import Site

MB = 2**20
GROWS = 3 * MB
BOMB = lw.pack(np.zeros(GROWS, "u1"))
"""An array of zeros, as some thousand bytes."""
ARROW, PARQUET = "application/vnd.apache.arrow.stream", "application/vnd.apache.parquet"


class Doubling(lw.Codec):
    """Makes of a number a blob with two."""

    name = "doubling"

    def get_dtype(self, is_store: bool) -> str:
        return "<blob>"

    def encode(self, value: Any, *, key: Any = None, store_name: str | None = None) -> Any:
        return [value, value]

    def decode(self, stored: Any, *, key: Any = None) -> Any:
        return stored[0]


@pytest.fixture
def trace(schema: lw.Schema) -> Any:
    return table(schema, "Trace", "trace : int32\n---\nsamples = null : <blob>\ntwice = null : <doubling>")


@pytest.fixture
def client(schema: lw.Schema, trace: Any) -> Iterator[TestClient]:
    schema.project.config["web.unpacked_mb"] = 2
    schema.project.config["web.statement_seconds"] = 0.3
    with TestClient(app_of(schema), "http://127.0.0.1", raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def note(schema: lw.Schema) -> Any:
    return table(schema, "Note", "note : int32\n---\ntext = null : varchar(2000)")


def name_of(of: Any) -> str:
    return f"{of.id.schema}.{of.__name__}"


def post(client: TestClient, of: Any, kind: str, data: bytes) -> Response:
    return client.post(f"/api/v1/bulk/{name_of(of)}", content=data, headers={"Content-Type": kind})


def test_the_bomb_is_a_blob() -> None:
    assert len(lw.unpack(BOMB)) == GROWS
    assert len(BOMB) < GROWS / 200


def test_a_blob_that_grows_too_large_is_not_read(trace: Any, client: TestClient) -> None:
    trace.insert([{"trace": 1, "samples": lw.Packed(BOMB)}, {"trace": 2, "samples": np.arange(3)}])
    place = f"/api/v1/tables/{name_of(trace)}/rows"
    for blobs in ("described", "packed"):
        refused = client.get(f"{place}/1?blobs={blobs}")
        assert (refused.status_code, refused.json()["detail"]) == (
            422, f"The blob holds {len(lw.Packed(BOMB).plain)} bytes, and no more than {2 * MB} are unpacked here.",
        )  # fmt: skip
        assert client.get(f"{place}/2?blobs={blobs}").status_code == 200
    for form in ("jsonl", "arrow", "parquet", "blob"):
        assert client.get(f"/api/v1/bulk/{name_of(trace)}?format={form}").status_code == 422
        assert client.get(f"/api/v1/bulk/{name_of(trace)}?format={form}&trace=2").status_code == 200


def test_it_comes_as_it_is_stored(trace: Any, client: TestClient) -> None:
    trace.insert1({"trace": 1, "samples": lw.Packed(BOMB)})
    assert client.get(f"/api/v1/content/{name_of(trace)}/1/samples").content == BOMB


def test_a_page_says_that_it_is_too_large_to_be_shown(trace: Any, client: TestClient) -> None:
    trace.insert1({"trace": 1, "samples": lw.Packed(BOMB)})
    assert client.get(f"/t/{name_of(trace)}/1").status_code == 200
    shown = client.get(f"/preview/{name_of(trace)}/1/samples")
    assert (shown.status_code, "too large to be shown here" in shown.text) == (200, True)


def test_one_that_is_sent_is_not_stored(trace: Any, client: TestClient) -> None:
    row = {"trace": 1, "samples": {"@blob": base64.b64encode(BOMB).decode()}}
    bulk = f"/api/v1/bulk/{name_of(trace)}"
    answers = [
        client.post(f"/api/v1/tables/{name_of(trace)}/rows", json={"rows": [row]}),
        client.post(bulk, content=json.dumps(row), headers={"Content-Type": "application/x-ndjson"}),
    ]
    sent = pa.table({"trace": [1], "samples": pa.array([BOMB], pa.binary())})
    for kind, data in ((ARROW, arrow(sent)), (PARQUET, parquet(sent))):
        answers.append(client.post(bulk, content=data, headers={"Content-Type": kind}))
    for answer in answers:
        assert (answer.status_code, "are unpacked here" in answer.text) == (413, True), answer.text
    assert not trace()


def test_rows_that_grow_too_large_together_are_sent_in_pieces(trace: Any, client: TestClient) -> None:
    blob = lw.Packed(lw.pack(np.zeros(2 * MB - 100, "u1")))
    trace.insert({"trace": n, "samples": blob} for n in range(40))
    query = {"query": {"op": "table", "table": name_of(trace)}}
    refused = client.post("/api/v1/query", json=query)
    assert (refused.status_code, "have them streamed" in refused.json()["detail"]) == (422, True)
    assert len(client.post("/api/v1/query", json={**query, "limit": 3}).json()["rows"]) == 3
    found = pa.ipc.open_stream(client.get(f"/api/v1/bulk/{name_of(trace)}?format=arrow").content)
    assert [batch.num_rows for batch in found if batch.num_rows] == [32, 8]


def test_what_another_codec_makes_of_a_blob_is_no_blob(trace: Any, client: TestClient) -> None:
    trace.insert1({"trace": 1, "twice": 7})
    assert trace().packed.fetch1("twice") == 7


def test_what_grows_when_it_is_read_is_not_taken(schema: lw.Schema, note: Any, client: TestClient) -> None:
    """A page of zeros; rows that share a text; more rows than anybody sends, of a column that takes no bytes."""
    long = "0" * 20 * MB
    shared = pa.table({"note": pa.array(range(10)), "text": pa.array(["0" * 1000] * 10)})
    page = parquet(shared.set_column(1, "text", pa.array([long, *"123456789"])), compression="zstd")
    assert len(page) < MB
    refused = post(client, note, PARQUET, page)
    assert (refused.status_code, "more than is read here" in refused.text) == (413, True)
    assert post(client, note, PARQUET, parquet(shared)).status_code == 201
    nothing = pa.record_batch({"text": pa.nulls(ROWS // 8, pa.null())})
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, nothing.schema) as writer:
        for _ in range(9):
            writer.write_batch(nothing)
    assert len(sink.getvalue()) < MB
    batches = read_arrow(sink, note.heading)
    with pytest.raises(TooMuchError, match="in pieces"):
        list(batches)


def test_rows_that_share_a_long_value_are_taken_a_few_at_a_time(note: Any) -> None:
    """In the file the value is there once."""
    texts = pa.array(["0" * MB, "1"]).take(pa.array([0] * 200))
    sent = pa.table({"note": pa.array(range(200)), "text": texts.dictionary_encode()})
    for data, read in ((arrow(sent), read_arrow), (parquet(sent), read_parquet)):
        tables = list(read(io.BytesIO(data), note.heading))
        assert sum(t.num_rows for t in tables) == 200
        assert max(t.nbytes for t in tables) <= HEAVY + 10 * MB
        assert {str(t.schema.field("text").type) for t in tables} == {"string"}
    assert len(parquet(sent)) < MB


@pytest.mark.parametrize(
    "values",
    [
        pa.array([["a"]]),
        pa.RunEndEncodedArray.from_arrays([2**30], ["a"]),
        pa.array(["a"], pa.string_view()),
        pa.array(["a"]).cast(pa.binary_view()),
    ],
    ids=lambda values: str(values.type)[:20],
)
def test_values_of_which_few_bytes_make_many_are_not_taken(note: Any, client: TestClient, values: pa.Array) -> None:
    refused = post(client, note, ARROW, arrow(pa.table({"text": values})))
    assert (refused.status_code, "is not taken from Arrow" in refused.text) == (422, True), refused.text


def test_damaged_columns_are_not_read(note: Any, client: TestClient) -> None:
    """Lengths that lead out of the data, in a stream that says nothing else that is wrong."""
    text = pa.Array.from_buffers(
        pa.string(), 3, [None, pa.py_buffer(np.array([0, 10**9, 0, 2], "i4").tobytes()), pa.py_buffer(b"ab")]
    )
    sent = arrow(pa.table({"note": pa.array([1, 2, 3]), "text": text}))
    assert post(client, note, ARROW, sent).status_code == 422
    good = parquet(pa.table({"note": pa.array([1, 2]), "text": pa.array(["a", "b"])}))
    for place in range(4, len(good), 7):
        bad = good[:place] + b"\xff" + good[place + 1 :]
        assert post(client, note, PARQUET, bad).status_code in (201, 409, 413, 422)


def test_a_query_that_takes_too_long_is_given_up(trace: Any, client: TestClient) -> None:
    trace.insert((n, None, None) for n in range(200))
    times = [
        {"op": "project", "of": {"op": "table", "table": name_of(trace)}, "keep": [], "rename": {f"n{i}": "trace"}}
        for i in range(7)
    ]
    asked: Any = {"op": "table", "table": name_of(trace)}
    for other in times:
        asked = {"op": "join", "left": asked, "right": other}
    given_up = client.post("/api/v1/query/count", json={"query": asked})
    assert given_up.status_code == 503, given_up.text
    assert given_up.json()["detail"].startswith("The database would take too long for this.")
    assert client.post("/api/v1/query/count", json={"query": times[0]["of"]}).json() == {"count": 200}


def test_a_page_that_takes_too_long_says_so(schema: lw.Schema, note: Any, client: TestClient) -> None:
    rows = 100_000
    note.insert(pa.table({"note": pa.array(range(rows)), "text": pa.array(["something to look through"] * rows)}))
    place, settings = f"{name_of(note)}?text.has=zz", schema.project.config
    client.get(f"/t/{name_of(note)}")
    settings["web.statement_seconds"] = 0.002
    page, listed = client.get(f"/t/{place}"), client.get(f"/api/v1/tables/{name_of(note)}/rows?text.has=zz")
    assert (page.status_code, listed.status_code) == (503, 503)
    assert "This takes too long" in page.text
    assert TOO_SLOW in page.text
    assert listed.json()["detail"] == TOO_SLOW
    settings["web.statement_seconds"] = 60.0
    assert client.get(f"/t/{place}").status_code == 200


def test_a_bound_costs_no_round_trip(schema: lw.Schema, note: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session is told once, though the app looks after its tables between requests."""
    told: list[float | None] = []
    driver = type(note().connection._driver)
    limit = driver.limit

    def spy(self: Any, raw: Any, seconds: float | None) -> None:
        told.append(seconds)
        limit(self, raw, seconds)

    monkeypatch.setattr(driver, "limit", spy)
    note.insert1((1, "one"))
    workspace = Workspace(schema.project, [schema], schemas=[schema.database_name])
    with TestClient(create_app(Site({"lab": workspace}), ANA), "http://127.0.0.1") as client:
        places = ["/tables", f"/t/{name_of(note)}", f"/t/{name_of(note)}/1", f"/api/v1/tables/{name_of(note)}/rows"]
        for place in places:
            assert client.get(place).status_code == 200
        first = len(told)
        assert first <= len(note().connection._pool._entries)
        for place in places:
            with workspace.bounded():
                workspace.watch.look()
            assert client.get(place).status_code == 200
    assert len(told) == first


def arrow(sent: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, sent.schema) as writer:
        writer.write_table(sent)
    return sink.getvalue()


def parquet(sent: pa.Table, **how: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(sent, sink, **how)
    return sink.getvalue()
