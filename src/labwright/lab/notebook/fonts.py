"""Fonts for PDF files: DejaVu, which has the letters of most alphabets, and comes with matplotlib."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from labwright.lab.packages import package

SANS: Final = "DejaVuSans"
MONO: Final = "DejaVuSansMono"
_FACES: Final = MappingProxyType({"": "", "-Bold": "b", "-Oblique": "i", "-BoldOblique": "bi"})


@cache
def use_fonts() -> None:
    """Make the fonts known to reportlab, once."""
    folder = Path(package("matplotlib", "notebook").get_data_path(), "fonts", "ttf")
    metrics = package("reportlab.pdfbase.pdfmetrics", "notebook")
    faces = package("reportlab.pdfbase.ttfonts", "notebook")
    for family in (SANS, MONO):
        for face in _FACES:
            metrics.registerFont(faces.TTFont(family + face, str(folder / f"{family}{face}.ttf")))
        metrics.registerFontFamily(family, *(family + face for face in _FACES))
