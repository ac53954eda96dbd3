"""What the specifications of the ELN file format and of RO-Crate 1.1 demand of a file."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
PROFILE = "https://w3id.org/ro/crate/1.1"


def broken(data: bytes, name: str) -> list[str]:
    """The rules that a file breaks."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    roots = {n.split("/", 1)[0] for n in archive.namelist()}
    if archive.testzip() is not None or len(roots) != 1:
        return ["a zip file with one folder at its root"]
    root = roots.pop()
    found = [] if root == name else ["the folder has the name of the archive"]
    metadata = f"{root}/ro-crate-metadata.json"
    if metadata not in archive.namelist():
        return [*found, "the folder has ro-crate-metadata.json"]
    return [*found, *_of_metadata(json.loads(archive.read(metadata)), archive, root)]


def _of_metadata(crate: dict[str, Any], archive: zipfile.ZipFile, root: str) -> Iterator[str]:
    if crate.get("@context") != CONTEXT:
        yield "the context is that of RO-Crate 1.1"
    graph = crate["@graph"]
    nodes = {node["@id"]: node for node in graph}
    if len(nodes) != len(graph):
        yield "every identifier is there once"
    descriptor = nodes.get("ro-crate-metadata.json", {})
    told = {name: descriptor.get(name) for name in ("@type", "about", "conformsTo")}
    if told != {"@type": "CreativeWork", "about": {"@id": "./"}, "conformsTo": {"@id": PROFILE}}:
        yield "the descriptor is about the root and conforms to RO-Crate 1.1"
    missing = {"name", "description", "datePublished", "license", "hasPart"} - set(nodes.get("./", {}))
    yield from (f"the root has {needed}" for needed in sorted(missing))
    known = {*nodes, PROFILE}
    yield from (f"{reference} is described" for reference in _references(graph) if reference not in known)
    reached = set(_parts(nodes, "./"))
    files = {n for n in archive.namelist() if not n.endswith(("/", "ro-crate-metadata.json"))}
    for node in graph:
        if node["@type"] == "File":
            yield from _of_file(node, archive, root, reached)
            files.discard(f"{root}/{unquote(node['@id']).removeprefix('./')}")
        elif node["@type"] == "Dataset" and node["@id"] != "./" and node["@id"] not in reached:
            yield f"{node['@id']} is a part of the root"
    yield from (f"{name} is described" for name in files)


def _of_file(node: dict[str, Any], archive: zipfile.ZipFile, root: str, reached: set[str]) -> Iterator[str]:
    path = f"{root}/{unquote(node['@id']).removeprefix('./')}"
    if path not in archive.namelist():
        yield f"{path} is in the archive"
        return
    data = archive.read(path)
    if node.get("sha256") != hashlib.sha256(data).hexdigest() or node.get("contentSize") != str(len(data)):
        yield f"{path} has the size and hash that are told"
    if node["@id"] not in reached or not node.get("name") or not node.get("encodingFormat"):
        yield f"{path} has a name and a type, and is a part"


def _references(thing: Any) -> Iterator[str]:
    if isinstance(thing, dict):
        if set(thing) == {"@id"}:
            yield thing["@id"]
        for value in thing.values():
            yield from _references(value)
    elif isinstance(thing, list):
        for value in thing:
            yield from _references(value)


def _parts(nodes: dict[str, Any], id_: str) -> Iterator[str]:
    for part in nodes.get(id_, {}).get("hasPart", []):
        yield part["@id"]
        yield from _parts(nodes, part["@id"])
