"""What a definition means in either generation of the language, where the same text means different things."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from labwright.core.generation import CLASSIC, Generation
from labwright.core.types import Type
from labwright.define.ast import AttributeSpec, Entry, TableSpec
from labwright.define.check import check_spec

_EXTERNAL: Final = "classic_"
BLOBS: Final = frozenset({"tinyblob", "blob", "mediumblob", "longblob"})
"""Types whose columns hold serialised values in the classic generation, and raw bytes in the other."""


def in_generation(spec: TableSpec, generation: Generation) -> TableSpec:
    r"""What `spec`, parsed without regard to the generation, means in one.

    Examples
    --------
    >>> from labwright.define.parser import parse
    >>> spec = parse("mouse_id : int32\n---\nweights : longblob\nnotes : attach")
    >>> [(a.type.kind, str(a.type)) for a in in_generation(spec, "classic").body]
    [('codec', 'longblob'), ('codec', 'attach')]
    >>> [(a.type.kind, str(a.type)) for a in in_generation(spec, "2").body]
    [('bytes', 'longblob'), ('codec', '<attach>')]
    """
    key, body = (tuple(_entry(e, generation) for e in part) for part in (spec.key, spec.body))
    meant = replace(spec, key=key, body=body)
    if generation != CLASSIC and spec.indexes:
        check_spec(meant)
    return meant


def _entry(entry: Entry, generation: Generation) -> Entry:
    if not isinstance(entry, AttributeSpec):
        return entry
    type_ = classic_type(entry.type) if generation == CLASSIC else _current(entry.type)
    return replace(entry, type=type_)


def classic_type(type_: Type) -> Type:
    """The type that the text of `type_` names in the classic generation."""
    if type_.kind == "bytes" and type_.spelling in BLOBS:
        return Type("codec", (), type_.spelling, native=True, codec="blob")
    return external_type(type_)


def external_type(type_: Type) -> Type:
    """``blob@raw`` in the layout of the classic generation: a uuid that leads to a row of ``~external_raw``.

    Examples
    --------
    >>> from labwright.define.typenames import parse_type
    >>> external_type(parse_type("blob@raw")).codec, external_type(parse_type("<blob@raw>")).codec
    ('classic_blob', 'blob')
    """
    if type_.store and not type_.spelling.startswith("<"):
        return replace(type_, codec=f"{_EXTERNAL}{type_.codec}")
    return type_


def external_store(type_: Type | None) -> str | None:
    """The store that a type of the classic layout leads to; None for all others."""
    return type_.store if type_ is not None and (type_.codec or "").startswith(_EXTERNAL) else None


def _current(type_: Type) -> Type:
    """``blob@raw`` is short for ``<blob@raw>``."""
    return replace(type_, spelling=type_.canonical) if type_.codec is not None else type_
