"""DataJoint alters a table while Labwright has it open, and the other way round: both go on."""

from __future__ import annotations

from typing import Any, Final

import pytest
from tests.interop.peers import Peer

import labwright as lw
from labwright.tables.project import Project

CODE: Final = '''
schema = dj.Schema(schema_name)

@schema
class Mouse(dj.Manual):
    definition = """
    mouse : int
    ---
    mass = null : int
    name = 'x' : varchar(4)
    """
'''
ALTERED: Final = """
mouse : int
---
grams = null : varchar(9)   # {mass} as weighed
name = 'x' : varchar(20)
cage = 7 : smallint
"""
BY_PEER: Final = """
Mouse.definition = definition
Mouse().alter(prompt=False)
"""


def check(peer: Peer, fetched: str, ours: dict[str, Any]) -> None:
    mice = ours["Mouse"]
    mice.insert([(n, 10 * n, f"m{n}") for n in (1, 2, 3)])
    some = mice & [{"mouse": 1}, {"mouse": 2}] & "name <> 'm1'"
    assert mice.fetch("mass", order_by="KEY").tolist() == [10, 20, 30]
    peer.run(BY_PEER, definition=ALTERED)
    assert some.to_dicts() == [{"mouse": 2, "grams": "20", "name": "m2", "cage": 7}]
    mice.insert1({"mouse": 4, "grams": "heavy", "name": "more than four"})
    mice.update1({"mouse": 1, "cage": 9})
    assert len(mice & "cage = 7") == 3
    assert peer.run(fetched)[3] == {"mouse": 4, "grams": "heavy", "name": "more than four", "cage": 7}


@pytest.mark.parametrize("backend", ["mysql"], indirect=True)
def test_the_present_generation_alters(peer: Peer, backend: str, prefix: str, project: Project) -> None:
    peer.run(CODE, schema_name=f"{prefix}lab")
    ours: dict[str, Any] = {"dj": lw, "schema_name": f"{prefix}lab"}
    exec(CODE, ours)
    check(peer, "Mouse.to_dicts(order_by='mouse')", ours)


@pytest.mark.parametrize("backend", ["mysql"], indirect=True)
def test_the_classic_generation_alters(classic_peer: Peer, backend: str, prefix: str, project: Project) -> None:
    classic_peer.run(CODE, schema_name=f"{prefix}lab")
    ours: dict[str, Any] = {"dj": lw, "schema_name": f"{prefix}lab"}
    exec(CODE.replace("(schema_name)", "(schema_name, generation='classic')"), ours)
    check(classic_peer, "Mouse.fetch(as_dict=True, order_by='mouse')", ours)
