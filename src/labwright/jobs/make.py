"""Calling ``make`` for one key: whole in one transaction, or in three parts with a short one at the end."""

from __future__ import annotations

import hashlib
import inspect
import io
import pickle
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, Final

from labwright.codecs.object_ref import ObjectRef
from labwright.core.errors import CodecError, LabwrightError
from labwright.core.registry import Deferred
from labwright.tables.making import making

if TYPE_CHECKING:
    from labwright.jobs.auto import AutoPopulate

Key = Mapping[str, Any]
Make = Callable[..., Any]
_PACK: Final[Deferred] = Deferred("labwright.codecs.blob:pack")
"""Blobs need numpy, which takes longer to import than all of Labwright."""


def make_key(table: AutoPopulate, key: Key, kwargs: Mapping[str, Any]) -> bool:
    """Run the table's make for `key`; False when the rows are there already.

    Raises
    ------
    LabwrightError
        When what was fetched before the computation has changed meanwhile; nothing is stored then.
    """
    run = _run_in_parts if inspect.isgeneratorfunction(type(table).make) else _run_whole
    return run(table, dict(key), kwargs)


def _run_whole(table: AutoPopulate, key: dict[str, Any], kwargs: Mapping[str, Any]) -> bool:
    with table.connection.transaction, making(str(table.id)):
        if table & key:
            return False
        returned = table.make(key, **kwargs)
        if returned is not None:
            raise LabwrightError(
                f"{type(table).__name__}.make returned {type(returned).__name__}; what it computes goes into the table "
                "by self.insert1(...), and it returns nothing. Nothing was stored."
            )
    return True


def _run_in_parts(table: AutoPopulate, key: dict[str, Any], kwargs: Mapping[str, Any]) -> bool:
    """Fetch, compute with no transaction open, then fetch again, compare and insert in a short one."""
    first = table.make(dict(key), **kwargs)
    fetched = digest(_step(table, first, "what it fetched"))
    computed = _step(table, first, "what it computed")
    first.close()
    with table.connection.transaction:
        if table & key:
            return False
        second = table.make(dict(key), **kwargs)
        again = _step(table, second, "what it fetched")
        if digest(again) != fetched:
            raise LabwrightError(
                f"What {type(table).__name__}.make fetched for {key} has changed while it computed. Nothing was "
                "stored; populate again."
            )
        with making(str(table.id)):
            _finish(table, second, computed)
    return True


def _step(table: AutoPopulate, steps: Generator[Any, Any, Any], what: str) -> Any:
    try:
        return next(steps)
    except StopIteration:
        raise LabwrightError(
            f"{type(table).__name__}.make ended before it yielded {what}. A make in parts yields twice: "
            "fetched = ...; computed = yield fetched; if computed is None: computed = ...; yield computed; inserts."
        ) from None


def _finish(table: AutoPopulate, steps: Generator[Any, Any, Any], computed: Any) -> None:
    """Let it insert; it may yield once more when that is done, and has to end then."""
    try:
        steps.send(computed)
        next(steps)
    except StopIteration:
        return
    raise LabwrightError(f"{type(table).__name__}.make goes on yielding after its inserts; nothing was stored.")


def digest(value: Any) -> bytes:
    """A digest of what was fetched, equal for equal values."""
    try:
        data = _packed(value)
    except CodecError:
        data = _pickled(value)
    return hashlib.blake2b(data).digest()


class _Pickler(pickle.Pickler):
    """Writes what is only compared, and never loaded: of what is in a store, where it is, since that never changes."""

    def persistent_id(self, obj: Any) -> Any:
        return (type(obj).__qualname__, obj.to_json()) if isinstance(obj, ObjectRef) else None


def _pickled(value: Any) -> bytes:
    data = io.BytesIO()
    _Pickler(data).dump(value)
    return data.getvalue()


def _packed(value: Any) -> bytes:
    pack: Any = _PACK.load()
    packed: bytes = pack(value, compress=False)
    return packed
