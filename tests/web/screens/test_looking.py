"""A scientist looks into what a row holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from starlette.types import ASGIApp
from tests.backends.classes import table
from tests.web import seen
from tests.web.conftest import OpenVisits
from tests.web.screens.declared import app_with

import labwright as lw

SCAN = """
scan : int32
---
movie : <npy@>
trace : <npy@>
notes : <attach>
settings : <blob>
"""


@pytest.fixture
def scans(schema: lw.Schema, project: lw.Project, tmp_path: Path) -> None:
    project.config["stores.main"] = {"protocol": "file", "location": str(tmp_path / "store")}
    project.config["stores.default"] = "main"
    notes = tmp_path / "notes.csv"
    notes.write_text("frame,remark\n1,dark\n2,bright\n")
    down, across = np.mgrid[0:96, 0:128]
    movie = np.stack([np.exp(-((down - 48) ** 2 + (across - 40 - 8 * n) ** 2) / 300) for n in range(5)])
    trace = np.sin(np.arange(3000) / 90) * np.exp(-np.arange(3000) / 2000)
    scan = table(schema, "Scan", SCAN)
    scan.insert1({"scan": 1, "movie": movie, "trace": trace, "notes": notes, "settings": {"gain": 2.5, "rois": [1, 2]}})


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.usefixtures("scans")
def test_a_look_inside(schema: lw.Schema, serve: Callable[[ASGIApp], str], visits: OpenVisits) -> None:
    lab, name = visits(serve(app_with(schema, lw.Screens()))), schema.database_name
    page = lab.page
    lab.open(f"/t/{name}.Scan/1")
    page.get_by_role("link", name="movie").first.click()
    lab.check()
    expect(page.get_by_label("axis 0")).to_have_value("2")
    page.get_by_label("axis 0").fill("4")
    page.get_by_role("button", name="Show").click()
    lab.check()
    assert page.get_by_role("img", name="movie of Scan 1").evaluate("e => [e.naturalWidth, e.naturalHeight]") == [
        128,
        96,
    ]
    lab.screenshot("preview")
    for path in seen.HELD:
        lab.look(path.format(s=name))
    expect(page.locator("pre")).to_contain_text("gain: 2.5")
