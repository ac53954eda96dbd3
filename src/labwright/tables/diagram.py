"""Diagrams: which tables there are, and how they depend on each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any, Final

from labwright.core.errors import LabwrightError, QueryError, did_you_mean
from labwright.tables.diagram_json import to_json
from labwright.tables.diagram_model import DiagramModel, DiagramSource
from labwright.tables.dot import to_dot
from labwright.tables.layout import Direction
from labwright.tables.mermaid import to_mermaid
from labwright.tables.svg import Svg, to_svg
from labwright.tables.svg_style import Theme

_WRITERS: Final = {"svg": to_svg, "mmd": to_mermaid, "dot": to_dot, "json": to_json}
_SAME: Final = {"mermaid": "mmd", "gv": "dot"}
_PIXELS: Final = frozenset({"png", "pdf", "jpg", "jpeg", "gif", "webp", "tif", "tiff", "eps", "ps"})


@dataclass(frozen=True, init=False)
class Diagram:
    """Some of the tables of a pipeline, and the references between them.

    A diagram knows all tables around it and shows a choice of them. ``+`` and ``-`` with a number widen the choice
    along the references; ``+``, ``-`` and ``*`` with another diagram, or with anything a diagram can be made of,
    unite, subtract and intersect. Every operator returns a new diagram.

    Parameters
    ----------
    *sources
        Tables, schemas, modules of tables, or other diagrams.

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

    def __init__(self, *sources: DiagramSource | Diagram) -> None:
        if not sources:
            raise QueryError("A diagram of nothing: give at least one table, schema or module.")
        whole = reduce(add, map(_diagram, sources))
        self._set(whole.model, whole.shown, whole.folded)

    @classmethod
    def of_model(cls, model: DiagramModel, shown: Iterable[str] | None = None, folded: Iterable[str] = ()) -> Diagram:
        """Return a diagram of `model` that shows all of it, or the ids `shown`; of these, `folded` are collapsed."""
        chosen = frozenset(model.by_id if shown is None else shown)
        for node in sorted(chosen - model.by_id.keys()):
            raise LabwrightError(f"{node!r} is not in this diagram.{did_you_mean(node, model.by_id)}")
        diagram = object.__new__(cls)
        diagram._set(model, chosen, chosen & frozenset(folded))
        return diagram

    @classmethod
    def from_sequence(cls, sources: Iterable[DiagramSource | Diagram]) -> Diagram:
        """Return the union of the diagrams of `sources`."""
        return cls(*sources)

    def _set(self, model: DiagramModel, shown: frozenset[str], folded: frozenset[str]) -> None:
        object.__setattr__(self, "model", model)
        object.__setattr__(self, "shown", shown)
        object.__setattr__(self, "folded", folded)

    def _showing(self, shown: Iterable[str]) -> Diagram:
        return Diagram.of_model(self.model, shown, self.folded)

    def __add__(self, other: int | DiagramSource | Diagram) -> Diagram:
        if isinstance(other, int):
            return self._widened(_steps(other, "+"), self.model.graph.children)
        more = _diagram(other)
        # What either side shows unfolded stays unfolded.
        open_ones = (self.shown - self.folded) | (more.shown - more.folded)
        shown = self.shown | more.shown
        return Diagram.of_model(self.model | more.model, shown, shown - open_ones)

    def __sub__(self, other: int | DiagramSource | Diagram) -> Diagram:
        if isinstance(other, int):
            return self._widened(_steps(other, "-"), self.model.graph.parents)
        return self._showing(self.shown - _diagram(other).shown)

    def __mul__(self, other: DiagramSource | Diagram) -> Diagram:
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
        return Diagram.of_model(self.model, ids, self.folded)

    def add_parts(self) -> Diagram:
        """Return the diagram that also shows the parts of the masters it shows."""
        return self._showing(self.shown | {node.id for node in self.model.nodes if node.master in self.shown})

    def collapse(self) -> Diagram:
        """Return the diagram with all tables it shows folded: one node for each schema.

        A table that is added afterwards, as by ``Diagram(schema).collapse() + Table``, is shown by itself.
        """
        return Diagram.of_model(self.model, self.shown, self.shown)

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
        """What is drawn: the tables shown, with the folded ones as one node for each schema."""
        return self.model.only(self.shown).collapsed(self.folded)

    def make_svg(
        self, *, direction: Direction = "TB", grouped: bool | None = None, theme: Theme = "auto", styled: bool = True
    ) -> Svg:
        """Return the picture; see `labwright.tables.svg.to_svg`."""
        return to_svg(self.drawn, direction=direction, grouped=grouped, theme=theme, styled=styled)

    def draw(self) -> Svg:
        """Return the picture; a notebook shows it."""
        return self.make_svg()

    def make_mermaid(self, *, direction: Direction = "TB", grouped: bool = False) -> str:
        """Return the diagram as a Mermaid flowchart."""
        return to_mermaid(self.drawn, direction=direction, grouped=grouped)

    def make_dot(self, *, direction: Direction = "TB", grouped: bool = False) -> str:
        """Return the diagram as DOT text for Graphviz."""
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
            ``svg``, ``mmd``, ``dot`` or ``json``; by default the suffix of `path` says it.

        Raises
        ------
        LabwrightError
            The format is none of these.
        """
        if not isinstance(path, (str, Path)):
            raise LabwrightError(f"A diagram is saved under a path such as 'lab.svg', not {path!r}.")
        target = Path(path)
        name = (format or target.suffix).lower().lstrip(".")
        writer = _WRITERS.get(_SAME.get(name, name))
        if writer is None:
            raise LabwrightError(_no_format(name, target))
        target.write_text(writer(self.drawn), encoding="utf-8")
        return target


def _diagram(source: DiagramSource | Diagram) -> Diagram:
    if isinstance(source, Diagram):
        return source
    if not isinstance(source, DiagramSource):
        raise QueryError(f"A diagram is made of tables, schemas, modules and diagrams, not of {source!r}.")
    return Diagram.of_model(DiagramModel.of(*source.diagram_model()), source.diagram_nodes())


def _steps(number: int, sign: str) -> int:
    if isinstance(number, bool) or number < 0:
        raise QueryError(f"Diagram {sign} {number!r}: give the number of steps as 0, 1, 2, ...")
    return number


def _no_format(name: str, target: Path) -> str:
    valid = "A diagram is saved as .svg, .mmd (Mermaid), .dot or .json"
    if name in _PIXELS:
        svg = target.with_suffix(".svg").name
        return (
            f"{valid}, not as {name!r}. Save it as {svg!r} and open that in a browser to print or copy it, "
            f"or convert it: rsvg-convert -f {name} -o {target.name} {svg}"
        )
    return f"{valid}, not as {name!r}.{did_you_mean(name, _WRITERS)}"
