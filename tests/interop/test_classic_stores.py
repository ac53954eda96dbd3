"""One store, DataJoint 0.14.6 and Labwright: what one side puts the other reads, in folders and on S3."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from tests.backends.stores import own_database
from tests.interop.peers import Peer
from tests.storage.servers import make_bucket, s3_server

import labwright as lw
from labwright.catalogue.adopt import adopt, uncatalogued
from labwright.catalogue.gc import Collected, collect
from labwright.catalogue.verify import verify
from labwright.tables.config import Config

pytestmark = pytest.mark.parametrize("backend", ["mysql"], indirect=True)
AT_ONCE = datetime.timedelta(0)
CONFIGURE: Final = """
import numpy, pathlib
dj.config["stores"] = {"raw": spec}
dj.errors._switch_filepath_types(True)
"""
DEFINITION: Final = '''
schema = dj.Schema(schema_name)

@schema
class Scan(dj.Manual):
    definition = """
    scan : int
    ---
    movie = null : blob@raw
    notes = null : attach@raw
    path = null : filepath@raw
    """
'''


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server() as address:
        yield address


class Bench:
    """Both sides with the same store, tables and files; each has a stage of its own."""

    def __init__(self, peer: Peer, project: lw.Project, folder: Path, schema_name: str, spec: dict[str, Any]) -> None:
        self.peer, self.project, self.folder, self.spec = peer, project, folder, spec
        for name in ("ours", "theirs"):
            (folder / name / "day").mkdir(parents=True)
        project.config["stores"] = {"raw": spec | {"stage": str(folder / "ours")}}
        theirs = spec | {"stage": str(folder / "theirs")}
        peer.run(CONFIGURE + DEFINITION, spec=theirs, folder=str(folder), schema_name=schema_name)
        peer.run("len(Scan())")
        ours: dict[str, Any] = {"dj": lw, "schema_name": schema_name, "project": project}
        exec(DEFINITION.replace("schema_name)", "schema_name, connection=project, generation='classic')"), ours)
        self.schema, self.scan = ours["schema"], ours["Scan"]

    def by_peer(self, scan: int) -> None:
        """A row of DataJoint's."""
        self.peer.run(
            """
            folder = pathlib.Path(folder)
            (folder / f"note {scan}.txt").write_text(f"note {scan}")
            (folder / "theirs" / "day" / f"{scan}.bin").write_bytes(b"%d" % scan)
            movie = {"scan": scan, "frames": numpy.arange(500) * scan}
            paths = dict(notes=str(folder / f"note {scan}.txt"), path=str(folder / "theirs" / "day" / f"{scan}.bin"))
            Scan.insert1(dict(scan=scan, movie=movie, **paths))
            """,
            scan=scan,
        )

    def by_us(self, scan: int) -> None:
        """The same of ours."""
        (self.folder / f"note {scan}.txt").write_text(f"note {scan}")
        path = self.folder / "ours" / "day" / f"{scan}.bin"
        path.write_bytes(b"%d" % scan)
        movie = {"scan": scan, "frames": np.arange(500) * scan}
        self.scan.insert1({"scan": scan, "movie": movie, "notes": self.folder / f"note {scan}.txt", "path": path})

    def seen_by_us(self, scan: int) -> tuple[Any, ...]:
        row = (self.scan & {"scan": scan}).fetch1(download_path=self.folder / "got")
        path = Path(row["path"])
        assert path == self.folder / "ours" / "day" / f"{scan}.bin"
        return row["movie"]["scan"], row["movie"]["frames"].sum(), Path(row["notes"]).read_text(), path.read_bytes()

    def seen_by_peer(self, scan: int) -> tuple[Any, ...]:
        found = self.peer.run(
            """
            row = (Scan & {"scan": scan}).fetch1(download_path=str(folder))
            path = pathlib.Path(row["path"])
            notes = pathlib.Path(row["notes"]).read_text()
            (row["movie"]["scan"], row["movie"]["frames"].sum().item(), notes, path.read_bytes(), str(path))
            """,
            scan=scan,
        )
        assert found[4] == str(self.folder / "theirs" / "day" / f"{scan}.bin")
        return tuple(found[:4])


def expected(scan: int) -> tuple[Any, ...]:
    return scan, 124750 * scan, f"note {scan}", b"%d" % scan


@pytest.fixture(params=["file", "folds", "s3", "/s3"])
def bench(
    request: pytest.FixtureRequest,
    classic_peer: Peer,
    database_url: str,
    prefix: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Bench]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "raw").mkdir()
    spec: dict[str, Any] = {"protocol": "file", "location": str(tmp_path / "raw")}
    if request.param == "folds":
        spec["subfolding"] = (3, 1, 2)
    elif request.param.endswith("s3"):
        address, bucket = request.getfixturevalue("s3"), prefix.replace("_", "-") + "bucket"
        make_bucket(address, bucket)
        keys = {"access_key": "testing", "secret_key": "testing", "secure": False}
        where = {"bucket": bucket, "location": request.param.removesuffix("s3") + "lab/raw"}
        spec = {"protocol": "s3", "endpoint": address, **where, **keys}
    with own_database(database_url, prefix) as url, lw.Project(url, settings=Config(tmp_path)) as project:
        yield Bench(classic_peer, project, tmp_path, f"{prefix}lab", spec)


def test_each_reads_what_the_other_puts(bench: Bench) -> None:
    bench.by_peer(1)
    bench.by_us(2)
    for scan in (1, 2):
        assert bench.seen_by_us(scan) == bench.seen_by_peer(scan) == expected(scan)


def test_objects_lie_where_the_other_looks_for_them(bench: Bench) -> None:
    bench.by_us(1)
    peers = "sorted((h.hex, str(p)) for h, p in schema.external['raw'].fetch_external_paths())"
    told = bench.peer.run(peers)
    assert told == sorted((h.hex, str(p)) for h, p in bench.schema.external["raw"].fetch_external_paths())
    assert bench.peer.run(f"all(schema.external['raw'].exists(p) for _, p in {peers})")
    rows = bench.peer.run("schema.external['raw'].fetch(as_dict=True, order_by='hash')")
    assert rows == bench.schema.external["raw"].fetch(as_dict=True, order_by="hash")


def test_the_same_content_is_there_once(bench: Bench) -> None:
    bench.by_peer(1)
    bench.scan.insert1({"scan": 2, "movie": bench.scan.fetch1("movie"), "notes": bench.folder / "note 1.txt"})
    bench.peer.run("Scan.insert1(dict(scan=3, movie=(Scan & 'scan=2').fetch1('movie')))")
    assert len(bench.schema.external["raw"]) == 3
    (bench.folder / "ours" / "day" / "1.bin").write_bytes(b"another")
    with pytest.raises(lw.errors.DataError, match="another version"):
        bench.scan.insert1({"scan": 4, "path": bench.folder / "ours" / "day" / "1.bin"})
    bench.by_us(5)
    (bench.folder / "theirs" / "day" / "5.bin").write_bytes(b"another")
    with pytest.raises(Exception, match="different version"):
        bench.peer.run("Scan.insert1(dict(scan=6, path=str(folder / 'theirs' / 'day' / '5.bin')))", scan=1)


def test_what_nothing_refers_to_is_the_same_to_both(bench: Bench) -> None:
    for scan in (1, 2):
        bench.by_peer(scan)
    for scan in (3, 4):
        bench.by_us(scan)
    bench.peer.run("(Scan & 'scan in (1, 3)').delete(safemode=False)")
    unused = "sorted(h.hex for h in schema.external['raw'].unused().fetch('hash'))"
    ours = sorted(h.hex for h in bench.schema.external["raw"].unused().fetch("hash"))
    assert ours == bench.peer.run(unused)
    assert len(ours) == 6
    assert bench.schema.external["raw"].delete(delete_external_files=True, limit=2) == []
    assert bench.peer.run("schema.external['raw'].delete(delete_external_files=True, display_progress=False)") == []
    assert len(bench.schema.external["raw"]) == 6
    for scan in (2, 4):
        assert bench.seen_by_us(scan) == bench.seen_by_peer(scan) == expected(scan)
    bench.by_us(1)
    bench.by_peer(3)
    for scan in (1, 3):
        assert bench.seen_by_us(scan) == bench.seen_by_peer(scan) == expected(scan)


def test_garbage_is_never_what_a_row_of_the_other_needs(bench: Bench) -> None:
    bench.by_peer(1)
    bench.by_us(2)
    database, stores = bench.project.database, bench.project.stores

    def collected() -> Collected:
        return collect(database, stores, dry_run=False, grace=AT_ONCE)

    assert collected() == Collected(dry_run=False)
    assert len(uncatalogued(database, stores)) == 2
    assert adopt(database, stores).objects == 2
    found = verify(database, stores)
    assert (found.checked, found.findings) == (4, ())
    assert collected() == Collected(dry_run=False)
    bench.peer.run("Scan.insert1(dict(scan=3, movie=(Scan & 'scan=2').fetch1('movie')))")
    bench.peer.run("(Scan & 'scan=2').delete(safemode=False)")
    assert collected() == collected() == Collected(dry_run=False)
    bench.peer.run("schema.external['raw'].delete(delete_external_files=False)")
    collected()
    collected()
    assert bench.seen_by_us(1) == bench.seen_by_peer(1) == expected(1)
    assert (bench.scan & "scan = 3").fetch1("movie")["scan"] == 2


def test_both_at_once(bench: Bench) -> None:
    done = bench.peer.start(
        """
        for n in range(0, 40, 2):
            Scan.insert1(dict(scan=n, movie=[n // 4]))
        """
    )
    for n in range(1, 40, 2):
        bench.scan.insert1({"scan": n, "movie": [n // 4]})
    done()
    expected = [[n // 4] for n in range(40)]
    assert bench.scan.fetch("movie", order_by="scan").tolist() == expected
    assert bench.peer.run("Scan.fetch('movie', order_by='scan').tolist()") == expected
    assert len(bench.schema.external["raw"]) == 10
