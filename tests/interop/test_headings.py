"""What programs ask of the attributes of a heading: here and in DataJoint they get the same answers."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from tests.interop.peers import Peer
from tests.interop.pipelines import CLASSIC, present

import labwright as lw
from labwright.core.types import Type
from labwright.tables.project import Project

ANY: Final = "name in_key nullable autoincrement uuid json".split()
FLAGS: Final = [*ANY, *"comment numeric string is_blob is_attachment is_filepath is_external".split()]
ASKED: Final = """
def told(table):
    return {
        name: {flag: getattr(a, flag) for flag in FLAGS} | {"type": str(a.type), "default": a.default}
        for name, a in table.heading.attributes.items()
    }
None
"""
ALIKE: Final = {"tinyint(1)": "tinyint", "year(4)": "year", "current_timestamp()": "CURRENT_TIMESTAMP"}
"""What servers say otherwise."""


@pytest.mark.parametrize("backend", ["mysql"], indirect=True)
def test_the_classic_generation(classic_peer: Peer, backend: str, prefix: str, project: Project) -> None:
    """But for a year, which is a number here, as it is when it is fetched."""
    name = f"{prefix}lab"
    classic_peer.run("import numpy\n" + CLASSIC, schema_name=name)
    for table, theirs, ours in both(classic_peer, FLAGS, name):
        for attribute, found in theirs.items():
            if attribute == "year_":
                found |= {"numeric": True, "string": False}
            assert plain(ours[attribute]) == plain(found), (table, attribute)


@pytest.mark.parametrize("backend", ["postgres", "mysql"], indirect=True)
def test_the_present_generation(peer: Peer, backend: str, prefix: str, project: Project) -> None:
    """Types and defaults are those of the server there, and those of the definition here."""
    name = f"{prefix}lab"
    peer.run("import numpy\n" + present(backend), schema_name=name)
    for _, theirs, ours in both(peer, ANY, name):
        assert {n: {f: a[f] for f in ANY} for n, a in ours.items()} == {
            n: {f: bool(a[f]) if a[f] is None else a[f] for f in ANY} for n, a in theirs.items()
        }


def both(peer: Peer, flags: list[str], name: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """What both tell of the same tables."""
    module = lw.VirtualModule("theirs", name)
    peer.run(ASKED, FLAGS=flags)
    for table in ("Species", "Subject", "Litter", "Scan"):
        yield table, peer.run(f"told({table})"), told(getattr(module, table))


def told(table: Any) -> dict[str, Any]:
    return {
        name: {flag: getattr(a, flag) for flag in FLAGS} | {"type": str(a.type), "default": a.default}
        for name, a in table.heading.attributes.items()
    }


def plain(found: dict[str, Any]) -> dict[str, Any]:
    """Without what servers spell otherwise."""
    text = None if found["default"] is None else found["default"].strip("\"'")
    type_ = "".join(found["type"].split())
    return found | {"type": ALIKE.get(type_, type_), "default": ALIKE.get(text or "", text)}


def test_types_and_defaults_are_texts_and_more(prefix: str, project: Project) -> None:
    schema = lw.Schema(f"{prefix}lab")

    @schema
    class Mouse(lw.Manual):
        definition = """
        mouse : int auto_increment
        ---
        mass = 5 : smallint unsigned
        sex = "U" : enum("F", "U")
        born = null : date
        raw = null : longblob
        """

    heading: Any = Mouse.heading
    mass, sex = heading["mass"], heading.attributes["sex"]
    assert re.match("smallint", mass.type)
    assert (mass.type.kind, mass.type == Type("uint16")) == ("uint16", True)
    assert (int(mass.default), mass.default.kind, sex.default, heading["born"].default) == (5, "literal", '"U"', "null")
    assert json.loads(json.dumps([mass.type, mass.default])) == ["smallint unsigned", "5"]
    assert pickle.loads(pickle.dumps(mass)).type == mass.type
    assert heading["mouse"].type == "int"
    assert heading["mouse"].default is None
    assert heading.non_blobs == ["mouse", "mass", "sex", "born"]
    double: Any = Mouse.proj(double="mass * 2", other="mass").heading
    assert double.new_attributes == ["double"]
    assert double["double"].attribute_expression == "mass * 2"
    assert double["other"].attribute_expression is None
