"""The pipeline as a picture: drawn once for what a person may see, and filled in with how tables stand."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup, escape

import labwright as lw
from labwright.web.desk.jobs.status import statuses

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk
    from labwright.web.desk.jobs.board import Standing
    from labwright.web.desk.sheet import Sheet

LARGE: Final = 300
"""Of more tables each schema is one node, until somebody opens it."""
ROOM: Final = "000,000 of 000,000"
"""So much room has what stands below a name."""
MARK: Final = "\ue000"
"""Stands around the number of a text that is filled in; taken out of what people have written."""
_PLACE: Final = re.compile(f"{MARK}(\\d+){MARK}[^<]*")


@dataclass(frozen=True)
class Links:
    """Where nodes lead.

    Parameters
    ----------
    table, schema : str
        With ``{}`` for the name.
    """

    table: str
    schema: str


def picture(desk: Desk, schemas: Collection[str], opened: Collection[str], links: Links) -> Markup:
    """The tables that a person may read, as SVG with links; empty where there are none.

    Parameters
    ----------
    desk : Desk
    schemas : collection of str
        Only these; all when there are none.
    opened : collection of str
        Schemas whose tables are shown though there are many.
    links : Links
    """
    sheets = {str(s.table.id): s for s in desk.sheets() if not schemas or s.schema in schemas}
    if not sheets:
        return Markup()
    folded = [i for i, s in sheets.items() if s.schema not in opened] if len(sheets) > LARGE else []
    model = _placed(_visible(desk, sheets).collapsed(folded), sheets, links)
    names = tuple(_names(model, sheets))
    texts = _texts(desk, names)
    return Markup("").join(_filled(_drawn(model), texts))


def _filled(drawn: Sequence[str], texts: Sequence[Markup]) -> Iterator[Markup]:
    for place, piece in enumerate(drawn):
        yield texts[int(piece)] if place % 2 else Markup(piece)  # noqa: S704 - all text in it is escaped where it is drawn


def _visible(desk: Desk, sheets: Mapping[str, Sheet]) -> Any:
    """What the person may know of: tables, and references whose attributes they see."""
    whole = desk.workspace.diagram()
    nodes = [replace(n, tooltip=_about(sheets[n.id])) for n in whole.nodes if n.id in sheets]
    edges = [e for e in whole.edges if e.child in sheets and set(e.attributes) <= set(sheets[e.child].heading)]
    return type(whole).of(nodes, edges)


def _about(sheet: Sheet) -> str:
    comment = sheet.comment.replace(MARK, "")
    return f"{sheet.name}: {comment}" if comment else sheet.name


def _placed(model: Any, sheets: Mapping[str, Sheet], links: Links) -> Any:
    """The same with links, and room for how each stands."""
    nodes = []
    for place, node in enumerate(model.nodes):
        sheet = sheets.get(node.id)
        where = links.schema.format(node.schema) if sheet is None else links.table.format(sheet.name)
        status = "" if node.tier == "part" else f"{MARK}{place}{MARK}{ROOM}"
        nodes.append(replace(node, href=where, status=status))
    return type(model).of(nodes, model.edges)


def _names(model: Any, sheets: Mapping[str, Sheet]) -> Iterator[tuple[str, ...]]:
    """The tables that each node stands for."""
    by_schema: dict[str, list[str]] = {}
    for sheet in sheets.values():
        by_schema.setdefault(sheet.schema, []).append(sheet.name)
    for node in model.nodes:
        yield (sheets[node.id].name,) if node.id in sheets else tuple(by_schema[node.schema])


@lru_cache(maxsize=32)
def _drawn(model: Any) -> tuple[str, ...]:
    """The picture, cut where it says how tables stand: drawing it takes longer than all else."""
    return tuple(_PLACE.split(str(lw.Diagram.of_model(model).make_svg(styled=False))))


def _texts(desk: Desk, names: Collection[tuple[str, ...]]) -> list[Markup]:
    standings = statuses(desk)
    return [_text([standings[n] for n in own if n in standings], len(own)) for own in names]


def _text(standings: Collection[Standing], count: int) -> Markup:
    """How the tables of a node stand, in a few words."""
    told = [s.progress for s in standings if s.progress is not None]
    if not told:
        return _rows(standings, count)
    done, total = sum(t.done for t in told), sum(t.total for t in told)
    return Markup("{} of {}{}").format(short(done), short(total), _worst(standings, told))


def _rows(standings: Collection[Standing], count: int) -> Markup:
    if count > 1:
        return escape(f"{count} tables")
    return escape("".join(f"{short(s.rows)} rows" if s.rows != 1 else "1 row" for s in standings))


def _worst(standings: Collection[Standing], told: Collection[Any]) -> Markup:
    """What matters most of what is not done."""
    stale = sum(s.stale or 0 for s in standings)
    for count, kind, word in (
        (sum(t.error for t in told), "failed", "failed"),
        (sum(t.reserved for t in told), "running", "running"),
        (stale, "stale", "stale"),
    ):
        if count:
            return Markup(' <tspan class="{}">{} {}</tspan>').format(kind, short(count), word)
    return Markup()


def short(number: int) -> str:
    """A number in little room.

    Examples
    --------
    >>> short(12345), short(1_234_567), short(2_000_000_000)
    ('12,345', '1.2 M', '2,000 M')
    """
    if number < 1_000_000:
        return f"{number:,}"
    return f"{number / 1e6:.1f} M" if number < 10_000_000 else f"{number / 1e6:,.0f} M"
