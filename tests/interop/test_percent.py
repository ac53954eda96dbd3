"""A percent sign in a text that computes is written twice in DataJoint, where the driver sees a placeholder else."""

from __future__ import annotations

from typing import Any, Final

import pytest
from tests.interop.peers import Peer

import labwright as lw
from labwright.tables.project import Project

LAB: Final = """
schema = dj.Schema(schema_name)

@schema
class Visit(dj.Manual):
    definition = '''
    visit : int
    ---
    at : datetime
    name : varchar(8)
    '''

Visit.insert([(1, "2024-01-31 10:00:00", "a%"), (2, "2024-02-29 11:00:00", "b")])
None
"""
PEER: Final = "Visit.proj({}).fetch(as_dict=True, order_by='visit')"
BOTH: Final = ("x=\"concat(name, '%%')\"", "x='visit %% 2'", "x=\"name like 'a%%'\"")
OURS: Final = ("x=\"concat(name, '%')\"", "x='visit % 2'", "x=\"name like 'a%'\"")
MONTHS: Final = "x=\"date_format(at, '%%Y-%%m')\""


def check(peer: Peer, texts: tuple[str, ...], visit: Any) -> None:
    for text in texts:
        (name, expression), *_ = eval(f"dict({text})").items()
        found = visit.proj(**{name: expression}).to_dicts(order_by="KEY")
        assert found == peer.run(PEER.format(text)), text


@pytest.mark.parametrize("backend", ["postgres", "mysql"], indirect=True)
def test_the_present_generation(peer: Peer, backend: str, prefix: str, project: Project) -> None:
    peer.run(LAB, schema_name=f"{prefix}lab")
    check(peer, BOTH if backend == "postgres" else (*BOTH, MONTHS), lw.virtual_schema(f"{prefix}lab").Visit)


@pytest.mark.parametrize("backend", ["mysql"], indirect=True)
def test_the_classic_generation(classic_peer: Peer, backend: str, prefix: str, project: Project) -> None:
    classic_peer.run(LAB, schema_name=f"{prefix}lab")
    check(classic_peer, (*BOTH, MONTHS), lw.virtual_schema(f"{prefix}lab", generation="classic").Visit)


@pytest.mark.parametrize("generation", ["2", "classic"])
def test_once_is_enough_here(generation: Any, prefix: str, project: Project) -> None:
    names: dict[str, Any] = {"dj": lw, "schema_name": f"{prefix}lab"}
    exec(LAB.replace("(schema_name)", f"(schema_name, generation={generation!r})"), names)
    visit = names["Visit"]
    for twice, once in zip(BOTH, OURS, strict=True):
        assert rows(visit, twice) == rows(visit, once)
    assert [r["x"] for r in rows(visit, MONTHS)] == ["2024-01", "2024-02"]
    assert [r["x"] for r in rows(visit, BOTH[0])] == ["a%%", "b%"]
    months = lw.U("x").aggr(visit.proj("name", x="date_format(at, '%%m')"), n="sum(name like 'a%%')")
    assert [(r["x"], r["n"]) for r in months.to_dicts(order_by="x")] == [("01", 1), ("02", 0)]
    assert len(visit & "name like 'a%%'") == len(visit & "name like 'a%'") == 1


def rows(visit: Any, text: str) -> Any:
    return visit.proj(**eval(f"dict({text})")).to_dicts(order_by="KEY")
