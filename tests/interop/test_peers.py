from __future__ import annotations

import pytest
from tests.interop.peers import Peer, PeerError


@pytest.mark.parametrize("backend", ["mysql", "postgres"], indirect=True)
def test_a_peer_does_what_it_is_told(peer: Peer) -> None:
    assert peer.run("x = 2\nx + y", y=3) == 5
    assert peer.run("dj.__version__") == "2.3.5"
    assert list(peer.run("dj.conn().query('select 1').fetchall()")) == [(1,)]
    with pytest.raises(PeerError, match="ZeroDivisionError"):
        peer.run("1 / 0")
    waiting = peer.start("x")
    assert waiting() == 2
    peer.forget()
    with pytest.raises(PeerError, match="NameError"):
        peer.run("x")


@pytest.mark.parametrize("backend", ["mysql"], indirect=True)
def test_the_classic_one_is_there_too(classic_peer: Peer) -> None:
    assert classic_peer.run("dj.__version__") == "0.14.6"
    assert classic_peer.run("dj.conn().query('select 1').fetchall()") == ((1,),)
