"""Diagrams: which tables there are, and how they depend on each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from io import BytesIO
from operator import add, or_
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeAlias, get_args

from labwright.core.errors import LabwrightError, QueryError, did_you_mean
from labwright.define.table import TableId
from labwright.tables.cascade_plan import PartIntegrity
from labwright.tables.diagram_json import to_json
from labwright.tables.diagram_model import DiagramModel, DiagramSource
from labwright.tables.diagram_names import labelled, source_of
from labwright.tables.diagram_rows import (
    DiagramRows,
    EveryRow,
    as_table,
    condition_of,
    deletion,
    downstream,
    rows_of,
    upstream,
)
from labwright.tables.dot import to_dot
from labwright.tables.layout import Direction
from labwright.tables.mermaid import to_mermaid
from labwright.tables.png import to_png
from labwright.tables.project import Project
from labwright.tables.svg import Svg, to_svg
from labwright.tables.svg_style import Theme, stylesheet

Source: TypeAlias = "DiagramSource | ModuleType | Diagram"
"""What a diagram can be made of."""
_WRITERS: Final = {"svg": to_svg, "mmd": to_mermaid, "dot": to_dot, "json": to_json}
_SAME: Final = {"mermaid": "mmd", "gv": "dot"}
_PIXELS: Final = frozenset({"pdf", "jpg", "jpeg", "gif", "webp", "tif", "tiff", "eps", "ps"})


@dataclass(frozen=True, init=False)
class Diagram:
    """Some of the tables of a pipeline, and the references between them.

    A diagram knows all tables around it and shows a choice of them. ``+`` and ``-`` with a number widen the choice
    along the references; ``+``, ``-`` and ``*`` with another diagram, or with anything a diagram can be made of,
    unite, subtract and intersect. Every operator returns a new diagram.

    Parameters
    ----------
    *sources
        Tables, schemas, modules of tables, or other diagrams. A dict among them, such as ``locals()``, tells how tables
        are called: they are labelled as it has them.

    Examples
    --------
    >>> from labwright.tables.diagram_model import DiagramEdge, DiagramNode
    >>> nodes = [DiagramNode(f"lab.{name.lower()}", name, "manual", "lab") for name in ("Subject", "Session", "Scan")]
    >>> edges = [DiagramEdge("lab.subject", "lab.session"), DiagramEdge("lab.session", "lab.scan")]
    >>> lab = Diagram.of_model(DiagramModel.of(nodes, edges))
    >>> list(lab)
    ['lab.subject', 'lab.session', 'lab.scan']
    >>> list(lab.only("lab.session") + 1)
    ['lab.session', 'lab.scan']
    >>> print((lab - lab.only("lab.scan")).make_mermaid().splitlines()[3].strip())
    n0 --- n1
    """

    model: DiagramModel
    shown: frozenset[str]
    folded: frozenset[str]
    rows: DiagramRows | None

    def __init__(self, *sources: Source | Mapping[str, Any], context: Mapping[str, Any] | None = None) -> None:
        given = [s for s in sources if not isinstance(s, Mapping)]
        if not given:
            raise QueryError("A diagram of nothing: give at least one table, schema or module.")
        names: dict[str, Any] = reduce(or_, (dict(s) for s in (*sources, context) if isinstance(s, Mapping)), {})
        whole = reduce(add, map(_diagram, given))
        self._set(labelled(whole.model, names) if names else whole.model, whole.shown, whole.folded, whole.rows)

    @classmethod
    def of_model(
        cls,
        model: DiagramModel,
        shown: Iterable[str] | None = None,
        folded: Iterable[str] = (),
        rows: DiagramRows | None = None,
    ) -> Diagram:
        """Return a diagram of `model` that shows all of it, or the ids `shown`; of these, `folded` are collapsed."""
        chosen = frozenset(model.by_id if shown is None else shown)
        for node in sorted(chosen - model.by_id.keys()):
            raise LabwrightError(f"{node!r} is not in this diagram.{did_you_mean(node, model.by_id)}")
        diagram = object.__new__(cls)
        diagram._set(model, chosen, chosen & frozenset(folded), rows)
        return diagram

    @classmethod
    def from_sequence(cls, sources: Iterable[Source]) -> Diagram:
        """Return the union of the diagrams of `sources`."""
        return cls(*sources)

    @classmethod
    def cascade(cls, table_expr: Any, part_integrity: PartIntegrity = "enforce") -> Diagram:
        """Return what a deletion of the rows `table_expr` would reach, in all schemas.

        Parameters
        ----------
        table_expr : Table
            A table, restricted or not: ``Session & key``.
        part_integrity : {'enforce', 'cascade', 'ignore'}
            As for `delete`: with ``'cascade'``, masters go with their parts.
        """
        model, rows = deletion(as_table(table_expr), part_integrity)
        return cls.of_model(model, rows=rows)

    @classmethod
    def trace(cls, table_expr: Any) -> Diagram:
        """Return what the rows `table_expr` come from: the table, and all that it refers to, in all schemas.

        ``trace[Session]`` are the sessions that one of these rows comes from.
        """
        model, rows = upstream(as_table(table_expr))
        return cls.of_model(model, rows=rows)

    def restrict(self, table_expr: Any) -> Diagram:
        """Return the diagram of the rows that follow from the rows `table_expr`, in the table and all below it.

        A row that refers to several tables has to follow from each of them; so do the rows of a diagram that is
        restricted twice. Tables to which nothing leads stay as they are.
        """
        table = as_table(table_expr)
        rows = downstream(table, map(self._id, self.model.by_id), self.rows)
        return Diagram.of_model(self.model, self.shown, self.folded, rows)

    def counts(self) -> dict[str, int]:
        """Return how many rows the tables shown have, by full name, parents first.

        Of a diagram made by `cascade`, `restrict` or `trace` these rows are counted, and tables to which nothing leads
        are left out; else all rows.
        """
        counted = self._rows.counts(map(self._id, self.topo_sort()))
        name = self._rows.project.database.dialect.full_name
        return {name(id_.schema, id_.name): rows for id_, rows in counted.items()}

    def prune(self) -> Diagram:
        """Return the diagram without the tables that have no rows; as it is now."""
        counted = {str(id_): n for id_, n in self._rows.counts(map(self._id, self._in_order())).items()}
        return self._showing(n for n in self.shown if counted.get(n, 1))

    def __getitem__(self, table: Any) -> Any:
        """The rows of a table that this diagram is about, as an expression.

        The table is given as a class, by its label, as ``schema.table`` or by its full name.
        """
        if isinstance(table, str):
            return rows_of(self._rows, self._id(self._named(table)))
        found = as_table(table)
        return found.restrict(condition_of(self._rows, self._id(self._named(str(found.id)))))

    def _named(self, name: str) -> str:
        plain = name.translate({ord(quote): None for quote in '`"[]'})
        for node in self.model.nodes:
            if node.id in self.shown and plain in (node.id, node.label, f"{node.schema}.{node.label}"):
                return node.id
        known = [self.model[n].label for n in self._in_order()]
        raise QueryError(
            f"There is no table {name!r} in this diagram.{did_you_mean(plain, known)} It has: {', '.join(known)}."
        )

    @property
    def _rows(self) -> DiagramRows:
        if self.rows is None:
            raise QueryError("This diagram is of no database, so it has no rows: make it of a schema or of tables.")
        return self.rows

    def _id(self, node: str) -> TableId:
        schema = self.model[node].schema
        return TableId(schema, node[len(schema) + 1 :])

    def _set(
        self, model: DiagramModel, shown: frozenset[str], folded: frozenset[str], rows: DiagramRows | None
    ) -> None:
        object.__setattr__(self, "model", model)
        object.__setattr__(self, "shown", shown)
        object.__setattr__(self, "folded", folded)
        object.__setattr__(self, "rows", rows)

    def _showing(self, shown: Iterable[str]) -> Diagram:
        return Diagram.of_model(self.model, shown, self.folded, self.rows)

    def __add__(self, other: int | Source) -> Diagram:
        if isinstance(other, int):
            return self._widened(_steps(other, "+"), self.model.graph.children)
        more = _diagram(other)
        # What either side shows unfolded stays unfolded.
        open_ones = (self.shown - self.folded) | (more.shown - more.folded)
        shown = self.shown | more.shown
        return Diagram.of_model(self.model | more.model, shown, shown - open_ones, _rows_of_both(self.rows, more.rows))

    def __sub__(self, other: int | Source) -> Diagram:
        if isinstance(other, int):
            return self._widened(_steps(other, "-"), self.model.graph.parents)
        return self._showing(self.shown - _diagram(other).shown)

    def __mul__(self, other: Source) -> Diagram:
        return self._showing(self.shown & _diagram(other).shown)

    def _widened(self, steps: int, neighbours: Any) -> Diagram:
        shown = front = set(self.shown)
        for _ in range(steps):
            front = {n for node in front for n in neighbours(node)} - shown
            if not front:
                break
            shown = shown | front
        return self._showing(shown)

    def only(self, *ids: str) -> Diagram:
        """Return the diagram that shows the tables `ids` alone."""
        return Diagram.of_model(self.model, ids, self.folded, self.rows)

    def add_parts(self) -> Diagram:
        """Return the diagram that also shows the parts of the masters it shows."""
        return self._showing(self.shown | {node.id for node in self.model.nodes if node.master in self.shown})

    def collapse(self) -> Diagram:
        """Return the diagram with all tables it shows folded: one node for each schema.

        A table that is added afterwards, as by ``Diagram(schema).collapse() + Table``, is shown by itself.
        """
        return Diagram.of_model(self.model, self.shown, self.shown, self.rows)

    def __len__(self) -> int:
        return len(self.shown)

    def __bool__(self) -> bool:
        return bool(self.shown)

    def __contains__(self, item: object) -> bool:
        if isinstance(item, DiagramSource):
            return self.shown.issuperset(item.diagram_nodes())
        return item in self.shown

    def __iter__(self) -> Iterator[str]:
        return iter(self.topo_sort())

    def __reversed__(self) -> Iterator[str]:
        return reversed(self.topo_sort())

    def __repr__(self) -> str:
        return f"Diagram({', '.join(self._in_order())})"

    def topo_sort(self) -> list[str]:
        """Return the ids of the tables shown, parents before children.

        Tables between which there is a path count as dependent even where the diagram does not show its middle.
        """
        return [node for node in self.model.graph.order() if node in self.shown]

    def _in_order(self) -> Iterator[str]:
        return (node for node in self.model.graph.loose_order() if node in self.shown)

    @property
    def drawn(self) -> DiagramModel:
        """What is drawn: the tables shown, with the folded ones as one node for each schema.

        Where rows were chosen, by `cascade`, `restrict` or `trace`, tables are drawn with how many of them they have.
        """
        return self._counted(self.model.only(self.shown)).collapsed(self.folded)

    def _counted(self, model: DiagramModel) -> DiagramModel:
        if self.rows is None or isinstance(self.rows, EveryRow):
            return model
        counted = {str(id_): n for id_, n in self.rows.counts(map(self._id, model.by_id)).items()}
        nodes = (replace(n, status=_rows_text(counted[n.id])) if n.id in counted else n for n in model.nodes)
        return DiagramModel.of(nodes, model.edges)

    def make_svg(
        self, *, direction: Direction = "TB", grouped: bool | None = None, theme: Theme = "auto", styled: bool = True
    ) -> Svg:
        """Return the picture; see `labwright.tables.svg.to_svg`."""
        _check("direction", direction, Direction)
        _check("theme", theme, Theme)
        return to_svg(self.drawn, direction=direction, grouped=grouped, theme=theme, styled=styled)

    @staticmethod
    def stylesheet(theme: Theme = "auto") -> str:
        """Return the style sheet of pictures that are drawn with ``styled=False``.

        Examples
        --------
        >>> "prefers-color-scheme: dark" in Diagram.stylesheet()
        True
        """
        _check("theme", theme, Theme)
        return stylesheet(theme)

    def make_png(self, *, direction: Direction = "TB", zoom: float = 2.0) -> BytesIO:
        """Return the picture in pixels, as a file in memory; `zoom` tells how fine."""
        svg = self.make_svg(direction=direction, theme="light")
        return BytesIO(to_png(svg, zoom=zoom))

    def draw(self) -> Svg:
        """Return the picture; a notebook shows it."""
        return self.make_svg()

    def make_mermaid(self, *, direction: Direction = "TB", grouped: bool = False) -> str:
        """Return the diagram as a Mermaid flowchart."""
        _check("direction", direction, Direction)
        return to_mermaid(self.drawn, direction=direction, grouped=grouped)

    def make_dot(self, *, direction: Direction = "TB", grouped: bool = False) -> str:
        """Return the diagram as DOT text for Graphviz."""
        _check("direction", direction, Direction)
        return to_dot(self.drawn, direction=direction, grouped=grouped)

    def make_json(self) -> str:
        """Return the diagram as JSON text."""
        return to_json(self.drawn)

    def _repr_svg_(self) -> str:
        return self.make_svg()

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"image/svg+xml": str(self.make_svg()), "text/plain": repr(self)}

    def diagram_model(self) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Return everything known here; so a diagram is a source of diagrams itself."""
        return self.model.nodes, self.model.edges

    def diagram_nodes(self) -> frozenset[str]:
        """Return the ids of the tables shown."""
        return self.shown

    def save(self, path: str | Path, format: str | None = None) -> Path:  # noqa: A002 - the name users know
        """Write the diagram to a file and return its path.

        Parameters
        ----------
        path : str or Path
            Where to.
        format : str, optional
            ``svg``, ``png``, ``mmd``, ``dot`` or ``json``; by default the suffix of `path` says it.

        Raises
        ------
        LabwrightError
            The format is none of these, or there can be no such file.
        """
        if not isinstance(path, (str, Path)):
            raise LabwrightError(f"A diagram is saved under a path such as 'lab.svg', not {path!r}.")
        target = Path(path)
        name = (format or target.suffix).lower().lstrip(".")
        writer = _WRITERS.get(_SAME.get(name, name))
        if name != "png" and writer is None:
            raise LabwrightError(_no_format(name, target))
        data = writer(self.drawn).encode() if writer else self.make_png().getvalue()
        try:
            target.write_bytes(data)
        except OSError as error:
            raise LabwrightError(
                f"The diagram cannot be written to {str(target)!r}: {error.strerror or error}."
            ) from error
        return target


def _diagram(given: Source) -> Diagram:
    if isinstance(given, Diagram):
        return given
    source = source_of(given)
    project = getattr(source, "project", None)
    rows = EveryRow(project) if isinstance(project, Project) else None
    return Diagram.of_model(DiagramModel.of(*source.diagram_model()), source.diagram_nodes(), rows=rows)


def _rows_of_both(one: DiagramRows | None, two: DiagramRows | None) -> DiagramRows | None:
    """Of two diagrams together: rows that were chosen count, and not all rows."""
    chosen = list(dict.fromkeys(r for r in (one, two) if r is not None and not isinstance(r, EveryRow)))
    if len(chosen) > 1:
        raise QueryError("The two diagrams are of different rows: choose rows, by restrict(), of the diagram of both.")
    return chosen[0] if chosen else one or two


def _rows_text(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def _steps(number: int, sign: str) -> int:
    if isinstance(number, bool) or number < 0:
        raise QueryError(f"Diagram {sign} {number!r}: give the number of steps as 0, 1, 2, ...")
    return number


def _check(what: str, given: object, valid: Any) -> None:
    if given not in get_args(valid):
        raise LabwrightError(f"The {what} of a diagram is one of {', '.join(get_args(valid))}, not {given!r}.")


def _no_format(name: str, target: Path) -> str:
    valid = "A diagram is saved as .svg, .png, .mmd (Mermaid), .dot or .json"
    if name in _PIXELS:
        svg = target.with_suffix(".svg").name
        return (
            f"{valid}, not as {name!r}. Save it as {svg!r} and open that in a browser to print or copy it, "
            f"or convert it: rsvg-convert -f {name} -o {target.name} {svg}"
        )
    return f"{valid}, not as {name!r}.{did_you_mean(name, _WRITERS)}"
