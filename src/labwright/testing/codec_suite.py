"""The tests that every codec passes. Inherit `CodecSuite`, and give it a codec and values."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

import pytest

from labwright.codecs.base import CodecContext
from labwright.codecs.chain import CodecChain, resolve_chain
from labwright.codecs.objects import REHEARSAL
from labwright.core.errors import CodecError, LabwrightError
from labwright.core.types import Type
from labwright.define.typenames import parse_type
from labwright.storage.protocols import open_store
from labwright.testing.counting_store import CountingStore
from labwright.testing.equality import identical
from labwright.testing.memory_store import MemoryStore
from labwright.testing.store_objects import StoreObjects

DAMAGED: Final = (b"", b"\0", b"\xff" * 40, b"mYm\0", b"dj0\0\x02" + b"\xff" * 8, bytes(range(256)))


class CodecSuite:
    """Tests of a `Codec`.

    Attributes
    ----------
    type_text : str
        The type under which values are kept: ``"<graph>"``.
    values : sequence
        Values that come back as they were.
    refused : sequence
        Values that the codec does not take.
    damaged : sequence of bytes
        What it cannot have made, for a codec that is stored as bytes.

    Examples
    --------
    ::

        class TestGraph(CodecSuite):
            type_text = "<graph>"
            values = [Graph(), Graph([1, 2])]
            refused = [1, "text"]
    """

    type_text: ClassVar[str] = ""
    values: ClassVar[Sequence[Any]] = ()
    refused: ClassVar[Sequence[Any]] = ()
    damaged: ClassVar[Sequence[bytes]] = DAMAGED

    @pytest.fixture
    def chain(self) -> CodecChain:
        return resolve_chain(parse_type(self.type_text), parse_type)

    @pytest.fixture
    def context(self) -> CodecContext:
        return CodecContext(schema="lab", table="scan", field="value")

    @pytest.fixture
    def good(self) -> Sequence[Any]:
        """Return `values`; override it for values that need a folder or the like."""
        return self.values

    def same(self, given: Any, returned: Any) -> bool:
        """Return whether `returned` is what `given` is to come back as."""
        return identical(given, returned)

    def unchanged(self, before: Any, value: Any) -> bool:
        """Return whether `value` is what its copy `before` is."""
        return identical(before, value)

    def test_has_values_to_test(self, good: Sequence[Any]) -> None:
        assert len(good) > 0

    def test_is_found_by_its_name(self, chain: CodecChain) -> None:
        assert chain.codecs[0].name == parse_type(self.type_text).codec

    def test_ends_in_what_a_database_holds(self, chain: CodecChain) -> None:
        assert isinstance(chain.storage, Type)
        assert chain.storage.codec is None

    def test_gives_back_what_was_put(self, chain: CodecChain, good: Sequence[Any], context: CodecContext) -> None:
        for value in good:
            stored = chain.encode(value, {"id": 1}, context)
            assert isinstance(stored, chain.storage.python_type)
            assert self.same(value, chain.decode(stored, {"id": 1}, context)), repr(value)

    def test_leaves_the_value_alone(self, chain: CodecChain, good: Sequence[Any], context: CodecContext) -> None:
        for value in good:
            before = copy.deepcopy(value)
            chain.encode(value, {"id": 1}, context)
            assert self.unchanged(before, value)

    def test_needs_no_key_and_no_context(self, chain: CodecChain, good: Sequence[Any]) -> None:
        for codec in chain.codecs[:1]:
            codec.validate(good[0])
            assert codec.encode(good[0]) is not None

    def test_keeps_null(self, chain: CodecChain) -> None:
        assert chain.encode(None) is None
        assert chain.decode(None) is None

    def test_refuses(self, chain: CodecChain, context: CodecContext) -> None:
        for value in self.refused:
            with pytest.raises(CodecError):
                chain.encode(value, {"id": 1}, context)

    def test_damaged_bytes_are_an_error(self, chain: CodecChain, context: CodecContext) -> None:
        if chain.storage.kind != "bytes":
            pytest.skip("the codec is not stored as bytes")
        for data in self.damaged:
            with pytest.raises(CodecError):
                chain.decode(data, {"id": 1}, context)


class StoreCodecSuite(CodecSuite):
    """Tests of a codec whose values are files in a store: of a `SchemaCodec`, or another one that ends in JSON.

    Attributes
    ----------
    reads_on_decoding : bool
        Whether the value itself comes back, rather than a reference that reads it later.

    Examples
    --------
    ::

        class TestNotes(StoreCodecSuite):
            type_text = "<notes@>"
            values = [["calm"], []]
            refused = [1, "text"]

            def same(self, given, returned):
                return given == json.loads(returned.read())
    """

    reads_on_decoding: ClassVar[bool] = False

    @pytest.fixture(params=["memory", "folder"])
    def store(self, request: pytest.FixtureRequest, tmp_path: Path) -> CountingStore:
        """Return an empty store."""
        settings = {"protocol": "file", "location": str(tmp_path / "store")}
        return CountingStore(MemoryStore() if request.param == "memory" else open_store("folder", settings))

    @pytest.fixture
    def context(self, store: CountingStore) -> CodecContext:
        return CodecContext(schema="lab", table="scan", field="value", objects=StoreObjects(store))

    def test_needs_no_key_and_no_context(self, chain: CodecChain, good: Sequence[Any]) -> None:
        chain.validate(good[0])
        with pytest.raises(CodecError, match="store"):
            chain.encode(good[0])

    def test_damaged_bytes_are_an_error(self, chain: CodecChain, context: CodecContext) -> None:
        """What is stored is JSON, and says where the bytes are."""
        assert chain.storage.kind == "json"

    def test_needs_a_store(self) -> None:
        inside = self.type_text.partition("@")[0] + ">"
        with pytest.raises(CodecError, match="store"):
            resolve_chain(parse_type(inside), parse_type)

    def test_a_row_holds_where_it_is(
        self, chain: CodecChain, good: Sequence[Any], context: CodecContext, store: CountingStore
    ) -> None:
        for value in good:
            stored = chain.encode(value, {"id": 1}, context)
            assert json.loads(json.dumps(stored)) == stored
            assert stored["store"] == store.name
            assert any(key == stored["path"] or key.startswith(f"{stored['path']}/") for key in store.put)

    def test_every_value_has_a_place_of_its_own(
        self, chain: CodecChain, good: Sequence[Any], context: CodecContext
    ) -> None:
        first, second = (chain.encode(good[0], {"id": 1}, context) for _ in range(2))
        assert first["path"] != second["path"]
        assert first["path"].startswith("_schema/lab/scan/id=1/value_")

    def test_nothing_is_read_before_it_is_asked_for(
        self, chain: CodecChain, good: Sequence[Any], context: CodecContext, store: CountingStore
    ) -> None:
        if self.reads_on_decoding:
            pytest.skip("the value itself comes back")
        stored = chain.encode(good[0], {"id": 1}, context)
        store.reset()
        assert repr(chain.decode(stored, {"id": 1}, context))
        assert (store.requests, store.fetched) == (0, 0)

    def test_what_is_refused_puts_nothing(self, chain: CodecChain, context: CodecContext, store: CountingStore) -> None:
        for value in self.refused:
            with pytest.raises(CodecError):
                chain.encode(value, {"id": 1}, context)
        assert store.put == []

    def test_a_rehearsal_puts_nothing(self, chain: CodecChain, good: Sequence[Any]) -> None:
        rehearsal = CodecContext(schema="lab", table="scan", field="value", objects=REHEARSAL)
        for value in good:
            assert isinstance(chain.encode(value, {"id": 1}, rehearsal), dict)

    def test_what_is_gone_is_told(
        self, chain: CodecChain, good: Sequence[Any], context: CodecContext, store: CountingStore
    ) -> None:
        stored = chain.encode(good[0], {"id": 1}, context)
        for key in store.put:
            store.delete(key)
        with pytest.raises(LabwrightError):
            self.same(good[0], chain.decode(stored, {"id": 1}, context))

    def test_what_was_fetched_can_be_put_again(
        self, chain: CodecChain, good: Sequence[Any], context: CodecContext
    ) -> None:
        for value in good:
            first = chain.decode(chain.encode(value, {"id": 1}, context), {"id": 1}, context)
            again = chain.encode(first, {"id": 2}, context)
            assert self.same(value, chain.decode(again, {"id": 2}, context))
