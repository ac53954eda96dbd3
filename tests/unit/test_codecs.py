"""Codecs: how they are registered, chained, and what they say when they cannot."""

from __future__ import annotations

import subprocess
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from labwright.codecs.attach import AttachCodec
from labwright.codecs.base import Codec, CodecContext, as_codec, codecs, find_codec, register_codec
from labwright.codecs.blob import BlobCodec
from labwright.codecs.chain import CodecChain, resolve_chain
from labwright.core.errors import CodecError
from labwright.define.typenames import parse_type
from labwright.testing.codec_suite import CodecSuite

Row = Mapping[str, Any]


@pytest.fixture(autouse=True)
def own_codecs() -> Iterator[None]:
    """Forget the codecs of a test."""
    before = set(codecs.names())
    yield
    for name in set(codecs.names()) - before:
        codecs.unregister(name)


def chain_of(text: str) -> CodecChain:
    return resolve_chain(parse_type(text), parse_type)


def define(name: str, dtype: str) -> type[Codec]:
    class Plain(Codec, register=False):
        def get_dtype(self, is_store: bool) -> str:
            return dtype

        def encode(self, value: Any, *, key: Row | None = None, store_name: str | None = None) -> Any:
            return [self.name, value]

        def decode(self, stored: Any, *, key: Row | None = None) -> Any:
            assert stored[0] == self.name
            return stored[1]

    return types.new_class(name.title(), (Plain,), exec_body=lambda body: body.update(name=name, __module__=__name__))


# ---- registration -------------------------------------------------------------------------------


def test_a_subclass_is_registered() -> None:
    graph = define("graph", "json")
    assert type(find_codec("graph")) is graph


def test_the_same_class_again_replaces_the_first() -> None:
    first, second = define("graph", "json"), define("graph", "<blob>")
    assert first is not second
    assert find_codec("graph").get_dtype(False) == "<blob>"


def test_another_class_of_the_name_is_an_error() -> None:
    define("graph", "json")
    with pytest.raises(CodecError, match=r"codec 'graph' already: .*Graph"):

        class Other(Codec):
            name = "graph"


def test_a_built_in_codec_is_replaced_only_on_purpose() -> None:
    class Mine(Codec, register=False):
        name = "blob"

    with pytest.raises(CodecError, match="'blob' already"):
        register_codec(Mine())
    original = find_codec("blob")
    register_codec(Mine(), override=True)
    assert isinstance(find_codec("blob"), Mine)
    register_codec(original, override=True)


def test_override_stands_in_the_class_statement() -> None:
    define("graph", "json")

    class Other(Codec, override=True):
        name = "graph"

    assert isinstance(find_codec("graph"), Other)


def test_base_classes_need_not_register() -> None:
    class Base(Codec, register=False):
        name = "base"

    class Nameless(Codec):
        pass

    assert "base" not in codecs
    assert Nameless.name is None


@pytest.mark.parametrize("name", ["", "two words", "a@b", "<x>", "9lives", 7])
def test_a_name_is_a_name(name: Any) -> None:
    with pytest.raises(CodecError, match="is named"):
        type("Bad", (Codec,), {"name": name})


def test_an_unknown_codec_lists_the_known() -> None:
    with pytest.raises(CodecError, match=r"There is no codec 'blop'\. Did you mean 'blob'\? Known: attach, blob"):
        chain_of("<blop>")


@pytest.mark.parametrize("text", ["<blob@raw>", "<attach@raw>", "<hash@raw>"])
def test_bytes_in_a_store_end_in_json(text: str) -> None:
    chain = chain_of(text)
    assert (chain.codecs[-1].name, chain.storage.kind, chain.store) == ("hash", "json", "raw")


def test_a_hash_is_of_a_store() -> None:
    with pytest.raises(CodecError, match="write <hash@>"):
        chain_of("<hash>")


def test_what_is_offered_must_be_a_codec() -> None:
    assert isinstance(as_codec(BlobCodec), BlobCodec)
    assert isinstance(as_codec(AttachCodec()), AttachCodec)
    with pytest.raises(CodecError, match="collections:OrderedDict is not a codec: it has no get_dtype"):
        codecs["collections:OrderedDict"]


def test_numpy_comes_with_the_first_blob() -> None:
    code = (
        "import sys; from labwright.codecs.chain import resolve_chain;"
        "from labwright.define.typenames import parse_type;"
        "assert 'numpy' not in sys.modules; resolve_chain(parse_type('<blob>'), parse_type);"
        "assert 'numpy' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# ---- chains -------------------------------------------------------------------------------------


def test_a_chain_ends_in_a_core_type() -> None:
    define("graph", "<blob>")
    chain = chain_of("<graph>")
    assert [codec.name for codec in chain.codecs] == ["graph", "blob"]
    assert chain.storage.kind == "bytes"
    assert chain.decode(chain.encode({"nodes": [1, 2]})) == {"nodes": [1, 2]}


def test_values_go_in_from_the_outside_and_out_from_the_inside() -> None:
    define("inner", "json")
    define("outer", "<inner>")
    chain = chain_of("<outer>")
    assert chain.encode(1) == ["inner", ["outer", 1]]
    assert chain.decode(["inner", ["outer", 1]]) == 1


@pytest.mark.parametrize("dtype", ["varchar(40)", "uuid", "decimal(8,2)", "longblob", "json"])
def test_any_core_or_native_type_may_end_a_chain(dtype: str) -> None:
    define("graph", dtype)
    assert chain_of("<graph>").storage == parse_type(dtype)


def test_a_circle_is_an_error() -> None:
    define("ping", "<pong>")
    define("pong", "<ping>")
    with pytest.raises(CodecError, match="<ping> -> <pong> -> <ping>"):
        chain_of("<ping>")


def test_a_type_that_is_none_names_the_codec() -> None:
    define("graph", "no such type")
    with pytest.raises(CodecError, match=r"<graph> is stored as 'no such type', which is no type"):
        chain_of("<graph>")


@pytest.mark.parametrize(
    ("outer", "inner", "seen"),
    [
        ("<outer>", "<inner>", [(False, None), (False, None)]),
        ("<outer@cold>", "<inner>", [(True, "cold"), (True, "cold")]),
        ("<outer@cold>", "<inner@warm>", [(True, "warm"), (True, "warm")]),
        ("<outer@>", "<inner>", [(True, None), (True, None)]),
        ("<outer@cold>", "<inner@>", [(True, "cold"), (True, "cold")]),
        ("<outer>", "<inner@>", [(False, None), (True, None)]),
        ("<outer>", "<inner@warm>", [(False, "warm"), (True, "warm")]),
    ],
    ids=["table", "store", "inner store wins", "default store", "inner default", "default alone", "inner alone"],
)
def test_the_store_is_handed_inward(outer: str, inner: str, seen: list[tuple[bool, str | None]]) -> None:
    asked: list[bool] = []
    given: list[str | None] = []

    class Spy(Codec, register=False):
        dtype = ""

        def get_dtype(self, is_store: bool) -> str:
            asked.append(is_store)
            return self.dtype

        def encode(self, value: Any, *, key: Row | None = None, store_name: str | None = None) -> Any:
            given.append(store_name)
            return value

    type("Outer", (Spy,), {"name": "outer", "dtype": inner})
    type("Inner", (Spy,), {"name": "inner", "dtype": "json"})
    chain_of(outer).encode(1)
    assert list(zip(asked, given, strict=True)) == seen


def test_the_key_and_the_context_reach_those_who_ask() -> None:
    seen: list[object] = []

    class Asking(Codec):
        name = "asking"

        def get_dtype(self, is_store: bool) -> str:
            return "json"

        def encode(
            self,
            value: Any,
            *,
            key: Row | None = None,
            store_name: str | None = None,
            context: CodecContext | None = None,
        ) -> Any:
            assert context is not None
            seen.extend([key, context.field, context["table"], context.get("nothing", 5)])
            return value

        def decode(self, stored: Any, **options: Any) -> Any:
            seen.extend([options["key"], options["context"].schema])
            return stored

    chain, context = chain_of("<asking>"), CodecContext("lab", "scan", "trace")
    chain.decode(chain.encode(1, {"id": 7}, context), {"id": 8}, context)
    assert seen == [{"id": 7}, "trace", "scan", 5, {"id": 8}, "lab"]
    with pytest.raises(KeyError):
        context["nothing"]


def test_a_codec_without_store_name_is_called_without_it() -> None:
    class Old(Codec):
        name = "old"

        def get_dtype(self, is_store: bool) -> str:
            return "json"

        def encode(self, value: Any, *, key: Row | None = None) -> Any:  # type: ignore[override]  # as old codecs do
            return value

    assert chain_of("<old>").encode(3) == 3


def test_every_codec_validates_what_it_is_given() -> None:
    class Strict(Codec):
        name = "strict"

        def get_dtype(self, is_store: bool) -> str:
            return "<blob>"

        def validate(self, value: Any) -> None:
            if not isinstance(value, dict):
                raise TypeError("a graph is a dict")

        def encode(self, value: Any, *, key: Row | None = None, store_name: str | None = None) -> Any:
            return value

    chain = chain_of("<strict>")
    assert chain.encode({}) is not None
    with pytest.raises(
        CodecError, match="<strict> cannot encode a value of type int: TypeError: a graph is a dict"
    ) as e:
        chain.encode(1)
    assert isinstance(e.value.__cause__, TypeError)


def broken(stored: Any) -> Any:
    raise KeyError("nodes")


@pytest.mark.parametrize(
    ("use", "says"),
    [
        (lambda chain: chain.encode(1), "<broken> cannot encode a value of type int: NotImplementedError"),
        (lambda chain: chain.decode(1), "<broken> cannot decode what is stored: KeyError: 'nodes'"),
    ],
    ids=["encode", "decode"],
)
def test_what_goes_wrong_in_a_codec_names_it(use: Callable[[CodecChain], object], says: str) -> None:
    class Broken(Codec):
        name = "broken"

        def get_dtype(self, is_store: bool) -> str:
            return "json"

        def decode(self, stored: Any, *, key: Row | None = None) -> Any:
            return broken(stored)

    with pytest.raises(CodecError, match=says):
        use(chain_of("<broken>"))


def test_chains_are_values() -> None:
    assert chain_of("<blob>") == chain_of("<blob>")
    assert chain_of("<blob>") != chain_of("<attach>")
    assert repr(find_codec("blob")) == "<BlobCodec(name='blob')>"


# ---- the suite ----------------------------------------------------------------------------------


class TestBlob(CodecSuite):
    type_text = "<blob>"
    values = (1, 2.5, "text", b"bytes", [1, None], {"a": (1, 2)})
    refused = (object(), len, {"a": [object()]})


class TestChained(CodecSuite):
    type_text = "<wrapped>"
    values = (1, [1, 2])
    refused = (object(),)

    @pytest.fixture
    def chain(self) -> CodecChain:
        define("wrapped", "<blob>")
        return chain_of("<wrapped>")

    def test_needs_no_key_and_no_context(self, chain: CodecChain, good: Any) -> None:
        assert chain.codecs[0].encode(good[0]) == ["wrapped", 1]
