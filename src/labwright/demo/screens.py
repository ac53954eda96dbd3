"""What the app shows of the demo beyond its tables: plots, a dashboard, an action, checks.

They are found because they are declared in the package of the tables. The functions get queries and return data.
"""

from __future__ import annotations

import datetime
from typing import Any, Literal

import labwright as lw
from labwright.demo.picture import show, thinned
from labwright.demo.pipeline import Image, Scan, Segmentation, Session, Sizes, Subject


@lw.plot(Segmentation.Object)
def areas(objects: Any, *, scale: Literal["log", "linear"] = "log", bins: int = 40) -> dict[str, Any]:
    """How large the objects are.

    A histogram for each method, of all objects that are looked at.
    """
    rows = objects.to_pandas()[["area"]].reset_index()
    traces = [
        {"type": "histogram", "name": method, "x": found["area"], "nbinsx": bins, "opacity": 0.7}
        for method, found in rows.groupby("method")
    ]
    axes = {"xaxis": {"title": {"text": "area (pixels)"}}, "yaxis": {"title": {"text": "objects"}, "type": scale}}
    return {"data": traces, "layout": {"barmode": "overlay", **axes}}


@lw.plot(Sizes)
def counts(sizes: Any) -> dict[str, Any]:
    """How many objects there are, by subject and method."""
    rows = sizes.proj("objects").to_dicts(order_by="KEY")
    return {
        "data": {"values": [{name: row[name] for name in ("subject", "method", "objects")} for row in rows]},
        "mark": "bar",
        "encoding": {
            "x": {"field": "subject", "type": "nominal"},
            "y": {"field": "objects", "type": "quantitative", "aggregate": "mean", "title": "objects in a frame"},
            "xOffset": {"field": "method"},
            "color": {"field": "method", "type": "nominal"},
        },
    }


@lw.plot(Segmentation, Image.Frame, per_row=True)
def outlines(segmentation: Any, frames: Any) -> Any:
    """The frame, and what was found in it."""
    from matplotlib.figure import Figure

    labels = thinned(segmentation.fetch1("labels").load())
    figure = Figure(figsize=(8, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes in (left, right):
        show(axes, (frames & segmentation).fetch1("pixels").load())
    right.contour(labels > 0, levels=[0.5], colors="tab:orange", linewidths=0.8)
    return figure


@lw.column(Image)
def megapixels(image: Any) -> str:
    """As many as a frame has."""
    return f"{image['height'] * image['width'] / 1e6:.2f}"


@lw.action(Subject, Session, form="session_date : date\ninstrument = 'camera' : varchar(60)", verb="read")
def begin_session(subjects: Any, sessions: Any, *, session_date: datetime.date, instrument: str = "camera") -> str:
    """Begin a session.

    It gets the next number of the subject.
    """
    key = subjects.rows.fetch1("KEY")
    number = int(max((sessions.rows & key).to_arrays("session"), default=0)) + 1
    sessions.insert([{**key, "session": number, "session_date": session_date, "instrument": instrument}])
    return f"Session {number} has begun."


@lw.check(Session)
def is_not_to_come(session: Any) -> Any:
    """A session has been, or is today."""
    if session["session_date"] > datetime.datetime.now(datetime.UTC).date():
        yield lw.Doubt("session_date", "This day is still to come.")


@lw.check(Scan)
def is_an_image(scan: Any) -> Any:
    """The instrument writes images."""
    if not scan["file"].lower().endswith((".png", ".jpg", ".tif")):
        yield lw.Doubt("file", "The instrument writes .png, .jpg and .tif.")
    if scan["file"].startswith("/"):
        yield lw.Fault("file", "This is a path on one machine: give the path within the data folder.")


frames_have_objects = lw.ranges(Scan, usual={"scan": (1, 500)}, possible={"scan": (1, None)})
found = lw.dashboard("Objects in images", [counts, areas, Sizes], by=["subject", "method"])


@lw.page("About the demo", Subject, Sizes)
def about(subjects: Any, sizes: Any) -> list[Any]:
    """What the demo has found."""
    count = len(subjects)
    return [
        f"There are **{count}** subjects. Three methods look for objects in each frame; the tables fill themselves.",
        subjects,
        "## Frames of which more than 30 % are covered",
        sizes & "covered > 0.3",
        counts,
    ]
