"""The demo on each database: what it finds agrees with facts and with other programs, and it can be run again."""

from __future__ import annotations

import dataclasses
import datetime
import importlib.util
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console
from scipy import ndimage

import labwright as lw
from labwright import demo
from labwright.demo import instrument, screens
from labwright.demo.folder import DemoFolder
from labwright.demo.pipeline import Image, Method, Scan, Segmentation, Session, Sizes, Subject, objects_by_method
from labwright.demo.steps import open_project

COINS = 24
EIGHT_NEIGHBOURS = np.ones((3, 3))


@dataclasses.dataclass(frozen=True)
class Run:
    """The demo after its first run, in a project that is open."""

    outcome: demo.Outcome
    folder: Path
    database: str | None
    told: str

    def again(self) -> demo.Outcome:
        return demo.run(self.folder, database=self.database, console=silent())


def silent() -> Console:
    return Console(file=io.StringIO(), width=120)


@pytest.fixture
def first(database_url: str, backend: str, tmp_path: Path) -> Iterator[Run]:
    """A first run: on the embedded default, or on a server."""
    folder = tmp_path / "a folder, with 100% #1"
    database = None if backend == "sqlite" else database_url
    demo.clean(folder, database=database, console=silent())
    console = silent()
    outcome = demo.run(folder, database=database, console=console)
    with open_project(DemoFolder(folder), database) if database else lw.Project.open(folder):
        yield Run(outcome, folder, database, console.file.getvalue())  # type: ignore[attr-defined]  # a StringIO
    demo.clean(folder, database=database, console=silent())
    assert not folder.exists()


def test_demo(first: Run) -> None:
    """All in one test, since the demo's schema has one name on a server that all tests share."""
    check_computed(first)
    check_facts()
    check_by_other_means()
    check_sizes()
    check_files(first)
    check_told(first)
    check_screens()
    check_again(first)
    check_more_work(first)


def check_screens() -> None:
    """What the app shows: bars of as many objects as there are, and a session that is begun."""
    drawn = sum(len(trace["x"]) for trace in screens.areas(Segmentation.Object)["data"])
    assert drawn == len(Segmentation.Object)
    assert len(screens.counts(Sizes)["data"]["values"]) == len(Sizes)
    assert screens.outlines(Segmentation & {"subject": "coins", "method": "coarse"}, Image.Frame).axes
    assert [remark.attribute for remark in screens.is_an_image({"file": "/data/x.pdf"})] == ["file", "file"]
    day = datetime.date(2026, 1, 1)
    said = screens.begin_session(lw.Guarded(Subject & {"subject": "coins"}), lw.Guarded(Session), session_date=day)
    assert said == "Session 2 has begun."
    (Session & {"subject": "coins", "session": 2}).delete(prompt=False)


def check_computed(first: Run) -> None:
    assert first.outcome.computed == {"Image": 7, "Segmentation": 27, "Sizes": 27}
    assert len(Image.Frame) == 9
    assert len(first.outcome.results) == 6 * 3
    assert first.outcome.results == objects_by_method().to_dicts(order_by="KEY")


def check_facts() -> None:
    coarse = Sizes & {"method": "coarse"}
    assert (coarse & {"subject": "coins"}).fetch1("objects") == COINS
    row, col = (Segmentation.Object & {"subject": "cell", "method": "coarse"}).fetch1("row", "col")
    pixels = (Image.Frame & {"subject": "cell"}).fetch1("pixels").load()
    assert (row, col) == pytest.approx(np.argwhere(pixels > 128).mean(axis=0), abs=2)


def check_by_other_means() -> None:
    """Objects of the grey images, found with scipy alone."""
    for key in (Segmentation & [{"subject": s} for s in ("cell", "coins", "eye-2")]).keys(order_by="KEY"):
        pixels = (Image.Frame & key).fetch1("pixels").load()
        assert pixels.dtype == np.uint8
        expected = areas(pixels, (Scan & key).fetch1("objects") == "dark", (Method & key).fetch1())
        found = (Segmentation.Object & key).to_arrays("area", order_by="object")
        np.testing.assert_array_equal(found, expected, err_msg=str(key))
        labels = (Segmentation & key).fetch1("labels").load()
        np.testing.assert_array_equal(np.bincount(labels.ravel())[1:], expected)


def areas(pixels: NDArray[np.uint8], dark: bool, method: dict[str, Any]) -> NDArray[np.int64]:
    signal = pixels * (-1.0 if dark else 1.0)
    signal = ndimage.gaussian_filter(signal, method["smooth"], mode="nearest")
    if method["background"]:
        signal = signal - ndimage.gaussian_filter(signal, method["background"], mode="nearest")
    labels, _ = ndimage.label(signal > otsu(signal), EIGHT_NEIGHBOURS)
    found: NDArray[np.int64] = np.bincount(labels.ravel())[1:]
    min_area: int = method["min_area"]
    return found[found >= min_area]


def otsu(signal: NDArray[np.float64]) -> float:
    """The bin after which a cut leaves the least variance within the two classes, as Otsu's paper says."""
    counts, edges = np.histogram(signal, bins=256)
    middles = (edges[1:] + edges[:-1]) / 2
    within = [spread(counts[: i + 1], middles[: i + 1]) + spread(counts[i + 1 :], middles[i + 1 :]) for i in range(255)]
    return float(middles[np.argmin(within)])


def spread(counts: NDArray[np.int64], values: NDArray[np.float64]) -> float:
    """The sum of squared distances from the mean."""
    mean = np.average(values, weights=counts)
    return float((counts * (values - mean) ** 2).sum())


def check_sizes() -> None:
    for sizes in Sizes:
        area = (Segmentation.Object & sizes).to_arrays("area")
        height, width = (Image & sizes).fetch1("height", "width")
        assert sizes["objects"] == len(area)
        assert sizes["covered"] == pytest.approx(area.sum() / (height * width))
        assert sizes["median_area"] == (np.median(area) if len(area) else None)


def check_files(first: Run) -> None:
    for file in Scan.to_arrays("file"):
        image = instrument.shipped(Path(file).name)
        assert (first.folder / "data" / file).read_bytes() == image.read_bytes()
    assert first.outcome.figure.read_bytes().startswith(b"\x89PNG")
    diagram = first.outcome.diagram.read_text(encoding="utf-8")
    assert diagram.startswith("<svg")
    assert all(name in diagram for name in ("Subject", "Image.Frame", "Segmentation", "Sizes"))
    assert (first.folder / "labwright.toml").exists() == (first.database is None)
    stored = [p for p in (first.folder / ".labwright" / "store" / "_schema").rglob("*") if p.is_file()]
    assert sorted(p.suffix for p in stored) == [".npy"] * 9 + [".png"] * 27
    assert sum(p.stat().st_size for p in stored) < 10_000_000


def check_told(first: Run) -> None:
    assert 'objects="count(*)"' in first.told
    assert "".join(objects_by_method().make_sql().split()) in "".join(first.told.split())
    assert str(COINS) in first.told
    assert "10 rows of 1,411 pixels: 14,110 bytes were read" in first.told


def check_again(first: Run) -> None:
    before = first.outcome.figure.read_bytes()
    again = first.again()
    assert again.computed == {"Image": 0, "Segmentation": 0, "Sizes": 0}
    assert again.results == first.outcome.results
    assert again.figure.read_bytes() == before


def check_more_work(first: Run) -> None:
    """A new method is work for all frames, and what came before stays."""
    try:
        Method.insert1({"method": "finest", "smooth": 0, "background": 5, "min_area": 10})
        assert first.again().computed == {"Image": 0, "Segmentation": 9, "Sizes": 9}
    finally:
        (Method & {"method": "finest"}).delete(prompt=False)
    assert len(Sizes) == 27


def test_clean_leaves_what_is_not_its_own(tmp_path: Path) -> None:
    demo.run(tmp_path, console=silent())
    notes = tmp_path / "data" / "notes.txt"
    notes.write_text("mine")
    with lw.Project.open(tmp_path):
        other = lw.Schema("mine")

        @other
        class Thing(lw.Manual):
            definition = """
            thing : int32
            """

        Thing.insert1({"thing": 1})
    demo.clean(tmp_path, console=silent())
    assert notes.read_text() == "mine"
    assert sorted(p.name for p in tmp_path.iterdir()) == [".labwright", "data", "labwright.toml"]
    with lw.Project.open(tmp_path):
        assert lw.list_schemas() == ["mine"]
        assert len(Thing) == 1


def test_settings_of_others_stay(tmp_path: Path) -> None:
    settings = tmp_path / "labwright.toml"
    settings.write_text("safemode = false\n")
    demo.run(tmp_path, console=silent())
    demo.clean(tmp_path, console=silent())
    assert settings.read_text() == "safemode = false\n"


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known: Callable[..., Any] = importlib.util.find_spec
    monkeypatch.setattr(instrument, "find_spec", lambda name: None if name == "skimage" else known(name))
    with pytest.raises(lw.errors.MissingPackageError, match=r"needs skimage.*pip install 'labwright\[demo\]'"):
        demo.run(tmp_path / "new", console=silent())
    assert not (tmp_path / "new").exists()
