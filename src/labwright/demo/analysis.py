"""Reading and measuring images: functions of files and arrays that know of no database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]
    Labels = NDArray[np.uint16]


def read_stack(path: Path) -> Picture:
    """Return the frames of an image file.

    Returns
    -------
    uint8 array (frames, height, width)
        Colour is reduced to luminance.
    """
    import numpy as np
    from skimage import color, io, util

    image = io.imread(path)
    if image.shape[-1] == 3:
        image = util.img_as_ubyte(color.rgb2gray(image))
    return np.asarray(image if image.ndim == 3 else image[np.newaxis])


def segment(pixels: Picture, *, dark: bool, smooth: float, background: float, min_area: int) -> tuple[float, Labels]:
    """Find objects: smooth, take the background away, and apply the threshold of Otsu (1979).

    Parameters
    ----------
    pixels : uint8 array (height, width)
    dark : bool
        Whether objects are darker than their surroundings.
    smooth, background : float
        Sigma of the two Gaussians in pixels; a `background` of 0 takes nothing away.
    min_area : int
        Objects with fewer pixels are left out.

    Returns
    -------
    threshold : float
        Of the intensity, negated for dark objects, without its background.
    labels : uint16 array (height, width)
        0 is background, n is object n; objects are numbered from the top left.
    """
    import numpy as np
    from skimage import filters
    from skimage import measure as regions

    signal = filters.gaussian(pixels * (-1.0 if dark else 1.0), smooth, preserve_range=True)
    if background:
        signal = signal - filters.gaussian(signal, background, preserve_range=True)
    threshold = float(filters.threshold_otsu(signal))
    labels = regions.label(signal > threshold)
    large = np.flatnonzero(np.bincount(labels.ravel())[1:] >= min_area) + 1
    renumbered = np.zeros(labels.max() + 1, dtype=np.uint16)
    renumbered[large] = np.arange(1, len(large) + 1)
    return threshold, renumbered[labels]


def measure(labels: Labels, pixels: Picture) -> list[dict[str, float]]:
    """Return number, area, centroid and mean intensity of each object."""
    from skimage.measure import regionprops

    return [
        {
            "object": int(region.label),
            "area": int(region.area),
            "row": float(region.centroid[0]),
            "col": float(region.centroid[1]),
            "intensity": float(region.intensity_mean),
        }
        for region in regionprops(labels, intensity_image=pixels)
    ]


def median(values: Any) -> float | None:
    """Return the median, or None when there is no value."""
    import numpy as np

    return float(np.median(values)) if len(values) else None
