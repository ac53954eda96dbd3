"""A look at what references of rows lead to in stores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

import labwright as lw
from labwright.web.desk.preview.arrays import look
from labwright.web.desk.preview.files import PIXELS, look_into
from labwright.web.desk.preview.preview import Axis, Preview, nothing
from labwright.web.desk.refusals import NotThereError
from labwright.web.desk.screens.figures import Listing
from labwright.web.fields import excerpt

Look = Callable[[Any, Sequence[int], str], Preview]
MEMBERS: Final = 200
ROWS: Final = 50
COLUMNS: Final = 30
CHUNK: Final = 64 * 1024 * 1024
"""Bytes of what has to be unpacked to see any of it, at most."""


def look_at(reference: lw.ObjectRef, at: Sequence[int] = (), path: str = "") -> Preview:
    """A look at a reference.

    Parameters
    ----------
    reference : ObjectRef
    at : sequence of int
        Where along the axes that are not drawn; of a video, the second.
    path : str
        What of it: a file of a folder, an array of a group.
    """
    for kind, made in _LOOKS:
        if isinstance(reference, kind):
            return made(reference, at, path)
    return _file(reference, at, path)


def _npy(reference: Any, at: Sequence[int], _: str) -> Preview:
    return look(reference, at)


def _tiff(reference: Any, at: Sequence[int], _: str) -> Preview:
    if _pixels(reference.shape) > PIXELS:
        return nothing(f"A page of it has more than {PIXELS:,} pixels.")
    return look(reference, at, in_chunks=True)


def _pixels(shape: Sequence[int]) -> int:
    height, width = (*shape, 1, 1)[-3:-1] if shape[-1] in (3, 4) else (1, *shape)[-2:]
    return int(height) * int(width)


def _zarr(reference: Any, at: Sequence[int], path: str) -> Preview:
    found = reference.zarr
    if hasattr(found, "ndim"):
        return _chunked(found, at)
    arrays = dict(found.arrays())
    if path:
        return _chunked(_one(arrays, path), at)
    return _members([(name, a.shape, a.dtype) for name, a in list(arrays.items())[:MEMBERS]])


def _chunked(array: Any, at: Sequence[int]) -> Preview:
    size = array.dtype.itemsize
    for length in getattr(array, "shards", None) or array.chunks or ():
        size *= length
    if size > CHUNK:
        return nothing("Its chunks are too large to look into one.")
    return look(array, at, in_chunks=True)


def _hdf5(reference: Any, at: Sequence[int], path: str) -> Preview:
    with reference.hdf5() as file:
        datasets: dict[str, Any] = {}
        file.visititems(lambda name, item: datasets.__setitem__(name, item) if hasattr(item, "dtype") else None)
        if not path:
            return _members([(name, d.shape, d.dtype) for name, d in list(datasets.items())[:MEMBERS]])
        found = _one(datasets, path)
        if found.is_virtual or found.external:  # which are read from other files of the server
            return nothing("Its values are in other files.")
        return _chunked(found, at) if found.chunks else look(found, at, in_chunks=True)


def _one(found: dict[str, Any], path: str) -> Any:
    if path not in found:
        raise NotThereError(f"There is no {path!r} in it.")
    return found[path]


def _members(found: Sequence[tuple[str, Any, Any]]) -> Preview:
    rows = [[name, " x ".join(map(str, shape)) if shape else "one value", str(dtype)] for name, shape, dtype in found]
    names = [name for name, _, _ in found]
    listing = Listing("", ("name", "shape", "type"), rows)
    return Preview("table", [("arrays", str(len(found)))], names=names, listing=listing)


def _parquet(reference: Any, _: Sequence[int], __: str) -> Preview:
    names = reference.columns
    facts = [("rows", str(reference.num_rows)), ("columns", str(len(names)))]
    with reference.parquet() as file:
        groups = file.metadata
        if groups.num_row_groups and groups.row_group(0).total_byte_size > CHUNK:
            return nothing("Its groups of rows are too large to look into one.", facts)
    head = reference.to_arrow(names[:COLUMNS], rows=slice(0, ROWS)).to_pylist()
    listing = Listing("", names[:COLUMNS], [[_cell(row[name]) for name in names[:COLUMNS]] for row in head])
    return Preview("table", facts, listing=listing, note=f"The first {len(head)} rows.")


def _cell(value: Any) -> str:
    return "" if value is None else excerpt(str(value))


def _video(reference: Any, at: Sequence[int], _: str) -> Preview:
    if (reference.width or 0) * (reference.height or 0) > PIXELS:
        return nothing(f"A frame of it has more than {PIXELS:,} pixels.")
    length = int(reference.duration or 0)
    second = min(max(at[0], 0), length) if at else 0
    told = [(name, getattr(reference, name)) for name in ("width", "height", "fps", "duration")]
    seen = look(reference.frame(float(second)))
    facts = [(name, f"{value:g}") for name, value in told if value is not None]
    axes = [Axis("second", length + 1, second)] if length else []
    return Preview("picture", facts, axes, png=seen.png, note=f"The frame at {second} s.")


def _file(reference: Any, _: Sequence[int], path: str) -> Preview:
    if not reference.is_dir:
        return look_into(PurePosixPath(reference.path).name, reference.handle.info().size, reference.open)
    names = reference.handle.paths()[:MEMBERS]
    if not path:
        rows = [[name] for name in names]
        count = reference.item_count
        facts = [("files", str(count if count is not None else len(names)))]
        return Preview("table", facts, names=names, listing=Listing("", ("name",), rows))
    if path not in names:
        raise NotThereError(f"There is no {path!r} in it.")
    size = reference.handle.child(path).info().size
    return look_into(PurePosixPath(path).name, size, lambda: reference.open(path))


_LOOKS: Final[Sequence[tuple[type, Look]]] = (
    (lw.NpyRef, _npy),
    (lw.TiffRef, _tiff),
    (lw.ZarrRef, _zarr),
    (lw.Hdf5Ref, _hdf5),
    (lw.ParquetRef, _parquet),
    (lw.VideoRef, _video),
)
