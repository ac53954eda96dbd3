"""The figure of the demo: every subject as imaged, and the objects that each method finds in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from labwright.demo.pipeline import Image, Method, Segmentation, Sizes, Subject

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

FIRST = "scan = 1 AND frame = 0"
SIDE = 500
"""Larger images are thinned out for the figure, to about so many pixels."""


def draw(path: Path) -> Path:
    """Write the figure to `path` and return the path."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    subjects = list(Subject.to_arrays("subject", order_by="KEY"))
    methods = (Method & Segmentation).to_dicts(order_by="background")
    figure = Figure(figsize=(2.1 * len(subjects), 2.2 * (1 + len(methods))), layout="constrained")
    FigureCanvasAgg(figure)
    rows = figure.subplots(1 + len(methods), len(subjects))
    for axes, subject in zip(rows[0], subjects, strict=True):
        show(axes, (Image.Frame & {"subject": subject} & FIRST).fetch1("pixels").load())
        axes.set_title(subject, fontsize=11, fontweight="bold")
    rows[0][0].set_ylabel("image", fontsize=10, fontweight="bold")
    for row, method in zip(rows[1:], methods, strict=True):
        for axes, subject in zip(row, subjects, strict=True):
            show_objects(axes, {"subject": subject, "method": method["method"]})
        row[0].set_ylabel(describe(method), fontsize=9)
    figure.savefig(path, dpi=110, metadata={"Software": None})
    return path


def describe(method: dict[str, Any]) -> str:
    """Return a method and its parameters in a few words."""
    background = f"background {method['background']:g}" if method["background"] else "no background"
    steps = f"{background}, smooth {method['smooth']:g}"
    return f"$\\bf{{{method['method']}}}$\n{steps}\n{method['min_area']} pixels or more"


def show(axes: Axes, pixels: NDArray[np.uint8]) -> None:
    """Show an image in grey, without ticks."""
    axes.imshow(thinned(pixels), cmap="gray", vmin=0, vmax=255)
    axes.set(xticks=[], yticks=[], anchor="N")


def show_objects(axes: Axes, key: dict[str, Any]) -> None:
    """Show the first frame with its objects in colours, and how many there are."""
    from skimage.color import label2rgb

    pixels = (Image.Frame & key & FIRST).fetch1("pixels").load()
    labels = (Segmentation & key & FIRST).fetch1("labels").load()
    axes.imshow(label2rgb(thinned(labels), thinned(pixels), alpha=0.55, bg_label=0))
    axes.set(xticks=[], yticks=[], anchor="N")
    count = (Sizes & key & FIRST).fetch1("objects")
    axes.set_xlabel(f"{count} object{'' if count == 1 else 's'}", fontsize=9)


def thinned(image: NDArray[Any]) -> NDArray[Any]:
    """Return every second, third, ... pixel of a large image."""
    step = max(1, max(image.shape) // SIDE)
    return image[::step, ::step]
