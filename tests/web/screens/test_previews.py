"""Looking into what rows hold: a part of it, and never more than that."""

from __future__ import annotations

import html
import io
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from starlette.testclient import TestClient
from tests.backends.classes import table
from tests.unit.test_pictures import make_video
from tests.web.screens.declared import app_with

import labwright as lw
from labwright.storage.counting import CountingStore

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])
KEY = {"id": 1}


@pytest.fixture
def counted(project: lw.Project, tmp_path: Path) -> CountingStore:
    """The store of the project, which counts what is read."""
    project.config["stores.main"] = {"protocol": "file", "location": str(tmp_path / "store")}
    project.config["stores.default"] = "main"
    opened = project.stores()
    counting = CountingStore(opened.store)
    known, _ = project.stores._open["main"]
    project.stores._open["main"] = known, replace(opened, store=counting)
    return counting


@pytest.fixture
def client(schema: lw.Schema, counted: CountingStore) -> Iterator[TestClient]:
    with TestClient(app_with(schema, lw.Screens()), base_url="http://127.0.0.1:8421") as client:
        yield client


def hold(schema: lw.Schema, kind: str, value: Any) -> str:
    """Keep a value in a row, and return where it is looked at."""
    thing = table(schema, "Thing", f"id : int32\n---\nvalue = null : <{kind}>")
    thing.insert1({**KEY, "value": value})
    return f"{schema.database_name}.Thing/1/value"


def look(client: TestClient, where: str, **query: str) -> str:
    answer = client.get(f"/preview/{where}", params=query)
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def picture(client: TestClient, where: str, **query: str) -> np.ndarray[Any, Any]:
    answer = client.get(f"/picture/{where}", params=query)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png"), answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    return np.asarray(Image.open(io.BytesIO(answer.content)))


def test_a_large_picture_is_thinned(client: TestClient, schema: lw.Schema, counted: CountingStore) -> None:
    array = np.arange(4000 * 3000, dtype="float32").reshape(4000, 3000)
    where = hold(schema, "npy@", array)
    counted.reset()
    seen = picture(client, where)
    assert seen.shape == (500, 375)
    assert seen[0, 0] == 0
    assert seen[-1, -1] == 255
    assert 0 < counted.fetched < array.nbytes / 4
    assert "Every 8th row" in look(client, where)


def test_of_a_picture_that_costs_too_much_the_middle_is_seen(
    client: TestClient, schema: lw.Schema, counted: CountingStore
) -> None:
    array = np.zeros((600, 40_000), dtype="uint8")
    where = hold(schema, "npy@", array)
    counted.reset()
    assert picture(client, where).shape == (512, 512)
    assert counted.fetched < array.nbytes / 2
    assert "The middle: rows 44 to 555 of 600" in look(client, where)


def test_many_axes_have_places(client: TestClient, schema: lw.Schema, counted: CountingStore) -> None:
    array = np.zeros((20, 10, 64, 64), dtype="int16")
    array[10, 5, 0, 0], array[3, 7, 1, 1] = 1, 1
    where = hold(schema, "npy@", array)
    counted.reset()
    assert np.argwhere(picture(client, where) == 255).tolist() == [[0, 0]]
    assert np.argwhere(picture(client, where, at="3,7") == 255).tolist() == [[1, 1]]
    assert picture(client, where, at="99,-5").shape == (64, 64)
    assert counted.fetched < array.nbytes / 10
    page = look(client, where)
    assert re.findall(r'name="at" value="(\d+)" min="0" max="(\d+)"', page) == [("10", "19"), ("5", "9")]
    assert "20 x 10 x 64 x 64" in page
    moved = client.get(f"/preview/{where}", params=[("at", "3"), ("at", "7")]).text
    assert f'src="/picture/{where}?at=3,7"' in moved
    assert client.get(f"/preview/{where}?at=x").status_code == 422


def test_a_long_line_is_thinned(client: TestClient, schema: lw.Schema, counted: CountingStore) -> None:
    values = np.sin(np.arange(4_000_000) / 1e5).astype("float64")
    where = hold(schema, "npy@", values)
    counted.reset()
    page = look(client, where)
    points = re.search(r'points="([^"]*)"', page)
    assert points is not None
    assert len(points[1].split()) == 1000
    assert counted.fetched < values.nbytes / 10
    assert "Every 4000th value" in page


def test_what_is_no_number_is_left_out(client: TestClient, schema: lw.Schema) -> None:
    page = look(client, hold(schema, "npy@", np.array([1.0, np.nan, np.inf, 3.0])))
    assert "from 1 to 3" in page
    assert page.count(",") >= 2


def test_nothing_is_read_again_for_what_a_browser_has(
    client: TestClient, schema: lw.Schema, counted: CountingStore
) -> None:
    where = hold(schema, "npy@", np.eye(100))
    mark = client.get(f"/picture/{where}").headers["etag"]
    counted.reset()
    answer = client.get(f"/picture/{where}", headers={"If-None-Match": mark})
    assert (answer.status_code, answer.content, counted.requests) == (304, b"", 0)
    assert client.get(f"/picture/{where}").headers["etag"] == mark
    assert counted.requests == 0
    schema["Thing"].update1({**KEY, "value": np.ones((100, 100))})
    assert client.get(f"/picture/{where}", headers={"If-None-Match": mark}).status_code == 200


def test_chunks_of_zarr(client: TestClient, schema: lw.Schema, counted: CountingStore) -> None:
    array = np.random.default_rng(1).integers(0, 255, (300, 256, 256), dtype="uint8")
    where = hold(schema, "zarr@", array)
    counted.reset()
    assert (picture(client, where, at="7") == array[7]).all()
    assert counted.fetched < array.nbytes / 4


def test_datasets_of_hdf5(client: TestClient, schema: lw.Schema) -> None:
    inside = hold(schema, "hdf5@", {"raw": {"traces": np.eye(256)}, "rate": 30_000})
    page = look(client, inside)
    assert "raw/traces" in page
    assert "256 x 256" in look(client, inside, path="raw/traces")
    assert "30000" in look(client, inside, path="rate")
    assert client.get(f"/preview/{inside}?path=/etc/passwd").status_code == 404


def test_links_out_of_hdf5_are_not_followed(client: TestClient, schema: lw.Schema, tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "secret.h5", "w") as secret:
        secret["salary"] = np.arange(10.0)
    with h5py.File(tmp_path / "given.h5", "w") as given:
        given["elsewhere"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/salary")
        layout = h5py.VirtualLayout((10,), "f8")
        layout[:] = h5py.VirtualSource(str(tmp_path / "secret.h5"), "salary", (10,))
        given.create_virtual_dataset("virtual", layout)
    where = hold(schema, "hdf5@", tmp_path / "given.h5")
    assert "elsewhere" not in look(client, where)
    assert client.get(f"/preview/{where}?path=elsewhere").status_code == 404
    assert "Its values are in other files" in look(client, where, path="virtual")


def test_the_head_of_a_frame(client: TestClient, schema: lw.Schema, counted: CountingStore) -> None:
    frame = pa.table({"unit": np.arange(1_000_000), "noise": np.random.default_rng(1).random(1_000_000)})
    where = hold(schema, "parquet@", frame)
    counted.reset()
    page = look(client, where)
    assert "<td>49</td>" in page
    assert "<td>50</td>" not in page
    assert counted.fetched < frame.nbytes / 2


@pytest.mark.parametrize("kind", ["attach", "attach@", "object@"])
def test_texts_and_tables(client: TestClient, schema: lw.Schema, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "weights.csv"
    path.write_text("mouse,weight\n" + "\n".join(f"{n},{n / 2}" for n in range(10_000)))
    page = look(client, hold(schema, kind, path))
    assert "<td>28</td><td>14.0</td>" in page
    assert "Its beginning." in page


def test_of_a_large_text_the_head_is_read(
    client: TestClient, schema: lw.Schema, counted: CountingStore, tmp_path: Path
) -> None:
    path = tmp_path / "run.log"
    path.write_text("all is well <script>alert(1)</script>\n" * 200_000)
    where = hold(schema, "object@", path)
    counted.reset()
    answer = client.get(f"/preview/{where}")
    assert "&lt;script&gt;" in answer.text
    assert "<script>alert" not in answer.text
    assert counted.fetched < 70_000


def test_a_folder_has_files(client: TestClient, schema: lw.Schema, tmp_path: Path) -> None:
    folder = tmp_path / "session"
    (folder / "raw").mkdir(parents=True)
    (folder / "raw" / "notes.txt").write_text("calm sea")
    where = hold(schema, "object@", folder)
    assert "raw/notes.txt" in look(client, where)
    assert "calm sea" in look(client, where, path="raw/notes.txt")
    assert client.get(f"/preview/{where}?path=../../x").status_code == 404


def test_pictures_are_shown_small_and_without_what_else_is_in_them(
    client: TestClient, schema: lw.Schema, tmp_path: Path
) -> None:
    path = tmp_path / "field.jpg"
    Image.new("RGB", (3000, 2000), "red").save(path, comment=b"where we live", dpi=(300, 300))
    where = hold(schema, "object@", path)
    assert picture(client, where).shape[:2] == (341, 512)
    assert b"where we live" not in client.get(f"/picture/{where}").content
    assert "3000 x 2000" in look(client, where)


def test_images(client: TestClient, schema: lw.Schema) -> None:
    where = hold(schema, "image@", np.full((30, 20, 3), 200, dtype="uint8"))
    assert picture(client, where).shape == (30, 20, 3)


def test_pages_of_a_stack(client: TestClient, schema: lw.Schema, counted: CountingStore) -> None:
    stack = np.arange(50 * 160 * 160, dtype="uint16").reshape(50, 160, 160)
    where = hold(schema, "tiff@", stack)
    counted.reset()
    assert picture(client, where, at="4").shape == (160, 160)
    assert counted.fetched < stack.nbytes / 5


def test_frames_of_a_video(client: TestClient, schema: lw.Schema, tmp_path: Path) -> None:
    where = hold(schema, "video@", make_video(tmp_path / "arena.mp4", frames=25))
    first, last = picture(client, where), picture(client, where, at="2")
    assert first.shape == last.shape == (48, 64, 3)
    assert first.mean() < last.mean()
    page = look(client, where, at="2")
    assert 'name="at" value="2" min="0" max="2"' in page
    assert "The frame at 2 s." in page


def bomb(side: int) -> bytes:
    """A small file that says that it is a huge picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1_000_000), 9)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("bomb.png", bomb(9000), "more than 40,000,000 pixels"),
        ("larger.png", bomb(30_000), "cannot be read as a picture"),
        ("cut.png", bomb(10)[:45], "cannot be read as a picture"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "are not shown"),
        ("page.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n", "%!PS-Adobe"),
        ("page.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "cannot be read as a picture"),
        ("values.pkl", b"\x80\x04\x95cos\nsystem", "of no kind that can be shown"),
    ],
)
def test_what_might_do_harm_is_not_opened(
    client: TestClient, schema: lw.Schema, tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    page = look(client, hold(schema, "attach", path))
    assert said in page
    assert "<svg" not in page.partition("<main")[2]
    assert client.get(f"/picture/{schema.database_name}.Thing/1/value").status_code == 404


def test_blobs_are_described_as_trees(client: TestClient, schema: lw.Schema) -> None:
    page = look(client, hold(schema, "blob", {"gain": 2.5, "<b>": [np.zeros((3, 4)), None]}))
    assert "gain: 2.5" in page
    assert "0: array 3 x 4 float64" in page
    assert "&lt;b&gt;" in client.get(f"/preview/{schema.database_name}.Thing/1/value").text


def test_blobs_that_are_arrays_are_drawn(client: TestClient, schema: lw.Schema) -> None:
    assert picture(client, hold(schema, "blob", np.eye(20))).shape == (20, 20)


def test_a_row_leads_to_what_it_holds(client: TestClient, schema: lw.Schema) -> None:
    where = hold(schema, "npy@", np.eye(20))
    page = client.get(f"/t/{schema.database_name}.Thing/1").text
    assert f'<img src="/picture/{where}"' in page
    assert f'<a href="/preview/{where}">' in page
    schema["Thing"].update1({**KEY, "value": None})
    assert "/preview/" not in client.get(f"/t/{schema.database_name}.Thing/1").text
    assert client.get(f"/preview/{where}").status_code == 404
    assert client.get(f"/preview/{schema.database_name}.Thing/1/id").status_code == 404
