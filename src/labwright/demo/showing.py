"""What there is to look at in the app beside the results: a page of the lab book, and computations that fail."""

from __future__ import annotations

import labwright as lw
from labwright.demo.folder import DemoFolder
from labwright.demo.pipeline import Method, Scan, Segmentation
from labwright.demo.report import Report
from labwright.lab.notebook import Notebook

BOOK = "notebook"
KEPT = "labwright_app"
BROKEN = {"method": "sharp", "smooth": -1, "background": 10, "min_area": 30}
"""A method that cannot work: nothing is smoothed by less than nothing."""
COINS = {"subject": "coins"}
TITLE = "Coins merge with their background"
TEXT = """\
**plain** finds one threshold for the whole image, and the corner at the top left is as bright as the coins: three of
them merge with it.

- *coarse* takes the background away first, and finds all 24.
- *fine* follows the vessels of the retina, and breaks coins up.

Somebody has entered a method *sharp*, whose computations fail: it smooths by -1 pixels. Change that to 1 in the table
`Method`, then try the failed ones again on the page *Jobs*.
"""


def prepare(place: DemoFolder, report: Report, project: lw.Project) -> None:
    """Make what there is to look at, unless it is there."""
    Method.insert1(BROKEN, skip_duplicates=True)
    done = Segmentation.populate(reserve_jobs=True, suppress_errors=True)
    report.say("Segmentation", f"{len(Segmentation.jobs.errors)} fail, {done['success_count']} computed now")
    notebook = Notebook(project=project)
    if not notebook.Entry & {"title": TITLE}:
        files = [place.figure] if place.figure.exists() else []
        notebook.write(TITLE, TEXT, files=files, about=[Scan & COINS])
    report.say("Lab book", f"{len(notebook.Entry())} page")


def drop_own(project: lw.Project) -> list[str]:
    """Drop what the app keeps in a database of the demo's own; a lab book stays in which somebody else has written."""
    others = Notebook(project=project).Entry - {"title": TITLE} if BOOK in lw.list_schemas(project) else ()
    found = [name for name in lw.list_schemas(project) if name == KEPT or (name == BOOK and not others)]
    for name in found:
        lw.Schema(name, connection=project, create_schema=False).drop(prompt=False)
    return found
