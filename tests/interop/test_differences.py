"""Where DataJoint 2.3.5 and Labwright differ on the same rows of the same server, and who is right.

A change of either side fails here: then the page on moving from DataJoint has to change, too.
"""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any, Final

import pytest
from tests.interop.peers import Peer, PeerError

import labwright as lw
from labwright.tables.project import Project
from labwright.testing.equality import identical

DEFINITION: Final = '''
schema = dj.Schema(schema_name)

@schema
class Item(dj.Manual):
    definition = """
    item : int32
    ---
    x = null : int32
    s : varchar(16)
    f = 0 : float32
    ok = 0 : bool
    c = 'ab' : char(4)
    """

@schema
class Visit(dj.Manual):
    definition = """
    -> Item
    visit : int32
    ---
    n : int32
    """

@schema
class Place(dj.Manual):
    definition = """
    place : int32
    ---
    -> [nullable] Item
    """
'''
ITEMS: Final = [
    {"item": 0, "x": None, "s": "a\\b"},
    {"item": 1, "x": 1, "s": "plain", "f": 16777216.0, "ok": True},
    {"item": 2, "x": 2, "s": "50%"},
    {"item": 3, "x": 1, "s": "Zoë"},
]
ITEM_KEYS: Final = "[row['item'] for row in ({}).to_dicts(order_by='item')]"


def keys(query: str) -> str:
    return ITEM_KEYS.format(query)


DIFFERENCES: Final[list[tuple[str, str, str, Any, dict[str, Any]]]] = [
    (
        "a backslash",
        "A text is what it is: the value is bound. DataJoint puts it into the SQL, where PostgreSQL reads two.",
        keys("Item & {'s': 'a\\\\b'}"),
        [0],
        {"postgres": [], "mysql": [0]},
    ),
    (
        "a backslash in SQL",
        "The text of a condition means the same on every database: a backslash escapes, as MySQL has it.",
        keys("Item & r\"s = 'a\\\\b'\""),
        [0],
        {"postgres": [], "mysql": [0]},
    ),
    (
        "subtracting a dict",
        "A - c are the rows that do not meet c. DataJoint leaves out rows that meet any part of it.",
        keys("Item - {'x': 1, 's': 'plain'}"),
        [0, 2, 3],
        {"postgres": [], "mysql": []},
    ),
    (
        "subtracting an AndList",
        "The same.",
        keys("Item - dj.AndList(['item > 0', 'item < 2'])"),
        [0, 2, 3],
        {"postgres": [0], "mysql": [0]},
    ),
    (
        "subtracting what is unknown",
        "By decision 0003 a row meets a condition or it does not; in DataJoint a NULL is in neither half.",
        keys("Item - 'x = 1'"),
        [0, 2],
        {"postgres": [2], "mysql": [2]},
    ),
    (
        "subtracting rows with a NULL",
        "One place without item must not hide all items that have no place.",
        keys("Item - Place"),
        [0, 2, 3],
        {"postgres": [], "mysql": []},
    ),
    (
        "a reference that is NULL",
        "A place without item has no partner among the items.",
        "(Place - Item).to_dicts()",
        [{"place": 2, "item": None}],
        {"postgres": [], "mysql": []},
    ),
    (
        "the count of nothing",
        "By decision 0004 it is 0: nobody visited items 0 and 3.",
        "[r['n'] for r in Item.aggr(Visit, n='count(*)').to_dicts(order_by='item')]",
        [0, 2, 1, 0],
        {"postgres": [1, 2, 1, 1], "mysql": [1, 2, 1, 1]},
    ),
    (
        "a summary of a summary",
        "There are two values of n; DataJoint counts the visits again.",
        "dj.U().aggr(dj.U('n').aggr(Visit, many='count(*)'), kinds='count(*)').fetch1('kinds')",
        2,
        {"postgres": 3, "mysql": 3},
    ),
    (
        "a summary of a slice",
        "A slice of two rows has two; DataJoint forgets that it is one.",
        "dj.U().aggr(Visit & dj.Top(2, 'KEY'), many='count(*)').fetch1('many')",
        2,
        {"postgres": 3, "mysql": 3},
    ),
    (
        "single precision",
        "2**24 is a number of single precision; MySQL prints six digits of it unless it is asked for a double.",
        "(Item & 'item = 1').fetch1('f')",
        16777216.0,
        {"postgres": 16777216.0, "mysql": 16777200.0},
    ),
    (
        "a truth",
        "It is declared as bool.",
        "(Item & 'item = 1').fetch1('ok')",
        True,
        {"postgres": True, "mysql": 1},
    ),
    (
        "a short text",
        "It is what was inserted; PostgreSQL pads it.",
        "(Item & 'item = 1').fetch1('c')",
        "ab",
        {"postgres": "ab  ", "mysql": "ab"},
    ),
    (
        "division",
        "By decision 0005 it is exact, and a float.",
        "(Item & 'item = 1').proj(half='x / 2').fetch1('half')",
        0.5,
        {"postgres": 0, "mysql": Decimal("0.5000")},
    ),
    (
        "the order of NULL",
        "By decision 0005 it comes first.",
        "[row['item'] for row in Item.to_dicts(order_by=['x', 'item'])]",
        [0, 1, 3, 2],
        {"postgres": [1, 3, 2, 0], "mysql": [0, 1, 3, 2]},
    ),
    (
        "the length of a text",
        "It counts characters.",
        "(Item & 'item = 3').proj(n='length(s)').fetch1('n')",
        3,
        {"postgres": 3, "mysql": 4},
    ),
]


@pytest.mark.parametrize("backend", ["postgres", "mysql"], indirect=True)
def test_who_is_right(peer: Peer, backend: str, prefix: str, project: Project) -> None:
    names: dict[str, Any] = {"dj": lw, "schema_name": f"{prefix}lab"}
    exec(DEFINITION, names)
    names["Item"].insert(ITEMS)
    names["Visit"].insert([(1, 1, 5), (1, 2, 5), (2, 1, 6)])
    names["Place"].insert([(1, 1), (2, None)])
    peer.run(DEFINITION, schema_name=f"{prefix}lab")
    for what, _, text, ours, theirs in DIFFERENCES:
        assert identical(eval(text, dict(names)), ours), f"Labwright: {what}"
        assert identical(peer.run(text), theirs[backend]), f"DataJoint: {what}"


UUIDS: Final = '''
schema = dj.Schema(schema_name)

@schema
class Tag(dj.Manual):
    definition = """
    tag : uuid
    ---
    n : int32
    """
'''


@pytest.mark.parametrize("backend", ["postgres", "mysql"], indirect=True)
def test_a_uuid(peer: Peer, backend: str, prefix: str, project: Project) -> None:
    """DataJoint declares it on PostgreSQL, but can neither insert nor fetch it there; Labwright can."""
    peer.run(UUIDS, schema_name=f"{prefix}lab")
    tag = lw.VirtualModule("m", f"{prefix}lab").Tag
    mine, theirs = uuid.UUID(int=1), uuid.UUID(int=2**127)
    tag.insert1((mine, 1))
    assert (tag & {"tag": mine}).fetch1("tag") == mine
    actions = [("Tag.insert1((tag, 2))", "DatatypeMismatch"), ("Tag.to_dicts()", "ValueError")]
    if backend == "postgres":
        for action, failure in actions:
            with pytest.raises(PeerError, match=failure):
                peer.run(action, tag=theirs)
    else:
        peer.run("Tag.insert1((tag, 2))", tag=theirs)
        assert {row["tag"] for row in tag.to_dicts()} == {row["tag"] for row in peer.run("Tag.to_dicts()")}
