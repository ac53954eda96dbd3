"""One store, DataJoint 2.3.5 and Labwright: what one side puts the other reads, and what a row needs stays."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from tests.backends.stores import own_database
from tests.interop.peers import CURRENT, Peer

import labwright as lw
from labwright.catalogue.adopt import adopt, strangers, uncatalogued
from labwright.catalogue.gc import Collected, collect
from labwright.catalogue.verify import verify
from labwright.codecs.base import codecs
from labwright.sql.url import DatabaseUrl
from labwright.tables.config import Config
from labwright.tables.project import Project

AT_ONCE = datetime.timedelta(0)
DEFINITION: Final = '''
schema = dj.Schema(schema_name)

@schema
class Mouse(dj.Manual):
    definition = "mouse : varchar(16)"

@schema
class Scan(dj.Manual):
    definition = """
    -> Mouse
    scan : int32
    ---
    blob = null : <blob@main>
    attach = null : <attach@main>
    hash = null : <hash@main>
    array = null : <npy@main>
    file = null : <object@main>
    folder = null : <object@main>
    path = null : <filepath@main>
    defaulted = null : <blob@>
    """
'''
"""Understood by both sides."""
LAYOUTS: Final[dict[str, dict[str, Any]]] = {
    "plain": {},
    "folds": {"subfolding": [2, 2], "partition_pattern": "mouse={mouse}", "token_length": 12},
    "old": {"schema_prefix": ""},
    "named": {"hash_prefix": "by_hash", "schema_prefix": "by_key", "filepath_prefix": "mine"},
}
both = pytest.mark.parametrize("backend", ["postgres", "mysql"], indirect=True)
layouts = pytest.mark.parametrize("layout", list(LAYOUTS))
CONFIGURE: Final = """
import json, numpy, pymysql
dj.config.stores.clear()
dj.config.stores.update({"default": "main", "main": spec})
dj.config.download_path = downloads
if dj.config["database.backend"] == "mysql":  # MariaDB has no type json, by which DataJoint tells what to write as text
    dj.conn()._conn.encoders[dict] = lambda v, _: "'" + pymysql.converters.escape_string(json.dumps(v)) + "'"
"""


@pytest.fixture
def project(database_url: str, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.chdir(tmp_path)
    with Project(database_url, settings=Config(tmp_path)) as project:
        yield project


class Bench:
    """Both sides with the same store, tables and files."""

    def __init__(self, peer: Peer, project: Project, folder: Path, schema_name: str, layout: dict[str, Any]) -> None:
        self.peer, self.project, self.folder = peer, project, folder
        self.schema_name = schema_name
        self.root = folder / "main"
        spec = {"protocol": "file", "location": str(self.root), **layout}
        self.mine = f"{layout.get('filepath_prefix', 'mine')}/movie.bin"
        (self.root / self.mine).parent.mkdir(parents=True, exist_ok=True)
        (self.root / self.mine).write_bytes(b"of the user")
        project.config["stores"] = {"default": "main", "main": spec}
        peer.run(CONFIGURE + DEFINITION, spec=spec, downloads=str(folder / "theirs"), schema_name=schema_name)
        peer.run("len(Mouse()), len(Scan())")
        (folder / "note.txt").write_text("a note")
        (folder / "tree" / "inner").mkdir(parents=True, exist_ok=True)
        (folder / "tree" / "inner" / "a.txt").write_text("a")
        (folder / "tree" / "b.txt").write_text("b")
        self.ours: Any = lw.VirtualModule("ours", schema_name, connection=project)

    def theirs(self, mouse: str, scan: int) -> dict[str, Any]:
        """A row for DataJoint 2.3.5, which cannot write to a default store."""
        return self.row(mouse, scan) | {"defaulted": None}

    def row(self, mouse: str, scan: int) -> dict[str, Any]:
        return {
            "mouse": mouse,
            "scan": scan,
            "blob": {"a": [1, None], "n": scan},
            "attach": str(self.folder / "note.txt"),
            "hash": b"bytes %d" % scan,
            "array": np.arange(12, dtype="int16").reshape(3, 4) + scan,
            "file": str(self.folder / "note.txt"),
            "folder": str(self.folder / "tree"),
            "path": self.mine,
            "defaulted": [scan],
        }

    def look(self, row: dict[str, Any], got: dict[str, Any]) -> None:
        """Compare what Labwright has fetched with what was inserted."""
        assert got["blob"] == row["blob"]
        assert Path(got["attach"]).read_text() == "a note"
        assert got["hash"] == row["hash"]
        assert (got["array"].shape, got["array"].dtype) == ((3, 4), np.dtype("int16"))
        assert np.array_equal(got["array"].load(), row["array"])
        assert got["array"][1].tolist() == row["array"][1].tolist()
        assert got["file"].read() == b"a note"
        assert got["file"].ext == ".txt"
        assert sorted(got["folder"].listdir()) == ["b.txt", "inner"]
        assert got["folder"].open("inner/a.txt").read() == b"a"
        assert got["path"].read() == b"of the user"
        assert got["defaulted"] == row["defaulted"]
        assert got["file"].verify()
        assert got["folder"].verify()

    def collect(self) -> Collected:
        return collect(self.project.database, self.project.stores, dry_run=False, grace=AT_ONCE)


SEEN: Final = """
got = (Scan & key).fetch1()
(
    got["blob"], open(got["attach"]).read(), got["hash"], got["array"].load(),
    got["array"].shape, str(got["array"].dtype),
    got["file"].read(), got["file"].ext, sorted(got["folder"].listdir()), got["folder"].open("inner/a.txt").read(),
    got["folder"].is_dir, got["folder"].item_count, got["path"].read(), got["defaulted"], got["file"].verify(),
    got["folder"].verify(), got["file"].size, got["folder"].size,
)
"""
GetBench = Callable[[str], Bench]


@pytest.fixture
def get_bench(peer: Peer, project: Project, tmp_path: Path, prefix: str) -> GetBench:
    return lambda layout: Bench(peer, project, tmp_path, f"{prefix}lab", LAYOUTS[layout])


def seen(bench: Bench, row: dict[str, Any]) -> tuple[Any, ...]:
    """What DataJoint fetches."""
    found = bench.peer.run(SEEN, key={"mouse": row["mouse"], "scan": row["scan"]})
    assert np.array_equal(found[3], row["array"])
    return tuple(found[:3] + found[4:])


@both
@layouts
def test_what_datajoint_puts_is_read(get_bench: GetBench, layout: str, backend: str) -> None:
    bench = get_bench(layout)
    row = bench.theirs("m/1", 1)
    bench.peer.run("Mouse.insert1({'mouse': row['mouse']}); Scan.insert1(row)", row=row)
    bench.look(row, bench.ours.Scan.fetch1(download_path=bench.folder / "got"))


@both
@layouts
def test_what_labwright_puts_datajoint_reads_as_its_own(get_bench: GetBench, layout: str, backend: str) -> None:
    bench = get_bench(layout)
    theirs, ours = bench.theirs("m/1", 1), bench.row("m/1", 2)
    bench.peer.run("Mouse.insert1({'mouse': row['mouse']}); Scan.insert1(row)", row=theirs)
    bench.ours.Scan.insert1(ours)
    bench.look(ours, (bench.ours.Scan & "scan = 2").fetch1(download_path=bench.folder / "got"))
    one, two = seen(bench, theirs), seen(bench, ours)
    assert two[0] == ours["blob"]
    assert two[2] == ours["hash"]
    assert one[1] == two[1]
    assert one[3:11] == two[3:11]
    assert two[12] == ours["defaulted"]
    assert one[13:] == two[13:]


def places(bench: Bench) -> list[dict[str, Any]]:
    """What the rows hold of the objects, by scan."""
    dialect = bench.project.database.dialect
    names = ["blob", "attach", "hash", "array", "file", "folder"]
    columns = ", ".join(map(dialect.quote, names))
    table = dialect.table(bench.schema_name, "scan")
    rows = bench.project.connection.fetch(f"SELECT {columns} FROM {table} ORDER BY scan")
    told = [[json.loads(v) if isinstance(v, (str, bytes)) else v for v in row] for row in rows]
    return [dict(zip(names, row, strict=True)) for row in told]


@both
@layouts
def test_objects_lie_where_datajoint_puts_them(get_bench: GetBench, layout: str, backend: str) -> None:
    bench = get_bench(layout)
    bench.peer.run("Mouse.insert1({'mouse': 'm/1'}); Scan.insert1(row)", row=bench.theirs("m/1", 1))
    same = bench.row("m/1", 1) | {"scan": 2}
    bench.ours.Scan.insert1(same)
    theirs, ours = places(bench)
    for name in ("blob", "attach", "hash"):
        assert len(ours[name].pop("sha256")) == 64
        assert ours[name] == theirs[name], "the same content is there once"
    for name in ("array", "file", "folder"):
        folder, _, file = theirs[name]["path"].rpartition("/")
        there, _, new = ours[name]["path"].rpartition("/")
        assert there == folder.replace("scan=1", "scan=2")
        assert len(new) == len(file)
        assert new.partition("_")[0] == file.partition("_")[0]
        assert Path(new).suffix == Path(file).suffix
        assert set(theirs[name]) - {"url"} <= set(ours[name])


@both
def test_a_tree_of_zarr_is_read_by_both(get_bench: GetBench, backend: str) -> None:
    zarr = pytest.importorskip("zarr")
    bench = get_bench("folds")
    array = zarr.create_array(bench.folder / "movie.zarr", shape=(8, 8), chunks=(4, 4), dtype="int32")
    array[:] = np.arange(64).reshape(8, 8)
    given = {"mouse": "m", "folder": str(bench.folder / "movie.zarr")}
    bench.peer.run("Mouse.insert1({'mouse': 'm'}); Scan.insert1(row)", row=given | {"scan": 1})
    bench.ours.Scan.insert1(given | {"scan": 2})
    for ref in bench.ours.Scan.to_arrays("folder", order_by="scan"):
        assert zarr.open_array(ref.full_path, mode="r")[2:4, 3].tolist() == [19, 27]
    listed = "[sorted(r.listdir()) for r in Scan.to_arrays('folder', order_by='scan')]"
    assert bench.peer.run(listed) == [["c", "zarr.json"]] * 2


CODEC: Final = '''
class Dots(dj.SchemaCodec):
    name = "dots"

    def validate(self, value):
        if not isinstance(value, int):
            raise TypeError("how many dots?")

    def encode(self, value, *, key=None, context=None, store_name=None):
        schema, table, field, row = self._extract_context(key, context)
        config = self._codec_config(key, context)
        path, _ = self._build_path(schema, table, field, row, ext=".txt", store_name=store_name, config=config)
        self._get_backend(store_name, config=config).put_buffer(b"." * value, path)
        return {"path": path, "store": store_name, "dots": value}

    def decode(self, stored, *, key=None, context=None):
        backend = self._get_backend(stored["store"], config=self._codec_config(key, context))
        return len(backend.get_buffer(stored["path"])) if backend.exists(stored["path"]) else None

@schema
class Page(dj.Manual):
    definition = """
    page : int32
    ---
    dots : <dots@main>
    """
'''


@both
def test_a_codec_of_the_users_own_is_the_same_on_both_sides(get_bench: GetBench, backend: str) -> None:
    bench = get_bench("folds")
    bench.peer.run(CODEC + "\nPage.insert1((1, 3))")
    schema = lw.Schema(bench.schema_name, connection=bench.project)
    ours: dict[str, Any] = {"dj": lw, "schema": schema}
    try:
        exec(CODEC, ours)
        ours["Page"].insert1((2, 5))
        assert ours["Page"].to_arrays("dots", order_by="page").tolist() == [3, 5]
        assert bench.peer.run("Page.to_arrays('dots', order_by='page').tolist()") == [3, 5]
        with pytest.raises(lw.errors.CodecError, match="how many dots"):
            ours["Page"].insert1((3, "many"))
    finally:
        codecs.unregister("dots")
    files = sorted(p.name.partition("_")[0] for p in bench.root.rglob("*.txt") if p.name.startswith("dots"))
    assert files == ["dots", "dots"]


@both
def test_a_row_that_names_no_path(get_bench: GetBench, backend: str) -> None:
    """Such ones are left by a migration of DataJoint's that is not finished."""
    bench = get_bench("plain")
    bench.ours.Mouse.insert1({"mouse": "m"})
    bench.ours.Scan.insert1({"mouse": "m", "scan": 1, "blob": [1], "file": b"abc"})
    table = bench.project.database.dialect.table(bench.schema_name, "scan")
    told = json.dumps({"url": None, "size": 3, "hash": "AB"})
    bench.project.connection.execute(f"UPDATE {table} SET hash = %s", (told,), write=True)
    with pytest.raises(lw.errors.DataError, match=r"names no path in a store.*_v1"):
        bench.ours.Scan.fetch1("hash")
    assert bench.ours.Scan.fetch1("blob") == [1]


@both
def test_both_at_once(get_bench: GetBench, backend: str) -> None:
    """Each puts the same content as the other, and some of its own."""
    bench = get_bench("plain")
    bench.peer.run("Mouse.insert1({'mouse': 'm'})")
    work = """
    for n in range(0, 60, 2):
        Scan.insert1({"mouse": "m", "scan": n, "hash": b"%d" % (n // 4), "blob": [n // 2], "array": numpy.arange(n)})
    """
    done = bench.peer.start("import numpy\n" + "\n".join(line[4:] for line in work.splitlines()))
    for n in range(1, 60, 2):
        row = {"mouse": "m", "scan": n, "hash": b"%d" % (n // 4), "blob": [n // 2], "array": np.arange(n)}
        bench.ours.Scan.insert1(row)
    done()
    rows = bench.ours.Scan.to_dicts(order_by="scan")
    assert [r["hash"] for r in rows] == [b"%d" % (n // 4) for n in range(60)]
    assert [r["array"].load().tolist() for r in rows] == [list(range(n)) for n in range(60)]
    fetched = "[(r['hash'], r['blob'], r['array'].load().tolist()) for r in Scan.to_dicts(order_by='scan')]"
    assert bench.peer.run(fetched) == [(b"%d" % (n // 4), [n // 2], list(range(n))) for n in range(60)]
    assert len([p for p in (bench.root / "_hash").rglob("*") if p.is_file()]) == 15 + 30


@pytest.fixture
def alone(database_url: str, prefix: str, backend: str, peer: Peer) -> Iterator[tuple[DatabaseUrl, Peer]]:
    """A database in which nothing else can be seen, and a peer that works on it."""
    with own_database(database_url, prefix) as url:
        if backend == "mysql":
            yield url, peer
            return
        own = Peer(CURRENT, f"{database_url.rpartition('/')[0]}/{url.database}")
        try:
            yield url, own
        finally:
            own.close()


@both
@layouts
def test_garbage_is_never_what_a_row_of_datajoint_needs(
    alone: tuple[DatabaseUrl, Peer],
    backend: str,
    prefix: str,
    tmp_path: Path,
    layout: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    url, peer = alone
    with Project(url, settings=Config(tmp_path)) as project:
        bench = Bench(peer, project, tmp_path, f"{prefix}lab", LAYOUTS[layout])
        database, stores = project.database, project.stores
        peer.run("Mouse.insert1({'mouse': 'm'}); Scan.insert1(row)", row=bench.theirs("m", 1))
        bench.ours.Scan.insert1(bench.row("m", 2))
        assert strangers(database, stores, grace=AT_ONCE, dry_run=False) == []
        assert bench.collect() == Collected(dry_run=False)
        by_hash = 2  # the attachment is known already
        count = by_hash + (0 if layout == "old" else 3)  # what has no folder of its own cannot be told from the user's
        assert len(uncatalogued(database, stores)) == count
        adopted = adopt(database, stores)
        assert (adopted.objects, adopted.problems) == (count, ())
        assert verify(database, stores)
        assert bench.collect() == Collected(dry_run=False)
        with lw.config.override(safemode=False):
            bench.project.config["safemode"] = False
            (bench.ours.Scan & "scan = 2").delete(prompt=False)
        peer.run("Scan.insert1(dict(mouse='m', scan=3, hash=b'bytes 2'))")
        bench.collect()
        bench.collect()
        assert strangers(database, stores, grace=AT_ONCE, dry_run=False) == []
        bench.look(bench.theirs("m", 1), (bench.ours.Scan & "scan = 1").fetch1(download_path=tmp_path / "got"))
        assert seen(bench, bench.row("m", 1))[0] == {"a": [1, None], "n": 1}
        assert peer.run("(Scan & 'scan = 3').fetch1('hash')") == b"bytes 2"
        peer.run("(Scan & 'scan = 3').delete()")


@both
def test_what_datajoint_deletes_the_catalogue_forgets_in_time(get_bench: GetBench, backend: str) -> None:
    """Its collection takes objects away at once; content that is inserted anew is then put anew."""
    bench = get_bench("plain")
    bench.ours.Mouse.insert1({"mouse": "m"})
    bench.ours.Scan.insert1({"mouse": "m", "scan": 1, "hash": b"abc"})
    bench.peer.run("(Scan & 'scan = 1').delete()")
    bench.peer.run("import datajoint.gc; datajoint.gc.GarbageCollector(schema, store='main').collect(dry_run=False)")
    assert not [p for p in (bench.root / "_hash").rglob("*") if p.is_file()]
    bench.ours.Scan.insert1({"mouse": "m", "scan": 2, "hash": b"abc"})
    assert bench.ours.Scan.fetch1("hash") == b"abc"
    assert bench.peer.run("Scan.fetch1('hash')") == b"abc"
