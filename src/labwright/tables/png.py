"""Pictures in pixels, where something takes no SVG."""

from __future__ import annotations

from labwright.tables.frames import missing
from labwright.tables.svg import Svg


def to_png(svg: Svg, *, zoom: float = 2.0) -> bytes:
    """Return the bytes of a PNG with the picture `svg` on white.

    Raises
    ------
    MissingPackageError
        When the package that draws pixels is not installed.
    """
    try:
        import matplotlib
        import resvg_py
    except ImportError as error:
        raise missing(str(error.name), "png") from None
    fonts = f"{matplotlib.get_data_path()}/fonts/ttf"  # a machine may have none
    pixels = resvg_py.svg_to_bytes(
        svg_string=str(svg), background="#ffffff", zoom=zoom, font_dirs=[fonts], sans_serif_family="DejaVu Sans"
    )
    return bytes(pixels)
