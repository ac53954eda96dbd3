"""The tables of the demo: what was imaged, the images, and the objects found in them.

Tables are steps and references (``->``) are their order. Importing this module connects to nothing; the tables are made
when one of them is first used. The computations are in `labwright.demo.analysis`: plain functions of arrays.

Images and masks are files in a store, ``<npy@>`` and ``<image@>``; a row says where its file is, and what comes back is
a reference, which reads nothing before it is asked for pixels.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import labwright as lw
from labwright.demo import analysis
from labwright.demo.folder import SCHEMA

Key = dict[str, Any]
Objects = list[dict[str, float]]

schema = lw.Schema(SCHEMA)


@schema
class Subject(lw.Manual):
    definition = """
    # What was imaged
    subject     : varchar(16)     # short name
    ---
    description : varchar(120)
    """


@schema
class Session(lw.Manual):
    definition = """
    # One sitting at an instrument
    -> Subject
    session      : int16           # 1, 2, ... for each subject
    ---
    session_date : date
    instrument   : varchar(60)
    """


@schema
class Scan(lw.Manual):
    definition = """
    # One file that the instrument has written
    -> Session
    scan               : int16                   # 1, 2, ... within the session
    ---
    file               : varchar(255)            # path within the data folder
    objects = 'bright' : enum('bright', 'dark')  # whether objects are brighter or darker than their surroundings
    """


@schema
class Image(lw.Imported):
    definition = """
    # What the file of a scan holds
    -> Scan
    ---
    height : int32                # pixels
    width  : int32                # pixels
    """

    class Frame(lw.Part):
        definition = """
        # One picture; most files have one, a stack has many
        -> master
        frame  : int32            # 0, 1, ... within the file
        ---
        pixels : <npy@>           # uint8 array (height, width); colour is reduced to luminance
        """

    def make(self, key: Key, *, folder: Path) -> None:
        stack = analysis.read_stack(folder / (Scan & key).fetch1("file"))
        _, height, width = stack.shape
        self.insert1({**key, "height": height, "width": width})
        self.Frame.insert({**key, "frame": frame, "pixels": pixels} for frame, pixels in enumerate(stack))


@schema
class Method(lw.Lookup):
    definition = """
    # How to tell objects from their surroundings
    method     : varchar(16)
    ---
    smooth     : float32          # sigma of the Gaussian that takes away noise (pixels)
    background : float32          # sigma of the Gaussian that takes away the background (pixels), 0 for none
    min_area   : int32            # objects with fewer pixels are left out
    """
    contents = (
        {"method": "plain", "smooth": 1, "background": 0, "min_area": 30},
        {"method": "fine", "smooth": 1, "background": 10, "min_area": 30},
        {"method": "coarse", "smooth": 2, "background": 50, "min_area": 150},
    )


@schema
class Segmentation(lw.Computed):
    definition = """
    # The objects in each frame, by each method
    -> Image.Frame
    -> Method
    ---
    threshold : float64           # of the smoothed intensity without its background; negated for dark objects
    labels    : <image@>          # uint16 array (height, width): 0 is background, n is object n
    """

    class Object(lw.Part):
        definition = """
        # One object
        -> master
        object    : int32         # 1, 2, ... within the frame
        ---
        area      : int32         # pixels
        row       : float64       # centroid, from the top (pixels)
        col       : float64       # centroid, from the left (pixels)
        intensity : float64       # mean over the object (0 to 255)
        """

    # In three parts: nothing is locked while the second one computes.
    def make_fetch(self, key: Key) -> tuple[Any, str, dict[str, Any]]:
        pixels = (Image.Frame & key).fetch1("pixels")
        return pixels, (Scan & key).fetch1("objects"), (Method & key).fetch1()

    def make_compute(self, key: Key, pixels: Any, objects: str, method: dict[str, Any]) -> tuple[float, Any, Objects]:
        pixels = pixels.load()
        threshold, labels = analysis.segment(
            pixels,
            dark=objects == "dark",
            smooth=method["smooth"],
            background=method["background"],
            min_area=method["min_area"],
        )
        return threshold, labels, analysis.measure(labels, pixels)

    def make_insert(self, key: Key, threshold: float, labels: Any, found: Objects) -> None:
        self.insert1({**key, "threshold": threshold, "labels": labels})
        self.Object.insert({**key, **measured} for measured in found)


@schema
class Sizes(lw.Computed):
    definition = """
    # How large the objects of a frame are
    -> Segmentation
    ---
    objects       : int32         # how many there are
    covered       : float64       # share of the frame that they cover
    median_area = null : float64  # median area (pixels); none without objects
    """

    def make(self, key: Key) -> None:
        area = (Segmentation.Object & key).to_arrays("area")
        height, width = (Image & key).fetch1("height", "width")
        covered = int(area.sum()) / (height * width)
        self.insert1({**key, "objects": len(area), "covered": covered, "median_area": analysis.median(area)})


def objects_by_method() -> Any:
    """How many objects each method finds in each subject, and how large they are on average."""
    return (Subject * Method).aggr(Segmentation.Object, objects="count(*)", mean_area="avg(area)")
