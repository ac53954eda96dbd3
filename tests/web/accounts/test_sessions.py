"""Sessions: secrets that are new each time, end, and can be ended."""

from __future__ import annotations

import pytest
from tests.web.accounts.bench import ELSEWHERE, OFFICE, PASSWORD, Bench

from labwright.web.accounts.errors import LoginError
from labwright.web.accounts.login import Login
from labwright.web.roles.role import Verb


def opened(here: Bench, secret: str) -> Login:
    login = here.accounts.by_session(secret)
    assert login is not None
    assert login.session is not None
    return login


def test_each_login_gets_a_secret_of_its_own(here: Bench) -> None:
    one, other = (here.accounts.log_in("ana", PASSWORD, caller=OFFICE) for _ in range(2))
    assert one != other
    assert len(one) >= 43
    assert opened(here, one).person == here.ana


def test_a_secret_that_the_server_did_not_make_opens_nothing(here: Bench) -> None:
    """Nobody can put a session into a browser and wait until its owner logs in."""
    planted = "A" * 43
    session = opened(here, here.accounts.log_in("ana", PASSWORD, caller=OFFICE)).session
    assert session is not None
    for wrong in (planted, "", session.id, "lw_" + planted, "\ud800", "x" * 10_000):
        assert here.accounts.by_session(wrong) is None


def test_a_session_ends_when_nothing_is_asked(here: Bench) -> None:
    secret = here.accounts.log_in("ana", PASSWORD, caller=OFFICE)
    for _ in range(3):
        here.clock.move(hours=7)
        assert here.accounts.by_session(secret)
    here.clock.move(hours=8, seconds=1)
    assert here.accounts.by_session(secret) is None


def test_a_session_ends_however_much_is_asked(here: Bench) -> None:
    secret = here.accounts.log_in("ana", PASSWORD, caller=OFFICE)
    for _ in range(27):
        here.clock.move(hours=6)
        assert here.accounts.by_session(secret)
    here.clock.move(hours=6)
    assert here.accounts.by_session(secret) is None


def test_showing_anew_who_one_is_changes_the_secret(here: Bench) -> None:
    old = here.accounts.log_in("ana", PASSWORD, caller=OFFICE)
    here.clock.move(hours=1)
    session = opened(here, old).session
    assert session is not None
    assert not here.accounts.sessions.is_fresh(session)
    with pytest.raises(LoginError):
        here.accounts.reauthenticate(old, "wrong", caller=OFFICE)
    new = here.accounts.reauthenticate(old, PASSWORD, caller=OFFICE)
    assert here.accounts.by_session(old) is None
    renewed = opened(here, new).session
    assert renewed is not None
    assert here.accounts.sessions.is_fresh(renewed)
    assert (renewed.made, renewed.until) == (session.made, session.until)
    here.clock.move(minutes=10)
    assert not here.accounts.sessions.is_fresh(renewed)
    with pytest.raises(LoginError):
        here.accounts.reauthenticate(old, PASSWORD, caller=OFFICE)


def test_sessions_are_listed_and_ended(here: Bench) -> None:
    here.accounts.log_in("ben", PASSWORD, caller=OFFICE)
    first = here.accounts.log_in("ana", PASSWORD, caller=OFFICE)
    here.clock.move(minutes=5)
    second = here.accounts.log_in("ana", PASSWORD, caller=ELSEWHERE)
    listed = here.accounts.sessions.of(here.ana)
    assert [s.caller for s in listed] == [ELSEWHERE, OFFICE]
    assert not here.accounts.sessions.revoke(here.ben, listed[0].id)
    assert here.accounts.sessions.revoke(here.ana, listed[0].id)
    assert here.accounts.by_session(second) is None
    assert here.accounts.by_session(first)
    here.accounts.log_out(first, OFFICE)
    assert here.accounts.by_session(first) is None
    assert len(here.accounts.sessions.of(here.ben)) == 1


def test_who_leaves_is_out_at_once(here: Bench) -> None:
    secret = here.accounts.log_in("ben", PASSWORD, caller=OFFICE)
    token = here.accounts.tokens.create(here.ben, "script", {Verb.READ}, OFFICE)
    here.accounts.deactivate("ben", OFFICE, by="ana")
    assert here.accounts.by_session(secret) is None
    for left in (True, False):
        with pytest.raises(LoginError):
            here.accounts.by_token(token, OFFICE)
        assert here.accounts.by_session(secret) is None
        if left:
            here.accounts.people.change(here.ben, OFFICE, by="ana")
    assert here.accounts.authenticate("ben", PASSWORD, caller=OFFICE) == here.ben


def test_what_has_ended_is_removed(here: Bench) -> None:
    here.accounts.log_in("ana", PASSWORD, caller=OFFICE)
    here.clock.move(days=2)
    here.accounts.log_in("ben", PASSWORD, caller=OFFICE)
    assert here.accounts.tables["Session"]().to_arrays("name").tolist() == ["ben"]
    assert len(here.accounts.tables["Attempt"]()) < 10


def test_a_restart_ends_no_session(here: Bench) -> None:
    secret = here.accounts.log_in("ana", PASSWORD, caller=OFFICE)
    assert here.again().by_session(secret)
