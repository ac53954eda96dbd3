"""What a diagram can be made of, and how its tables are called where it is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import ModuleType

from labwright.core.errors import QueryError
from labwright.tables.diagram_model import DiagramModel, DiagramSource


def source_of(given: object) -> DiagramSource:
    """A table, a schema or a diagram; for a module its schema."""
    source = getattr(given, "schema", None) if isinstance(given, ModuleType) else given
    if isinstance(source, DiagramSource):
        return source
    if isinstance(given, ModuleType):
        raise QueryError(f"The module {given.__name__!r} has no schema: a diagram takes its name `schema` for one.")
    raise QueryError(f"A diagram is made of tables, schemas, modules and diagrams, not of {given!r}.")


def labelled(model: DiagramModel, context: Mapping[str, object]) -> DiagramModel:
    """The model with tables called as `context` has them: ``Session``, or ``ephys.Session`` where it has the module."""
    names = dict(_names(context))
    nodes = (replace(n, label=_label(names.get(n.id), n.master and names.get(n.master), n.label)) for n in model.nodes)
    return DiagramModel.of(nodes, model.edges)


def _label(own: str | None, masters: str | None, label: str) -> str:
    """A part that has no name of its own goes by that of its master."""
    return own or (f"{masters}.{label.rpartition('.')[2]}" if masters else label)


def _names(context: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    modules = {name: value for name, value in context.items() if isinstance(value, ModuleType)}
    for module_name, module in modules.items():
        yield from ((id_, f"{module_name}.{name}") for id_, name in _tables(vars(module)))
    yield from _tables(context)


def _tables(names: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in names.items():
        if not name.startswith("_") and isinstance(value, type) and getattr(value, "_schema", None) is not None:
            yield from ((id_, name) for id_ in value.diagram_nodes())  # type: ignore[attr-defined]  # a table
