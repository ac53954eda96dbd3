"""Databases of old servers keep their character sets: read and written as they are, children made to fit."""

from __future__ import annotations

from typing import Final

import pytest
from tests.interop.comparing import rows_of
from tests.interop.peers import Peer

import labwright as lw
from labwright.core.errors import DataError, QueryError
from labwright.tables.project import Project

pytestmark = pytest.mark.parametrize("backend", ["mysql"], indirect=True)
COLLATIONS: Final = {
    "latin1_swedish_ci": "latin1",
    "latin1_bin": "latin1",
    "utf8mb3_general_ci": "utf8mb3",
    "utf8mb3_unicode_ci": "utf8mb3",
    "utf8mb4_unicode_ci": "utf8mb4",
}
DEFINITION: Final = '''
schema = dj.schema(schema_name)

@schema
class Strain(dj.Manual):
    definition = """
    strain : varchar(30)
    kind : enum('é', 'b')
    ---
    note = '' : varchar(200)   # été
    """

    class Alias(dj.Part):
        definition = """
        -> master
        alias : char(8)
        """
'''


def create(project: Project, name: str, collation: str) -> None:
    project.connection.execute(
        f"CREATE DATABASE `{name}` CHARACTER SET {COLLATIONS[collation]} COLLATE {collation}", write=True
    )


def collations(project: Project, schema: str, table: str) -> dict[str, object]:
    """The collations of the columns that have any."""
    found = project.connection.fetch(
        "SELECT column_name, collation_name FROM information_schema.columns "
        "WHERE table_schema = %s AND table_name = %s AND collation_name IS NOT NULL",
        (schema, table),
    )
    return {name: collation for name, collation in found if not name.startswith("_")}


@pytest.fixture(params=list(COLLATIONS))
def lab(request: pytest.FixtureRequest, classic_peer: Peer, prefix: str, project: Project) -> str:
    """A schema of this collation, with a table that the peer has made and filled."""
    name = f"{prefix}lab"
    create(project, name, request.param)
    classic_peer.run(DEFINITION, schema_name=name)
    classic_peer.run("Strain.insert1(('Zoé', 'é', 'naïve'))\nStrain.Alias.insert1(('Zoé', 'é', 'ü'))")
    return name


def test_rows_go_both_ways(lab: str, classic_peer: Peer, project: Project) -> None:
    theirs = lw.VirtualModule("theirs", lab)
    assert rows_of(theirs.Strain) == [{"strain": "Zoé", "kind": "é", "note": "naïve"}]
    assert theirs.Strain.heading["note"].comment == "été"
    theirs.Strain.insert1(("Ædel", "b", "æøå ÿ"))
    theirs.Strain.Alias.insert1(("Ædel", "b", "ß"))
    theirs.Strain.update1({"strain": "Zoé", "kind": "é", "note": "changé"})
    assert (theirs.Strain & {"strain": "Ædel"}).fetch1("note") == "æøå ÿ"
    assert (theirs.Strain & "note = 'changé'").fetch1("strain") == "Zoé"
    assert len(theirs.Strain * theirs.Strain.Alias) == 2
    assert len(theirs.Strain & [{"strain": "Zoé"}, {"strain": "Ædel"}]) == 2
    assert set(classic_peer.run("Strain.fetch('note').tolist()")) == {"changé", "æøå ÿ"}
    assert (theirs.Strain & {"strain": "Zoé"}).delete(prompt=False) == 1
    assert classic_peer.run("len(Strain()), len(Strain.Alias())") == (1, 1)


def test_a_new_child_repeats_what_its_parent_has(lab: str, classic_peer: Peer, project: Project) -> None:
    """In the same schema, and in one of ours."""
    theirs = lw.VirtualModule("theirs", lab)
    there, elsewhere = lw.Schema(lab), lw.Schema(f"{lab}_ours")
    context = {"Strain": theirs.Strain}

    class Litter(lw.Manual):
        definition = """
        -> Strain
        litter : int32
        ---
        -> [nullable] Strain.proj(father='strain', father_kind='kind')
        """

    class Sale(lw.Manual):
        definition = """
        sale : int32
        ---
        -> Strain
        buyer = null : varchar(40)
        """

    litter, sale = there(Litter, context=context), elsewhere(Sale, context=context)
    litter.insert1({"strain": "Zoé", "kind": "é", "litter": 1, "father": "Zoé", "father_kind": "é"})
    sale.insert1({"sale": 1, "strain": "Zoé", "kind": "é", "buyer": "日本 \N{MOUSE}"})
    parent = collations(project, lab, "strain")
    assert collations(project, lab, "litter") == {
        "strain": parent["strain"],
        "kind": parent["kind"],
        "father": parent["strain"],
        "father_kind": parent["kind"],
    }
    assert collations(project, f"{lab}_ours", "sale")["strain"] == parent["strain"]
    assert len(theirs.Strain * litter * sale.proj("strain", "kind")) == 1
    assert sale.fetch1("buyer") == "日本 \N{MOUSE}"
    classic_peer.run("v = dj.create_virtual_module('v', name)", name=lab)
    assert classic_peer.run("(v.Strain * v.Litter).fetch1('litter')") == 1


def test_text_that_does_not_fit_is_named(lab: str, project: Project) -> None:
    """Where it is written; where it is asked for, nothing can have it."""
    strain = lw.VirtualModule("theirs", lab).Strain
    held = collations(project, lab, "strain")["note"]
    text = "\N{MOUSE}" if str(held).startswith("utf8mb3") else "日本"
    rows = [{"strain": "a", "kind": "b"}, {"strain": "b", "kind": "b", "note": text}]
    if str(held).startswith("utf8mb4"):
        strain.insert(rows)
        assert (strain & {"strain": "b"}).fetch1("note") == text
        return
    with pytest.raises(DataError, match="note") as caught:
        strain.insert(rows)
    assert text in str(caught.value)
    with pytest.raises(DataError, match="note"):
        strain.update1({"strain": "Zoé", "kind": "é", "note": text})
    assert len(strain()) == 1
    if str(held).startswith("latin1"):
        with pytest.raises(QueryError, match="character set"):
            len(strain & {"note": text})
