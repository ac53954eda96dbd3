"""Attribute adapters of the classic generation: objects beside the table classes that translate values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from labwright.codecs.base import Codec, Key, codecs
from labwright.core.errors import UnresolvedReferenceError
from labwright.core.registry import origin
from labwright.define.ast import AttributeSpec, TableSpec
from labwright.define.classic import classic_type
from labwright.define.references import Scope, resolve
from labwright.define.typenames import parse_type


class AttributeAdapter(ABC):
    """Translates between the values of users and what an attribute holds.

    An instance is named in a definition, ``image : <tiff>``, where `tiff` is a name of the module or of the schema's
    context. New code writes a `Codec`, which needs no instance and serves every module.

    Examples
    --------
    >>> import labwright as lw
    >>> class Interval(lw.AttributeAdapter):
    ...     attribute_type = "varchar(16)"
    ...
    ...     def put(self, value):
    ...         return f"{value.start}:{value.stop}"
    ...
    ...     def get(self, stored):
    ...         return slice(*map(int, stored.split(":")))
    >>> frame_range = Interval()
    >>> schema = lw.Schema("lab", generation="classic")
    >>> @schema
    ... class Epoch(lw.Manual):
    ...     definition = '''
    ...     epoch : int
    ...     ---
    ...     frames : <frame_range>
    ...     '''
    >>> with lw.Project("sqlite:///:memory:"):
    ...     Epoch.insert1((1, slice(2, 5)))
    ...     Epoch.fetch1("frames")
    slice(2, 5, None)
    """

    @property
    @abstractmethod
    def attribute_type(self) -> str:
        """The type that the table holds: one of the language, or another adapter."""

    @abstractmethod
    def put(self, obj: Any) -> Any:
        """What is stored for `obj`."""

    @abstractmethod
    def get(self, value: Any) -> Any:
        """The object that was stored as `value`."""


class _AdapterCodec(Codec, register=False):
    """An adapter under the name that definitions know it by."""

    def __init__(self, name: str, adapter: Any) -> None:
        self.name = name  # type: ignore[misc]  # each adapter has a name of its own
        self.adapter = adapter

    def get_dtype(self, is_store: bool) -> str:
        type_ = classic_type(parse_type(self.adapter.attribute_type))
        return type_.spelling if type_.codec is None else type_.canonical

    def encode(self, value: Any, *, key: Key | None = None, store_name: str | None = None) -> Any:
        return self.adapter.put(value)

    def decode(self, stored: Any, *, key: Key | None = None) -> Any:
        return self.adapter.get(stored)


def is_adapter(thing: object) -> bool:
    """Whether `thing` has what an adapter has; some are made without the base class."""
    return not isinstance(thing, type) and all(hasattr(thing, n) for n in ("attribute_type", "get", "put"))


def use_adapters(spec: TableSpec, scope: Scope) -> None:
    """Register the adapters that the types of `spec` name, found in `scope` as the targets of references are."""
    names = {e.type.codec for e in (*spec.key, *spec.body) if isinstance(e, AttributeSpec) and e.type.codec}
    for name in sorted(names):
        try:
            found = resolve((name,), scope)
        except UnresolvedReferenceError:
            continue
        if is_adapter(found):
            _use(name, found)


def use_given(names: Mapping[str, object]) -> None:
    """Register the adapters among `names`, for tables that the database knows alone."""
    for name, found in names.items():
        if is_adapter(found):
            _use(name, found)


def _use(name: str, adapter: object) -> None:
    known = codecs.loaded(name)
    if isinstance(known, _AdapterCodec) and known.adapter is adapter:
        return
    again = isinstance(known, _AdapterCodec) and origin(known.adapter) == origin(adapter)
    codecs.register(name, _AdapterCodec(name, adapter), override=again)
