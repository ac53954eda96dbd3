"""An instrument that writes image files into a folder: here it copies those that come with scikit-image."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import labwright as lw

PACKAGES = ("skimage", "matplotlib", "tifffile")

SUBJECTS: Mapping[str, str] = MappingProxyType(
    {
        "cell": "A cell floating in saline, phase image from a digital hologram",
        "coins": "24 Greek coins from Pompeii on an uneven background",
        "eye-1": "Retina of a healthy eye",
        "eye-2": "Detail of a retina with microaneurysms",
        "pattern": "Two test patterns, each of two pages in one TIFF file",
        "sky": "Galaxies in the Hubble eXtreme Deep Field",
    }
)


@dataclass(frozen=True)
class Shot:
    """What is imaged at one sitting, and the files that come of it."""

    subject: str
    day: date
    instrument: str
    images: tuple[str, ...]
    objects: str = "bright"
    session: int = 1

    @property
    def files(self) -> list[str]:
        """Where the images go, within the data folder."""
        return [f"{self.subject}_{self.day}/{image}" for image in self.images]


SHOTS = (
    Shot("cell", date(2024, 3, 4), "holographic microscope", ("cell.png",)),
    Shot("coins", date(2024, 3, 5), "camera", ("coins.png",)),
    Shot("eye-1", date(2024, 3, 6), "fundus camera", ("retina.jpg",), objects="dark"),
    Shot("eye-2", date(2024, 3, 6), "fundus camera", ("microaneurysms.png",), objects="dark"),
    Shot("pattern", date(2024, 3, 7), "pattern generator", ("multipage.tif", "multipage_rgb.tif")),
    Shot("sky", date(2024, 3, 8), "space telescope", ("hubble_deep_field.jpg",)),
)


def check_packages() -> None:
    """Refuse to begin without the packages that the demo needs.

    Raises
    ------
    MissingPackageError
        Names what is missing, and the command that installs it.
    """
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise lw.errors.MissingPackageError(f"The demo needs {', '.join(missing)}: pip install 'labwright[demo]'")


def write_files(folder: Path) -> list[Path]:
    """Write the images of all shots into `folder`; return those that were not there."""
    new = [(folder / file, shipped(image)) for file, image in files() if not (folder / file).exists()]
    for target, source in new:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    return [target for target, _ in new]


def files() -> list[tuple[str, str]]:
    """Return each file within the data folder, with the shipped image that it is a copy of."""
    return [pair for shot in SHOTS for pair in zip(shot.files, shot.images, strict=True)]


def shipped(image: str) -> Path:
    """Return the path of an image that is part of the installed scikit-image."""
    spec = find_spec("skimage")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "data" / image
