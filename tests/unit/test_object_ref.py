"""References to stored files and folders: what they tell, read, fetch and refuse."""

from __future__ import annotations

import copy
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import labwright as lw
from labwright.codecs.base import CodecContext
from labwright.codecs.chain import CodecChain, resolve_chain
from labwright.core.errors import CodecError, DataError, MissingExternalFile
from labwright.define.typenames import parse_type
from labwright.storage.base import ByteRange, Capabilities, Store
from labwright.storage.handle import Handle
from labwright.storage.protocols import open_store
from labwright.testing.counting_store import CountingStore
from labwright.testing.memory_store import MemoryStore
from labwright.testing.store_objects import StoreObjects

FILES = {"a.txt": b"flat", "in/b.bin": b"deep", "in/er/c.bin": b"deeper"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store("folder", {"protocol": "file", "location": str(tmp_path / "store")})


@pytest.fixture
def context(store: Store) -> CodecContext:
    return CodecContext("lab", "scan", "value", objects=StoreObjects(store))


def chain_of(text: str) -> CodecChain:
    return resolve_chain(parse_type(text), parse_type)


def put(context: CodecContext, value: Any, text: str = "<object@>") -> Any:
    chain = chain_of(text)
    return chain.decode(chain.encode(value, {"id": 1}, context), {"id": 1}, context)


@pytest.fixture
def folder(context: CodecContext, tmp_path: Path) -> lw.ObjectRef:
    for path, data in FILES.items():
        (tmp_path / "given" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "given" / path).write_bytes(data)
    ref = put(context, tmp_path / "given")
    assert isinstance(ref, lw.ObjectRef)
    return ref


def test_a_folder_is_listed(folder: lw.ObjectRef) -> None:
    assert (folder.listdir(), folder.listdir("in"), folder.listdir("none")) == (["a.txt", "in"], ["b.bin", "er"], [])
    assert list(folder.walk()) == [("", ["in"], ["a.txt"]), ("in", ["er"], ["b.bin"]), ("in/er", [], ["c.bin"])]
    assert [folder.exists(p) for p in (None, "a.txt", "in", "in/b.bin", "b")] == [True, True, True, True, False]
    assert (folder.item_count, folder.size, folder.is_dir) == (3, 14, True)


def test_files_are_opened(folder: lw.ObjectRef, context: CodecContext) -> None:
    with folder.open("in/b.bin") as file:
        assert (file.read(2), file.seek(1), file.read()) == (b"de", 1, b"eep")
    with put(context, (".txt", "Zürich\n".encode())).open(mode="r") as text:
        assert text.read() == "Zürich\n"
    with pytest.raises(CodecError, match="is a folder"):
        folder.open()
    with pytest.raises(CodecError, match="is a folder"):
        folder.read()
    with pytest.raises(CodecError, match="stays as it is"):
        folder.open("a.txt", "wb")
    with pytest.raises(CodecError, match="is one file"):
        put(context, b"x").open("inner")
    with pytest.raises(CodecError, match="is one file"):
        put(context, b"x").listdir()
    with pytest.raises(DataError, match=r"'\.\.'"):
        folder.open("../secret")


def test_a_folder_is_fetched(folder: lw.ObjectRef, tmp_path: Path) -> None:
    to = folder.download(tmp_path / "new" / "copy")
    assert {p.relative_to(to).as_posix(): p.read_bytes() for p in to.rglob("*") if p.is_file()} == FILES
    (to / "a.txt").write_text("other")
    (to / "mine.txt").write_text("mine")
    folder.download(to)
    assert ((to / "a.txt").read_bytes(), (to / "mine.txt").read_text()) == (b"flat", "mine")
    assert folder.download(tmp_path / "one.bin", "in/b.bin").read_bytes() == b"deep"


def test_a_file_goes_into_a_folder_that_is_there(context: CodecContext, tmp_path: Path) -> None:
    ref = put(context, (".dat", b"data"))
    (tmp_path / "here").mkdir()
    assert ref.download(tmp_path / "here") == tmp_path / "here" / Path(ref.path).name
    assert ref.download(tmp_path / "there" / "x.dat").read_bytes() == b"data"
    assert sorted(p.name for p in tmp_path.rglob("*.part")) == []


def test_what_is_damaged_is_not_fetched(folder: lw.ObjectRef, context: CodecContext, tmp_path: Path) -> None:
    file = put(context, b"sound")
    Path(file.full_path).write_bytes(b"worse")
    (Path(folder.full_path) / "a.txt").write_bytes(b"worse")
    for ref in (file, folder):
        with pytest.raises(DataError, match="is damaged"):
            ref.verify()
        with pytest.raises(DataError, match="is damaged"):
            ref.download(tmp_path / "got")
        assert not (tmp_path / "got").exists()
    with pytest.raises(DataError, match="is damaged"):
        file.read()
    Path(file.full_path).write_bytes(b"longer than it was")
    with pytest.raises(DataError, match="5 bytes"):
        file.open()


def test_damage_is_not_copied(context: CodecContext) -> None:
    for value, text in ((b"sound", "<object@>"), (np.arange(9), "<npy@>")):
        ref = put(context, value, text)
        path = Path(ref.full_path)
        path.write_bytes(path.read_bytes()[:-1] + b"?")
        with pytest.raises(DataError, match="is damaged"):
            put(context, ref, text)


def test_what_is_gone_is_told(folder: lw.ObjectRef, context: CodecContext) -> None:
    file = put(context, b"sound")
    Path(file.full_path).unlink()
    with pytest.raises(MissingExternalFile, match=r"_schema/lab"):
        file.read()
    with pytest.raises(MissingExternalFile):
        file.verify()
    (Path(folder.full_path) / "in" / "b.bin").unlink()
    with pytest.raises(DataError, match="is damaged"):
        folder.verify()
    assert not file.exists()


def test_a_folder_that_is_gone_is_told(store: Store, tmp_path: Path) -> None:
    """As DataJoint notes one: without a hash, nothing else would tell it from a folder without files."""
    said = {"path": "_schema/lab/scan/scan=1/tree_k3", "store": "folder", "size": None, "is_dir": True}
    gone = lw.ObjectRef(said | {"item_count": 2}, StoreObjects(store))
    for act in (gone.verify, gone.listdir, lambda: list(gone.walk()), lambda: gone.download(tmp_path / "to")):
        with pytest.raises(MissingExternalFile, match=r"The folder '_schema/lab/scan/scan=1/tree_k3' is not in"):
            act()
    assert not (tmp_path / "to").exists()
    empty = lw.ObjectRef(said | {"item_count": 0}, StoreObjects(store))
    assert (empty.listdir(), empty.verify()) == ([], True)


@pytest.mark.parametrize("path", ["../out.txt", "C:out.txt", "link/out.txt"])
def test_nothing_is_written_outside_of_the_folder(path: str, tmp_path: Path) -> None:
    class Hostile(MemoryStore):
        """Gives keys that a store would not take."""

        def list(self, prefix: str = "") -> Any:
            info = super().head("tree/x")
            yield type(info)(f"tree/{path}", info.size)

    store = Hostile()
    store.put_create("tree/x", b"harm")
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "link").symlink_to(tmp_path, target_is_directory=True)
    ref = lw.ObjectRef({"path": "tree", "is_dir": True}, StoreObjects(store))
    with pytest.raises(DataError):
        ref.download(tmp_path / "to")
    assert [p.name for p in tmp_path.iterdir()] == ["to"]
    assert [p.name for p in (tmp_path / "to").iterdir()] == ["link"]


def test_other_libraries_read_it(folder: lw.ObjectRef, context: CodecContext) -> None:
    assert dict(folder.fsmap) == FILES
    fs = folder.fs
    assert fs.isdir(folder.path)
    assert fs.cat_file(f"{folder.path}/a.txt", start=-2) == b"at"
    with fs.open(f"{folder.path}/in/b.bin") as file:
        assert file.read() == b"deep"
    with pytest.raises(FileNotFoundError):
        fs.info("nothing")
    with pytest.raises(PermissionError, match="stays as it is"):
        fs.open("new.txt", "wb")
    assert Path(folder.full_path).is_dir()


def test_json_and_back(folder: lw.ObjectRef) -> None:
    again = lw.ObjectRef.from_json(folder.to_json())
    assert (again, hash(again), str(again)) == (folder, hash(folder), folder.path)
    assert again != lw.NpyRef(folder.to_json())
    assert again.timestamp is not None
    with pytest.raises(CodecError, match="There is no store"):
        again.exists()


def test_a_file_of_ones_own_is_referred_to(store: Store, context: CodecContext) -> None:
    store.put_create("raw/day 1/a.dat", b"0123456789")
    ref = put(context, "raw/day 1/a.dat", "<filepath@>")
    assert (ref.path, ref.store, ref.size, ref.read()) == ("raw/day 1/a.dat", "folder", 10, b"0123456789")
    assert ref == put(context, ref, "<filepath@>") or ref.timestamp is not None
    whole = put(context, Path("raw/day 1"), "<filepath@>")
    assert (whole.is_dir, whole.size, whole.listdir()) == (True, 10, ["a.dat"])
    Path(ref.full_path).write_bytes(b"0123456780")
    for changed in (ref, whole):
        with pytest.raises(DataError, match="is damaged"):
            changed.verify()


@pytest.mark.parametrize("value", ["missing.dat", "/etc/hostname", "../a", "_schema/lab/x", "_hash/x", b"raw", 5])
def test_what_is_no_file_of_ones_own_is_refused(value: Any, context: CodecContext) -> None:
    with pytest.raises((CodecError, DataError)):
        put(context, value, "<filepath@>")
    with pytest.raises(CodecError, match="<object@>"):
        put(context, put(context, b"ours"), "<filepath@>")
    with pytest.raises(CodecError, match="varchar"):
        chain_of("<filepath>")


class WithoutRanges(MemoryStore):
    """Gives whole objects alone."""

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(ranges=False)

    def get_ranges(self, key: str, ranges: Sequence[ByteRange]) -> Sequence[bytes]:
        raise NotImplementedError


def test_a_store_without_ranges_gives_the_whole() -> None:
    context = CodecContext("lab", "scan", "value", objects=StoreObjects(WithoutRanges()))
    array = np.arange(100).reshape(10, 10)
    for text in ("<npy@>", "<zarr@>", "<tiff@>"):
        assert put(context, array, text)[3:5].tolist() == array[3:5].tolist()
    with put(context, b"0123456789").open() as file:
        assert (file.read(3), file.seek(-2, io.SEEK_END), file.read()) == (b"012", 8, b"89")


def test_a_copy_of_a_reference_is_the_reference(folder: lw.ObjectRef) -> None:
    assert copy.deepcopy({"ref": folder})["ref"] is folder


CALLS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.integers(-1, 90)),
        st.tuples(st.just("seek"), st.integers(0, 3000)),
        st.tuples(st.just("peeked"), st.integers(0, 5)),
    ),
    max_size=12,
)


@given(st.binary(max_size=2000), CALLS, st.sampled_from([1, 16, 4096]))
def test_an_open_file_reads_like_any_other(data: bytes, calls: list[tuple[str, int]], read_ahead: int) -> None:
    store = MemoryStore()
    store.put_create("a", data)
    plain, ours = io.BytesIO(data), Handle(store, "a").open(read_ahead=read_ahead)
    for call, number in calls:
        if call == "peeked":
            assert ours.seek(-number, io.SEEK_END) == plain.seek(-number, io.SEEK_END) if len(data) >= number else True
        else:
            assert getattr(ours, call)(number) == getattr(plain, call)(number)
    assert ours.tell() == plain.tell()
    assert ours.read() == plain.read()


def test_small_reads_beside_each_other_are_one_request() -> None:
    store = CountingStore(MemoryStore())
    store.put_create("a", bytes(100_000))
    file = Handle(store, "a").open()
    store.reset()
    for _ in range(100):
        file.read(20)
    assert store.requests == 1
