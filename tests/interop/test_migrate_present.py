"""Tables that DataJoint has made are altered by Labwright, and DataJoint goes on with them."""

from __future__ import annotations

import pytest
from tests.interop.peers import Peer

import labwright as lw
from labwright.tables.project import Project

THEIRS = """
import datajoint as dj
schema = dj.Schema(schema_name)

@schema
class Mouse(dj.Manual):
    definition = '''
    mouse_id : int32
    ---
    mass = null : float64  # in grams
    '''

@schema
class Scan(dj.Computed):
    definition = '''
    -> Mouse
    ---
    n : int32
    '''

    class Frame(dj.Part):
        definition = '''
        -> master
        frame : int32
        ---
        image : <blob>
        '''

Mouse.insert([(1, 20.5), (2, None)])
Scan.insert([(1, 7)], allow_direct_insert=True)
Scan.Frame.insert([(1, 1, [1, 2, 3])], allow_direct_insert=True)
"""
AFTER = """
import datajoint as dj
schema = dj.Schema(schema_name)
animals = dj.VirtualModule("animals", schema_name)
"""


@pytest.mark.parametrize("backend", ["postgres", "mysql"], indirect=True)
def test_a_pipeline_of_the_peer_is_altered_and_read_by_it(peer: Peer, prefix: str, project: Project) -> None:
    name = f"{prefix}lab"
    peer.run(THEIRS, schema_name=name)
    schema = lw.Schema(name, connection=project)

    @schema
    class Mouse(lw.Manual):
        definition = """
        animal : int64  # {mouse_id}
        site = "here" : varchar(8)
        ---
        weight = null : float64  # {mass} in grams
        """

    assert Mouse.alter(prompt=False)
    assert not Mouse.alter(prompt=False)
    assert Mouse.to_dicts()[0] == {"animal": 1, "site": "here", "weight": 20.5}
    assert not [n for n in project.database.tables(name)["mouse"].hidden if n.startswith("_since")]

    peer.forget()
    peer.run(AFTER, schema_name=name)
    peer.run("animals.Mouse.insert1((3, 'there', 1.5))")
    assert peer.run("animals.Mouse.to_dicts()")[2] == {"animal": 3, "site": "there", "weight": 1.5}
    assert peer.run("(animals.Mouse * animals.Scan).to_dicts()") == [
        {"animal": 1, "site": "here", "weight": 20.5, "n": 7}
    ]
    (frame,) = peer.run("animals.Scan.Frame.to_dicts()")
    assert list(frame["image"]) == [1, 2, 3]


CLASSIC = """
import datajoint as dj
schema = dj.schema(schema_name)

@schema
class Mouse(dj.Manual):
    definition = '''
    mouse_id : int unsigned
    ---
    trace = null : longblob
    '''

Mouse.insert([(1, [1, 2]), (2, None)])
"""


@pytest.mark.parametrize("backend", ["mysql"], indirect=True)
def test_a_pipeline_of_the_classic_peer_stays_one(classic_peer: Peer, prefix: str, project: Project) -> None:
    name = f"{prefix}lab"
    classic_peer.run(CLASSIC, schema_name=name)
    schema = lw.Schema(name, connection=project, generation="classic")

    @schema
    class Mouse(lw.Manual):
        definition = """
        animal : int unsigned  # {mouse_id}
        ---
        note = "" : varchar(20)
        trace = null : longblob
        """

    assert Mouse.alter(prompt=False)
    assert not Mouse.alter(prompt=False)
    classic_peer.forget()
    classic_peer.run("animals = dj.create_virtual_module('animals', schema_name)", schema_name=name)
    first, second = classic_peer.run("animals.Mouse.fetch(as_dict=True)")
    assert (first["animal"], first["note"], list(first["trace"])) == (1, "", [1, 2])
    assert second["trace"] is None
