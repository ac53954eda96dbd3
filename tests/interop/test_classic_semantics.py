"""The same expressions in DataJoint 0.14.6 and in the classic generation here: keys, attributes, rows, refusals."""

from __future__ import annotations

from typing import Any

import pytest
from tests.interop.peers import Peer

import labwright as lw
from labwright.tables.project import Project
from labwright.testing.equality import identical

pytestmark = pytest.mark.parametrize("backend", ["mysql"], indirect=True)

LAB = '''
import datajoint as dj
schema = dj.schema(schema_name)

@schema
class Rig(dj.Lookup):
    definition = """
    rig : varchar(8)
    ---
    maker : varchar(8)
    price : int
    """
    contents = [("blue", "acme", 5), ("red", "bolt", 7), ("old", "acme", 0)]

@schema
class Subject(dj.Manual):
    definition = """
    subject : int
    ---
    -> Rig
    -> [nullable] Rig.proj(spare="rig")
    weight = null : double
    """

@schema
class Session(dj.Manual):
    definition = """
    -> Subject
    session : int
    ---
    maker : varchar(8)
    score : int
    """

@schema
class Scan(dj.Manual):
    definition = """
    -> Session
    scan : int
    ---
    depth = 10 : int
    """

Subject.insert([(1, "blue", "red", 20.5), (2, "red", None, None), (3, "red", "red", 18.0)])
Session.insert([(1, 1, "acme", 3), (1, 2, "bolt", 5), (2, 1, "acme", 4)])
Scan.insert([(1, 1, 1, 10), (1, 1, 2, 20), (2, 1, 1, 30)])
None
'''

EXPRESSIONS = [
    "Subject * Session",
    "Session * Subject",
    "Subject.proj() * Session",
    "Subject.proj('rig') * Rig",
    "Subject.proj('rig') * Rig.proj('maker')",
    "Rig * Subject.proj('rig')",
    "Rig * Session",
    "Rig * Session.proj('score')",
    "Rig @ Session",
    "Rig @ Session.proj('maker')",
    "Rig ^ Session",
    "Rig & Session",
    "Rig - Session",
    "Rig & Session.proj('score')",
    "Rig & Subject",
    "Rig - Subject",
    "Rig & Subject.proj(rig='spare')",
    "Rig - Subject.proj(rig='spare')",
    "(Subject & 'weight > 19') * Scan",
    "Subject - Session",
    "Subject - 'weight > 19'",
    "Subject & 'weight is null'",
    "Subject & [{'subject': 1}, {'subject': 3}]",
    "Subject & {'subject': 1, 'nothing': 4}",
    "Subject & []",
    "Subject - []",
    "Subject & {}",
    "Subject & dj.AndList(['subject > 1', 'weight < 19'])",
    "Subject & dj.Not('subject > 1')",
    "Subject & Session.fetch('KEY')",
    "Subject & dj.U('rig')",
    "Subject.aggr(Session, n='count(*)')",
    "Subject.aggr(Session, n='count(session)', keep_all_rows=True)",
    "Subject.aggr(Session, 'rig', top='max(score)')",
    "Subject.aggr(Session.proj('score'), total='sum(score)', keep_all_rows=True)",
    "Session.aggr(Scan, n='count(*)', deepest='max(depth)')",
    "Subject.aggr(Scan, n='count(*)')",
    "Rig.aggr(Subject.proj('rig'), n='count(*)')",
    "dj.U('maker') & Session",
    "dj.U('maker', 'subject') & Session",
    "dj.U('maker').aggr(Session, n='count(*)')",
    "dj.U().aggr(Session, n='count(*)')",
    "dj.U('maker') * Session",
    "Session * dj.U('maker')",
    "dj.U('score', 'maker') * Session",
    "Session.proj(..., '-score')",
    "Session.proj(mouse='subject')",
    "Session.proj('score', double='score * 2')",
    "Session.proj(again='(score)')",
    "Session.proj(a='subject') * Session.proj(b='subject')",
    "(Subject.proj() * Session.proj('score')) & 'score > 3'",
    "Subject.proj() + Rig.proj(subject='price')",
    "Session.proj('score') + Session.proj('maker')",
    "Session + Session",
    "Session.join(Scan)",
    "Subject.proj().join(Session, left=True)",
    "(Subject & Session) - Scan",
    "Subject & (Session & 'score > 4')",
    "Subject.proj('weight').proj(w='weight').proj()",
]  # fmt: skip

OTHERWISE = {
    "Rig - Subject.proj(rig='spare')": "NOT IN over a NULL excludes every row there; here rows without partner stay",
    "Subject - 'weight > 19'": "a row without weight is not heavier than 19, so it stays here",
    "Subject.aggr(Session, 'rig', top='max(score)')": "an attribute that its key determines may be kept here",
    "Subject.proj().join(Session, left=True)": "the key would be NULL where there is no session, so it is refused here",
}
"""Where the two differ, and why ours is right."""


def number(value: Any) -> Any:
    """Sums of whole numbers are decimals there."""
    return int(value) if type(value).__name__ == "Decimal" else value


def told(query: Any) -> tuple[set[str], set[str], list[dict[str, Any]]]:
    """Key, attributes and rows, the order of none of which means anything."""
    rows = query.fetch(as_dict=True)
    plain = [{n: number(v) for n, v in row.items()} for row in rows]
    return set(query.primary_key), set(query.heading.names), sorted(plain, key=lambda r: repr(sorted(r.items())))


TOLD = """
def told(make):
    try:
        query = make()
        rows = query.fetch(as_dict=True)
    except Exception as error:
        return type(error).__name__
    plain = [{n: int(v) if type(v).__name__ == "Decimal" else v for n, v in row.items()} for row in rows]
    return [
        sorted(query.primary_key), sorted(query.heading.names), sorted(plain, key=lambda r: repr(sorted(r.items())))
    ]
None
"""


def test_expressions_mean_the_same(classic_peer: Peer, prefix: str, project: Project) -> None:
    name = f"{prefix}lab"
    classic_peer.run(LAB, schema_name=name)
    classic_peer.run(TOLD)
    ours = lw.virtual_schema(name, connection=project, generation="classic")
    names = {"dj": lw, **{n: getattr(ours, n) for n in ("Rig", "Subject", "Session", "Scan")}}
    different = {text for text in EXPRESSIONS if not agree(classic_peer, text, names)}
    assert different == OTHERWISE.keys()


def agree(peer: Peer, text: str, names: dict[str, Any]) -> bool:
    """Whether both say the same, or both refuse."""
    expected = peer.run(f"told(lambda: {text})")
    try:
        key, attributes, rows = told(eval(text, dict(names)))
    except lw.errors.LabwrightError:
        return isinstance(expected, str)
    return identical(expected, [sorted(key), sorted(attributes), rows])
