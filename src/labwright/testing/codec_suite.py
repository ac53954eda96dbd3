"""The tests that every codec passes. Inherit `CodecSuite`, and give it a codec and values."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, ClassVar, Final

import pytest

from labwright.codecs.base import CodecContext
from labwright.codecs.chain import CodecChain, resolve_chain
from labwright.core.errors import CodecError
from labwright.core.types import Type
from labwright.define.typenames import parse_type
from labwright.testing.equality import identical

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
            assert identical(before, value)

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
