"""Diagrams as JSON: for the web app, for other tools, and to compare one day's pipeline with another's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Final

from labwright.core.errors import DataError, did_you_mean
from labwright.tables.diagram_model import DiagramEdge, DiagramModel, DiagramNode

_VERSION: Final = 1


def to_json(model: DiagramModel) -> str:
    """Return `model` as JSON text.

    Examples
    --------
    >>> model = DiagramModel.of([DiagramNode("lab.rig", "Rig", "lookup", "lab")], [])
    >>> from_json(to_json(model)) == model
    True
    """
    content = {"version": _VERSION, "nodes": [*map(asdict, model.nodes)], "edges": [*map(asdict, model.edges)]}
    return json.dumps(content, indent=1) + "\n"


def from_json(text: str) -> DiagramModel:
    """Return the model that `to_json` wrote.

    Raises
    ------
    DataError
        The text is not such a model; the message says where.
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise DataError(f"This is not the JSON of a diagram: {error}.") from error
    if not isinstance(content, dict) or content.get("version") != _VERSION:
        raise DataError(f'This is not the JSON of a diagram: an object with "version": {_VERSION} is expected.')
    nodes = [_node(entry, f"nodes[{i}]") for i, entry in enumerate(_entries(content, "nodes"))]
    return DiagramModel.of(nodes, (_edge(entry, f"edges[{i}]") for i, entry in enumerate(_entries(content, "edges"))))


def _entries(content: Mapping[str, Any], name: str) -> list[Any]:
    entries = content.get(name)
    if not isinstance(entries, list):
        raise DataError(f"{name!r} of a diagram is a list, not {entries!r}.")
    return entries


def _node(entry: object, where: str) -> DiagramNode:
    return DiagramNode(**_checked(entry, DiagramNode, where))


def _edge(entry: object, where: str) -> DiagramEdge:
    values = _checked(entry, DiagramEdge, where)
    try:
        values["attributes"] = tuple(map(str, values.get("attributes", ())))
        values["renamed"] = tuple((str(new), str(old)) for new, old in values.get("renamed", ()))
    except (TypeError, ValueError) as error:
        raise DataError(f"{where} of the diagram: attributes are a list of names, renamed a list of pairs.") from error
    return DiagramEdge(**values)


def _checked(entry: object, kind: type[DiagramNode | DiagramEdge], where: str) -> dict[str, Any]:
    """Return the entry as keyword arguments: its names are known, none is missing, and texts are texts."""
    if not isinstance(entry, dict):
        raise DataError(f"{where} of the diagram is an object, not {entry!r}.")
    known = {field.name: field for field in fields(kind)}
    needed = ("id", "label", "tier", "schema") if kind is DiagramNode else ("parent", "child")
    for name in (name for name in entry if name not in known):
        valid = ", ".join(known)
        raise DataError(f"{where} of the diagram has {name!r}; valid are {valid}.{did_you_mean(name, known)}")
    for name in (name for name in needed if name not in entry):
        raise DataError(f"{where} of the diagram has no {name!r}.")
    for name, value in entry.items():
        if not isinstance(value, _json_types(str(known[name].type))):
            raise DataError(f"{where} of the diagram: {name!r} cannot be {value!r}.")
    return dict(entry)


def _json_types(annotation: str) -> tuple[type, ...]:
    if annotation == "bool":
        return (bool,)
    if annotation.startswith("tuple"):
        return (list,)
    return (str, type(None)) if "None" in annotation else (str,)
