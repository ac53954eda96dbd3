"""A look into files: texts, tables, pictures; by their first bytes, and by name where these do not tell."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import IO, Any, Final

from labwright.web.desk.preview.png import as_bytes
from labwright.web.desk.preview.preview import SIDE, Preview, nothing
from labwright.web.desk.screens.figures import Listing
from labwright.web.fields.structures import size_of

HEAD: Final = 16 * 1024
ROWS: Final = 30
PICTURE: Final = 32 * 1024 * 1024
"""Bytes of a picture that is compressed as a whole, at most."""
PIXELS: Final = 40_000_000
FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
"""The formats of pictures that are opened: others may run programs."""
_PICTURES: Final = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff"})
_SEPARATED: Final = {".csv": ",", ".tsv": "\t"}


def look_into(name: str, size: int, open_file: Callable[[], IO[bytes]]) -> Preview:
    """A look into a file.

    Parameters
    ----------
    name : str
    size : int
    open_file : callable
        Opens it for reading; what is not read is not fetched.
    """
    suffix = PurePosixPath(name).suffix.lower()
    facts = [("name", name), ("size", size_of(size))]
    if suffix in (".svg", ".svgz"):
        return nothing("Pictures in SVG can hold programs, and are not shown. Download it to look at it.", facts)
    if suffix in _PICTURES:
        return _picture(facts, size, open_file)
    with open_file() as file:
        head = file.read(min(HEAD, size))
    return _text(facts, suffix, head, is_all=len(head) == size)


def _text(facts: Any, suffix: str, head: bytes, *, is_all: bool) -> Preview:
    end = len(head) if is_all else head.rfind(b"\n") + 1 or len(head) - 3
    try:
        text = head[:end].decode("utf-8-sig")
    except UnicodeDecodeError:
        return nothing("It is no text, and of no kind that can be shown.", facts)
    if "\0" in text:
        return nothing("It is no text, and of no kind that can be shown.", facts)
    note = "" if is_all else "Its beginning."
    if suffix in _SEPARATED:
        rows = list(csv.reader(io.StringIO(text), delimiter=_SEPARATED[suffix]))[: ROWS + 1]
        names = rows[0] if rows else []
        return Preview("table", facts, listing=Listing("", names, rows[1:]), note=note)
    return Preview("text", facts, text=text, note=note)


def _picture(facts: Any, size: int, open_file: Callable[[], IO[bytes]]) -> Preview:
    if size > PICTURE:
        return nothing(f"It is larger than {size_of(PICTURE)}, which would all have to be read.", facts)
    try:
        from PIL import Image
    except ModuleNotFoundError:
        return nothing("Pictures can be shown when the server has labwright[images].", facts)
    try:
        with open_file() as file, Image.open(file, formats=FORMATS) as image:
            found = [*facts, ("pixels", f"{image.width} x {image.height}"), ("format", str(image.format))]
            if image.width * image.height > PIXELS:
                return nothing(f"It has more than {PIXELS:,} pixels.", found)
            image.draft("RGB", (SIDE, SIDE))
            return Preview("picture", found, png=_small(image))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return nothing("It cannot be read as a picture: it is damaged, or too large.", facts)


def _small(image: Any) -> bytes:
    """A picture as PNG, without whatever else was in its file."""
    import numpy as np
    from PIL import Image

    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        image = Image.fromarray(as_bytes(np.asarray(image)))
    small = image.convert("RGBA" if image.has_transparency_data else "L" if image.mode in ("1", "L") else "RGB")
    small.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    Image.fromarray(np.asarray(small)).save(out, "PNG")
    return out.getvalue()
