"""DataJoint and Labwright at work on the same tables at the same time: nothing is lost, nothing there twice."""

from __future__ import annotations

from typing import Any, Final

import pytest
from tests.interop.peers import Peer

import labwright as lw
from labwright.tables.project import Project

DEFINITION: Final = '''
schema = dj.Schema(schema_name)

@schema
class Item(dj.Manual):
    definition = """
    item : int
    ---
    who : varchar(16)
    """

@schema
class Double(dj.Computed):
    definition = """
    -> Item
    ---
    twice : int
    """

    class Half(dj.Part):
        definition = """
        -> master
        half : smallint
        ---
        n : int
        """

    def make(self, key):
        self.insert1(dict(key, twice=2 * key["item"]))
        self.Half.insert(dict(key, half=h, n=key["item"]) for h in range(2))

def again(action):
    """Two clients may wait for each other, or one computes what the other deletes: then that one begins anew."""
    for attempt in range(20):
        try:
            return action()
        except Exception as error:
            if attempt == 19 or not any(word in str(error) for word in ("eadlock", "waited for", "Delete blocked")):
                raise

def work(first, who):
    """Insert every other number, take back every fifth of them, populate, rename."""
    for n in range(first, 60, 2):
        again(lambda: Item.insert1({"item": n, "who": who}))
        if n % 5 == 0:
            again(lambda: (Item & {"item": n}).delete())
        if n % 7 == 0:
            Double.populate(suppress_errors=True)
        if n % 3 == 0 and n % 5:
            again(lambda: Item.update1({"item": n, "who": who.upper()}))
'''


def check(theirs: Peer, fetched: str, ours: dict[str, Any]) -> None:
    """Work on both sides at once, finish on one of them, and look at what is there from both."""
    done = theirs.start("work(0, 'peer')")
    with lw.config.override(safemode=False):
        ours["work"](1, "we")
    done()
    ours["Double"].populate()
    theirs.run("Double.populate()")
    items, doubles, halves = ours["Item"], ours["Double"], ours["Double"].Half
    expected: list[dict[str, Any]] = [
        {"item": n, "who": who.upper() if n % 3 == 0 else who}
        for n in range(60)
        if n % 5
        for who in ["we" if n % 2 else "peer"]
    ]
    assert items.to_dicts(order_by="item") == expected
    assert doubles.to_dicts(order_by="item") == [{"item": r["item"], "twice": 2 * r["item"]} for r in expected]
    assert len(halves & "n = item") == 2 * len(expected) == len(halves())
    assert theirs.run(fetched) == expected


@pytest.mark.parametrize("backend", ["postgres", "mysql"], indirect=True)
@pytest.mark.parametrize("declares", ["peer", "labwright"])
def test_with_the_present_generation(peer: Peer, backend: str, declares: str, prefix: str, project: Project) -> None:
    ours: dict[str, Any] = {"dj": lw, "schema_name": f"{prefix}lab"}
    exec(DEFINITION, ours)
    if declares == "labwright":
        ours["schema"].ensure_declared()
    peer.run(DEFINITION, schema_name=f"{prefix}lab")
    check(peer, "Item.to_dicts(order_by='item')", ours)


@pytest.mark.parametrize("backend", ["mysql"], indirect=True)
def test_with_the_classic_generation(classic_peer: Peer, backend: str, prefix: str, project: Project) -> None:
    classic_peer.run(DEFINITION, schema_name=f"{prefix}lab")
    ours: dict[str, Any] = {"dj": lw, "schema_name": f"{prefix}lab"}
    exec(DEFINITION.replace("(schema_name)", "(schema_name, generation='classic')"), ours)
    check(classic_peer, "Item.fetch(as_dict=True, order_by='item')", ours)
