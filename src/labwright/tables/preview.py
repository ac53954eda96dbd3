"""A look at a query: its first rows as text or HTML, never more than are shown."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from labwright.query import expr
from labwright.query.top import count_of
from labwright.tables.config import config
from labwright.tables.fetch import key_order

if TYPE_CHECKING:
    from labwright.core.heading import Heading
    from labwright.tables.query import QueryExpression


def text_preview(query: QueryExpression, limit: int | None = None, width: int | None = None) -> str:
    """The first rows as a table in plain text; key attributes are marked with a star."""
    heading, rows, more = first_rows(query, limit)
    width = count_of("width", width or 0) or int(config["display.width"])
    titles = [("*" if a.in_key else "") + n for n, a in heading.attributes.items()]
    lines = [titles, *([_cell(v, width) for v in row] for row in rows)]
    widths = [min(max(map(len, column)), width) for column in zip(*lines, strict=True)]
    shown = [_line(cells, widths) for cells in lines]
    rule = "+-" + "-+-".join("-" * w for w in widths) + "-+"
    return "\n".join([rule, shown[0], rule, *shown[1:], rule, _footer(len(rows), more)])


def html_preview(query: QueryExpression, limit: int | None = None) -> str:
    """The first rows as an HTML table."""
    heading, rows, more = first_rows(query, limit)
    head = "".join(
        f'<th title="{escape(a.comment)}">{f"<u>{escape(n)}</u>" if a.in_key else escape(n)}</th>'
        for n, a in heading.attributes.items()
    )
    body = "".join("<tr>" + "".join(f"<td>{escape(_cell(v, 60))}</td>" for v in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{_footer(len(rows), more)}</p>"


def first_rows(query: QueryExpression, limit: int | None) -> tuple[Heading, Sequence[Sequence[Any]], bool]:
    """Heading, rows and whether there are more; large values are not read but named by their type."""
    limit = count_of("limit", limit or 0) or int(config["display.limit"])
    node = query.query_node()
    heading = node.heading
    small = [n for n in heading if n not in heading.blobs]
    fetched = query.derive(expr.take(node, key_order(node), limit + 1, 0)).to_dicts_of(small)
    rows = [[row[n] if n in row else f"={heading[n].type}=" for n in heading] for row in fetched[:limit]]
    return heading, rows, len(fetched) > limit


def _footer(shown: int, more: bool) -> str:
    return f"the first {shown} rows" if more else f"{shown} row{'' if shown == 1 else 's'}"


def _cell(value: Any, width: int) -> str:
    text = "" if value is None else str(value).replace("\n", " ")
    return text if len(text) <= width else text[: width - 3] + "..."


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(c[:w].ljust(w) for c, w in zip(cells, widths, strict=True)) + " |"
