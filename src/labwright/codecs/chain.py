"""From a codec type to what the database holds, decided once per attribute."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from labwright.codecs.base import NO_CONTEXT, Codec, CodecContext, Key, find_codec
from labwright.codecs.objects import Staged
from labwright.codecs.schema_codec import SchemaCodec, within
from labwright.core.errors import CodecError, LabwrightError, cut
from labwright.core.types import Type

ParseType = Callable[[str], Type]
_Encode = Callable[[Any, Key | None, CodecContext], Any]
_Decode = Callable[[Any, Key | None, CodecContext], Any]


@dataclass(frozen=True)
class CodecChain:
    """The codecs that a value passes, outermost first, and the type that the database holds at the end.

    Parameters
    ----------
    codecs : tuple of Codec
        For ``<graph>`` whose codec gives ``"<blob>"``: graph, blob.
    storage : Type
        The type of what the last codec gives: bytes, json, uuid, ...
    store : str or None
        None in the table, ``""`` the default store.

    Examples
    --------
    >>> from labwright.define.typenames import parse_type
    >>> chain = resolve_chain(parse_type("<blob>"), parse_type)
    >>> chain.storage.kind, chain.decode(chain.encode({"a": [1, 2]}))
    ('bytes', {'a': [1, 2]})
    """

    codecs: tuple[Codec, ...]
    storage: Type
    store: str | None = None
    _encoders: tuple[_Encode, ...] = field(init=False, repr=False, compare=False)
    _decoders: tuple[_Decode, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_encoders", _encoders(self.codecs, self.store))
        object.__setattr__(self, "_decoders", _decoders(self.codecs))

    def encode(self, value: Any, key: Key | None = None, context: CodecContext = NO_CONTEXT) -> Any:
        """Return what the database is to hold for `value`; None stays None.

        Raises
        ------
        CodecError
            When a codec refuses the value, with the codec's own error as cause.
        """
        if value is None:
            return None
        for encode in self._encoders:
            value = encode(value, key, context)
        return value

    def validate(self, value: Any) -> None:
        """Raise when the outermost codec does not take the value; what those within say is known when it is encoded.

        Raises
        ------
        CodecError
        """
        if value is not None:
            _validate(self.codecs[0], value)

    def decode(self, stored: Any, key: Key | None = None, context: CodecContext = NO_CONTEXT) -> Any:
        """Return the value for what the database holds; None stays None.

        Raises
        ------
        CodecError
            When a codec cannot read it, with the codec's own error as cause.
        """
        if stored is None:
            return None
        return _passed(stored, self._decoders, key, context)

    def decode_all(
        self, stored: Sequence[Any], keys: Iterable[Key | None], context: CodecContext = NO_CONTEXT
    ) -> list[Any]:
        """Return the values for a column of what the database holds; objects in stores are read ahead of their turn."""
        last = self.codecs[-1]
        if len(stored) < 2 or not hasattr(last, "decode_many"):
            return [self.decode(s, key, context) for s, key in zip(stored, keys, strict=False)]
        there = [s for s in stored if s is not None]
        borrow = _decoder(self.codecs[-2]) if _lends(self.codecs) else None
        first = _ahead(last, there, context, *([lambda data: borrow(data, None, context)] if borrow else []))
        rest = self._decoders[1:]
        return [
            None if s is None else _passed(next(first), rest, key, context)
            for s, key in zip(stored, keys, strict=False)
        ]


def _ahead(codec: Any, stored: Sequence[Any], *more: Any) -> Iterator[Any]:
    try:
        yield from codec.decode_many(stored, *more)
    except LabwrightError:
        raise
    except Exception as error:
        raise _failure(codec, "cannot decode what is stored", error) from error


def _passed(value: Any, decoders: Sequence[_Decode], key: Key | None, context: CodecContext) -> Any:
    for decode in decoders:
        value = decode(value, key, context)
    return value


def resolve_chain(type_: Type, parse_type: ParseType) -> CodecChain:
    """Return the chain of a type of kind ``codec``.

    Parameters
    ----------
    type_ : Type
        For example that of ``<blob@raw>``.
    parse_type : callable
        Reads what `Codec.get_dtype` returns: ``labwright.define.typenames.parse_type``.

    Raises
    ------
    CodecError
        When a codec is unknown, or a chain comes back to a codec that it has passed.
    """
    chain: list[Codec] = []
    passed: list[str] = []
    store = type_.store
    while type_.codec is not None:
        if type_.codec in passed:
            raise CodecError(f"The codecs go in a circle: {_path([*passed, type_.codec])}. One of them has to end it.")
        store = _store_within(store, type_.store)
        chain.append(_find(type_.codec, store, passed))
        passed.append(type_.codec)
        type_ = _inner_type(chain[-1], store, parse_type)
    return CodecChain(tuple(chain), type_, store)


def _store_within(outer: str | None, inner: str | None) -> str | None:
    """Return the inner codec's store when it names one, else the outer one's; ``""`` is the default store."""
    return inner or (inner if outer is None else outer)


def _find(name: str, store: str | None, passed: list[str]) -> Codec:
    try:
        return find_codec(name)
    except CodecError as error:
        if not passed:
            raise
        outer = passed[0] if store is None else f"{passed[0]}@{store}"
        raise CodecError(f"<{outer}> needs <{name}>: {error}") from error


def _inner_type(codec: Codec, store: str | None, parse_type: ParseType) -> Type:
    text = codec.get_dtype(store is not None)
    try:
        return parse_type(text)
    except LabwrightError as error:
        raise CodecError(
            f"The codec <{codec.name}> is stored as {text!r}, which is no type: {error}\n"
            f"Its get_dtype is to return a core type such as 'bytes' or 'json', or a codec such as '<blob>'."
        ) from error


def _path(names: list[str]) -> str:
    return " -> ".join(f"<{name}>" for name in names)


def _encoders(codecs: Sequence[Any], store: str | None) -> tuple[_Encode, ...]:
    """One for each codec, outermost first; two are one where the inner one takes the outer one's bytes in parts."""
    encoders = [_encoder(codec, store) for codec in codecs]
    return (*encoders[:-2], _keeper(codecs[-2], codecs[-1], store)) if _lends(codecs) else tuple(encoders)


def _keeper(codec: Any, keeper: Any, store: str | None) -> _Encode:
    def encode(value: Any, _: Key | None, context: CodecContext) -> Any:
        _validate(codec, value)
        try:
            return keeper.keep(codec.parts(value), store_name=store or None, context=context)
        except LabwrightError:
            raise
        except Exception as error:
            raise _refused(codec, value, error) from error

    return encode


def _encoder(codec: Codec, store: str | None) -> _Encode:
    named = {"store_name": store or None} if _accepts(codec.encode, "store_name") else {}
    wants_context = _accepts(codec.encode, "context")
    call: Callable[..., Any] = codec.encode

    def encode(value: Any, key: Key | None, context: CodecContext) -> Any:
        extra = {"context": context} if wants_context else {}
        _validate(codec, value)
        try:
            return call(value, key=key, **named, **extra)
        except LabwrightError:
            raise
        except Exception as error:
            raise _refused(codec, value, error) from error

    return _encoder_of_files(encode, store) if isinstance(codec, SchemaCodec) else encode


def _encoder_of_files(encode: _Encode, store: str | None) -> _Encode:
    """The same where the codec's helpers know what they are called for; the store is always named."""

    def encode_file(value: Any, key: Key | None, context: CodecContext) -> Any:
        with within(context):
            stored = encode(value, key, context)
        if isinstance(stored, dict) and "path" in stored and not stored.get("store"):
            return stored | {"store": context.objects.store_name(store or None)}
        return stored

    return encode_file


def _validate(codec: Codec, value: Any) -> None:
    if isinstance(value, Staged) and isinstance(codec, SchemaCodec):
        return  # what it holds is seen when it is taken over
    try:
        codec.validate(value)
    except LabwrightError:
        raise
    except Exception as error:
        raise _refused(codec, value, error) from error


def _refused(codec: Codec, value: Any, error: Exception) -> CodecError:
    return _failure(codec, f"cannot encode a value of type {type(value).__name__}", error)


def _decoder(codec: Codec) -> _Decode:
    wants_context = _accepts(codec.decode, "context")
    call: Callable[..., Any] = codec.decode

    def decode(stored: Any, key: Key | None, context: CodecContext) -> Any:
        extra = {"context": context} if wants_context else {}
        try:
            return call(stored, key=key, **extra)
        except LabwrightError:
            raise
        except Exception as error:
            raise _failure(codec, "cannot decode what is stored", error) from error

    def decode_file(stored: Any, key: Key | None, context: CodecContext) -> Any:
        with within(context):
            return decode(stored, key, context)

    return decode_file if isinstance(codec, SchemaCodec) else decode


def _decoders(codecs: Sequence[Codec]) -> tuple[_Decode, ...]:
    """One for each codec, innermost first; two are one where the outer one borrows what the inner one reads."""
    decoders = [_decoder(codec) for codec in reversed(codecs)]
    return (_lender(codecs[-1], decoders[1]), *decoders[2:]) if _lends(codecs) else tuple(decoders)


def _lends(codecs: Sequence[Any]) -> bool:
    """Whether the last codec lends bytes and the one before borrows them, rather than classes that they come from."""
    return len(codecs) > 1 and "lend" in vars(type(codecs[-1])) and "borrows" in vars(type(codecs[-2]))


def _lender(codec: Any, use: _Decode) -> _Decode:
    def decode(stored: Any, key: Key | None, context: CodecContext) -> Any:
        def used(data: Any) -> Any:
            return use(data, key, context)

        try:
            return codec.lend(stored, used, context=context)
        except LabwrightError:
            raise
        except Exception as error:
            raise _failure(codec, "cannot decode what is stored", error) from error

    return decode


def _accepts(method: Callable[..., Any], name: str) -> bool:
    return _has_parameter(getattr(method, "__func__", method), name)


@lru_cache(maxsize=512)
def _has_parameter(function: Callable[..., Any], name: str) -> bool:
    """Remembered, since chains are made for every statement and signatures take their time."""
    parameters = inspect.signature(function).parameters.values()
    return any(p.name == name or p.kind is p.VAR_KEYWORD for p in parameters)


def _failure(codec: Codec, what: str, error: Exception) -> CodecError:
    return CodecError(f"<{codec.name}> {what}: {type(error).__name__}: {cut(str(error))}")
