"""A lab's own file formats: by saying what the file holds, or written for DataJoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import labwright as lw
from labwright.codecs.backend import Backend
from labwright.codecs.base import CodecContext, codecs
from labwright.codecs.chain import resolve_chain
from labwright.core.errors import CodecError
from labwright.define.typenames import parse_type
from labwright.testing.codec_suite import StoreCodecSuite
from labwright.testing.memory_store import MemoryStore
from labwright.testing.store_objects import StoreObjects


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """What a test registers is gone after it."""
    yield
    for name in ("old", "older", "files"):
        if codecs.loaded(name) is not None:
            codecs.unregister(name)


class NotesCodec(lw.SchemaCodec):
    name = "notes_of_test"
    ext = ".json"

    def validate(self, value: Any) -> None:
        if not isinstance(value, (list, lw.ObjectRef)):
            raise TypeError("notes are a list")

    def content(self, value: Any) -> Any:
        return json.dumps(value).encode()

    def describe(self, value: Any) -> dict[str, Any]:
        return {"notes": len(value)}


class TestNotes(StoreCodecSuite):
    type_text = "<notes_of_test@>"
    values = (["calm", "mating"], [])
    refused = (1, "text", None.__class__)

    def same(self, given: Any, returned: Any) -> bool:
        return bool(given == json.loads(returned.read()))


def context(store: MemoryStore) -> CodecContext:
    return CodecContext("lab", "scan", "value", config={"a": 1}, objects=StoreObjects(store))


def round_trip(text: str, value: Any, store: MemoryStore) -> tuple[dict[str, Any], Any]:
    chain = resolve_chain(parse_type(text), parse_type)
    stored = chain.encode(value, {"id": 7}, context(store))
    return stored, chain.decode(stored, {"id": 7}, context(store))


def test_a_codec_written_for_datajoint_works_as_it_is() -> None:
    class Old(lw.SchemaCodec):
        name = "old"

        def encode(self, value: Any, *, key: Any = None, context: Any = None, store_name: Any = None) -> Any:
            schema, table, field, pk = self._extract_context(key, context)
            config = self._codec_config(key, context)
            path, token = self._build_path(schema, table, field, pk, ext=".txt", store_name=store_name, config=config)
            backend = self._get_backend(store_name, config=config)
            backend.put_buffer(value.encode(), path)
            assert (config, pk, len(token)) == ({"a": 1}, {"id": 7}, 8)
            return {"path": path, "store": store_name, "size": len(value)}

        def decode(self, stored: Any, *, key: Any = None, context: Any = None) -> Any:
            backend = self._get_backend(stored.get("store"), config=self._codec_config(key, context))
            return backend, lw.ObjectRef.from_json(stored, backend=backend)

    store = MemoryStore()
    stored, (backend, ref) = round_trip("<old@>", "text", store)
    assert (stored["store"], ref.read(), ref.ext) == ("memory", b"text", ".txt")
    path = stored["path"]
    assert path.startswith("_schema/lab/scan/id=7/value_")
    assert backend.get_buffer(path) == b"text"
    assert (backend.exists(path), backend.exists("none"), backend.isdir("_schema"), backend.size(path)) == (
        True,
        False,
        True,
        4,
    )
    assert backend.open(path).read() == b"text"
    assert dict(backend.get_fsmap("_schema/lab")) == {path.removeprefix("_schema/lab/"): b"text"}


def test_one_from_before_there_was_a_context_too() -> None:
    class Older(lw.SchemaCodec):
        name = "older"

        def encode(self, value: Any, *, key: Any = None, store_name: Any = None) -> Any:  # type: ignore[override]  # as then
            schema, table, field, pk = self._extract_context(key)
            path, _ = self._build_path(schema, table, field, pk, ext="txt", store_name=store_name)
            with self._get_backend(store_name).open(path, "wb") as file:
                file.write(value)
            return {"path": path, "store": store_name}

        def decode(self, stored: Any, *, key: Any = None) -> Any:  # type: ignore[override]  # as then
            return self._get_backend(stored["store"]).get_buffer(stored["path"])

    stored, value = round_trip("<older@main>", b"x", MemoryStore())
    assert (value, stored["path"].endswith(".txt")) == (b"x", True)


def test_files_and_folders_by_path(tmp_path: Path) -> None:
    class Files(lw.SchemaCodec):
        name = "files"

        def encode(self, value: Any, *, key: Any = None, context: Any = None, store_name: Any = None) -> Any:
            path, _ = self._build_path(*self._extract_context(key, context), store_name=store_name)
            backend = self._get_backend(store_name)
            assert backend.put_folder(value, path)["item_count"] == 1
            backend.put_file(Path(value) / "a", f"{path}.extra")
            return {"path": path, "store": store_name, "is_dir": True, "size": None}

    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_bytes(b"1")
    store = MemoryStore()
    stored, ref = round_trip("<files@>", str(tmp_path / "in"), store)
    assert (ref.listdir(), store.get(f"{stored['path']}.extra")) == (["a"], b"1")


def test_an_upload_that_fails_puts_nothing() -> None:
    store = MemoryStore()
    backend = NotesCodec()._get_backend()
    with pytest.raises(CodecError, match="no store"):
        backend.put_buffer(b"x", "a")
    with pytest.raises(TypeError), Backend(StoreObjects(store), None).open("a/b", "wb") as file:
        file.writelines([b"half", "text"])  # type: ignore[list-item]  # the failure
    assert list(store.list()) == []
