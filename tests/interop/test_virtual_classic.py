"""Modules and classes made of a classic database: parts of parts, renamed references, adapters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
from tests.interop.peers import Peer

import labwright as lw
from labwright.tables.project import Project

pytestmark = pytest.mark.parametrize("backend", ["mysql"], indirect=True)
CODE: Final = '''
class Edges(dj.AttributeAdapter):
    attribute_type = "longblob"

    def put(self, obj):
        return sorted(obj)

    def get(self, value):
        return set(value)

edges = Edges()
globals()[adapter] = edges
dj.errors._switch_adapted_types(True)
schema = dj.schema(schema_name)

@schema
class Base(dj.Manual):
    definition = "base : int"

@schema
class Net(dj.Manual):
    definition = """
    -> Base.proj(one="base")
    -> Base.proj(two="base")
    n : int
    ---
    -> [nullable] Base.proj(three="base")
    links = null : <{adapter}>
    """

    class Node(dj.Part):
        definition = """
        -> master
        node : int
        """

    class Port(dj.Part):
        definition = """
        -> Net.Node
        -> Base.proj(four="base")
        """

@schema
class Flow(dj.Computed):
    definition = """
    -> Net.proj(first="one", m="n")
    ---
    flow : float
    """

    class Step(dj.Part):
        definition = """
        -> master
        -> Net.Node.proj(first="one", m="n")
        """

Base.insert([(1,), (2,)])
Net.insert1(dict(one=1, two=2, n=3, three=None, links={(1, 2), (2, 3)}))
Net.Node.insert1((1, 2, 3, 4))
Net.Port.insert1((1, 2, 3, 4, 2))
'''


class Edges(lw.AttributeAdapter):
    attribute_type = "longblob"

    def put(self, obj: Any) -> Any:
        return sorted(obj)

    def get(self, value: Any) -> Any:
        return set(value)


@pytest.fixture
def lab(classic_peer: Peer, prefix: str) -> str:
    name = f"{prefix}lab"
    classic_peer.run(CODE.replace("{adapter}", f"{prefix}edges"), schema_name=name, adapter=f"{prefix}edges")
    return name


@pytest.fixture(autouse=True)
def classic() -> Iterator[None]:
    with lw.config.override(generation="classic"):
        yield


def names(prefix: str) -> dict[str, Any]:
    """What a notebook has: an adapter under the name that the tables know it by, which is this test's own."""
    return {f"{prefix}edges": Edges()}


def test_a_virtual_module(lab: str, prefix: str, project: Project) -> None:
    module: Any = lw.create_virtual_module("module", lab, add_objects=names(prefix))
    assert module.Net.fetch1("links") == {(1, 2), (2, 3)}
    assert issubclass(module.Flow, lw.Computed)
    assert module.Net.Port.master is module.Net
    assert module.Net.Port.fetch(as_dict=True) == [{"one": 1, "two": 2, "n": 3, "node": 4, "four": 2}]
    module.Net.insert1({"one": 2, "two": 2, "n": 1, "links": {(4, 5)}})
    assert (module.Net & "n = 1").fetch1("links") == {(4, 5)}
    assert module.Flow.describe().splitlines()[0] == '-> Net.proj(first="one", m="n")'
    assert module.Flow.Step.describe().splitlines() == ["-> master", '-> Net.Node.proj(first="one", m="n")']


def test_classes_in_a_notebook(lab: str, prefix: str, project: Project) -> None:
    found = names(prefix)
    lw.schema(lab, found).spawn_missing_classes(found)
    assert {"Base", "Net", "Flow"} <= set(found)
    assert found["Net"].fetch1("links") == {(1, 2), (2, 3)}
    assert found["Net"].Port.fetch("four").tolist() == [2]


def test_definitions_declare_the_same_tables(lab: str, prefix: str, project: Project) -> None:
    """What is described is declared anew, in another schema, and described again."""
    module: Any = lw.create_virtual_module("module", lab, add_objects=names(prefix))
    schema = lw.Schema(f"{prefix}anew", {"Base": module.Base, **names(prefix)})
    parts = {n: type(n, (lw.Part,), {"definition": getattr(module.Net, n).describe()}) for n in ("Node", "Port")}
    net: Any = schema(type("Net", (lw.Manual,), {"definition": module.Net.describe(), **parts}))
    flow: Any = type("Flow", (lw.Computed,), {"definition": module.Flow.describe()})
    schema(flow, context={"Net": net})
    moved = net.describe().replace(f"{lab}.", "")
    assert moved == module.Net.describe()
    assert net.Node.describe() == module.Net.Node.describe()
    assert net.Port.describe().replace(f"{lab}.", "") == module.Net.Port.describe()
    assert flow.describe() == module.Flow.describe()


def test_the_peer_describes_the_same(lab: str, classic_peer: Peer, prefix: str, project: Project) -> None:
    """But for blanks."""
    module: Any = lw.create_virtual_module("module", lab, add_objects=names(prefix))
    code = "dj.create_virtual_module('m', name, add_objects={adapter: edges}).Flow.describe(printout=False)"
    theirs = classic_peer.run(code, name=lab, adapter=f"{prefix}edges")
    ours = module.Flow.describe()
    assert ["".join(x.split()) for x in ours.splitlines()] == ["".join(x.split()) for x in theirs.splitlines() if x]
