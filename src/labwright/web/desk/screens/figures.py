"""What plots return, as what a browser draws, with its data as tables for those who do not see it."""

from __future__ import annotations

import base64
import datetime
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal
from uuid import UUID

from labwright.web.desk.refusals import BadRequestError

LARGEST: Final = 32 * 1024 * 1024
"""Bytes of what is sent to be drawn."""
LISTED: Final = 500
"""Rows of the table beside a plot."""
_AXES: Final = ("x", "y", "z", "labels", "values", "r", "theta", "lat", "lon", "text")
_DPI: Final = 110


@dataclass(frozen=True)
class Listing:
    """The data of a figure, or of one line in it."""

    title: str
    names: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Figure:
    """What is drawn.

    Parameters
    ----------
    kind : {'plotly', 'vega', 'image'}
    content : str
        JSON; of an image its ``data:`` address.
    listings : sequence of Listing
    """

    kind: Literal["plotly", "vega", "image"]
    content: str
    listings: Sequence[Listing] = field(default=())


def figure_of(made: Any) -> Figure:
    """Return what a plot has made as what a browser draws.

    Raises
    ------
    BadRequestError
        When it is no figure, or too large to be sent.

    Examples
    --------
    >>> figure_of({"data": [{"y": [1, 2]}]}).listings
    [Listing(title='', names=['y'], rows=[(1,), (2,)])]
    >>> figure_of({"mark": "bar", "data": {"values": [{"a": 1}]}}).kind
    'vega'
    """
    if hasattr(made, "savefig"):
        return Figure("image", _picture(made))
    found = plain(_as_dict(made))
    if not isinstance(found, dict):
        raise BadRequestError(f"A plot returns a figure, and not a value of type {type(made).__name__}.")
    kind: Literal["plotly", "vega"] = "plotly" if isinstance(found.get("data"), list) else "vega"
    content = json.dumps(found, ensure_ascii=False, allow_nan=False)
    if len(content) > LARGEST:
        raise BadRequestError(
            f"The plot has {len(content) >> 20} MB of data, more than can be drawn: choose fewer rows."
        )
    return Figure(kind, content, list(_of_plotly(found) if kind == "plotly" else _of_vega(found)))


def is_figure(made: Any) -> bool:
    """Whether it is something that `figure_of` takes."""
    return isinstance(made, dict) or any(hasattr(made, n) for n in ("savefig", "to_plotly_json", "to_dict"))


def _as_dict(made: Any) -> Any:
    for method in ("to_plotly_json", "to_dict"):
        if hasattr(made, method) and not isinstance(made, dict):
            return getattr(made, method)()
    return made


def _picture(figure: Any) -> str:
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=_DPI)
    if file.tell() > LARGEST:
        raise BadRequestError("The picture is too large to be sent: make it smaller.")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def plain(value: Any) -> Any:
    """Return a value as JSON has it; what is no finite number is null.

    Examples
    --------
    >>> plain({"x": (1, float("nan")), "when": datetime.date(2026, 2, 1)})
    {'x': [1, None], 'when': '2026-02-01'}
    """
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, bool, int)):
        return value
    return _plain_of_others(value)


def _plain_of_others(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(float(value))
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if hasattr(value, "tolist"):  # arrays, numbers of numpy, columns of frames
        return _plain_array(value)
    raise BadRequestError(
        f"A figure is made of numbers, texts and dates, and has a value of type {type(value).__name__}."
    )


def _plain_array(value: Any) -> Any:
    if getattr(getattr(value, "dtype", None), "kind", "") == "M":
        value = value.astype("datetime64[us]")
    return plain(value.tolist())


def _of_plotly(figure: Mapping[str, Any]) -> Iterator[Listing]:
    for trace in figure["data"]:
        columns = {n: trace[n] for n in _AXES if isinstance(trace, dict) and _is_column(trace.get(n))}
        if columns:
            rows = zip(*(column[:LISTED] for column in columns.values()), strict=False)
            yield Listing(str(trace.get("name") or ""), list(columns), list(rows))


def _is_column(found: Any) -> bool:
    return isinstance(found, list) and not any(isinstance(item, (list, dict)) for item in found[:1])


def _of_vega(chart: Mapping[str, Any]) -> Iterator[Listing]:
    named = chart.get("datasets") or {}
    for title, values in (*named.items(), *(("", data) for data in _inline(chart))):
        rows = [row for row in values[:LISTED] if isinstance(row, dict)]
        names = list(dict.fromkeys(name for row in rows for name in row))
        if names:
            yield Listing("" if len(named) < 2 else title, names, [[row.get(name) for name in names] for row in rows])


def _inline(part: Any) -> Iterator[list[Any]]:
    """The values that stand in a chart and in what it is composed of."""
    if isinstance(part, dict):
        data = part.get("data")
        if isinstance(data, dict) and isinstance(data.get("values"), list):
            yield data["values"]
        for name in ("layer", "concat", "hconcat", "vconcat"):
            for inner in part.get(name) or ():
                yield from _inline(inner)
        yield from _inline(part.get("spec"))
