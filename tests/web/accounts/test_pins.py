"""Taking turns at a rig."""

from __future__ import annotations

import pytest
from tests.web.accounts.bench import OFFICE, PASSWORD, Bench

from labwright.web.accounts.errors import AccountError, LoginError
from labwright.web.roles.role import Verb

PIN = "7392"


@pytest.fixture
def rig(here: Bench) -> str:
    here.accounts.pins.set(here.ana, PIN, OFFICE)
    return here.accounts.log_in("ben", PASSWORD, caller=OFFICE, device="rig 1")


def test_a_pin_opens_a_short_session_within_that_of_the_rig(here: Bench, rig: str) -> None:
    secret = here.accounts.pins.switch(rig, "Ana", PIN, OFFICE)
    login = here.accounts.by_session(secret)
    assert login is not None
    assert login.person == here.ana
    assert login.session is not None
    assert not here.accounts.sessions.is_fresh(login.session)
    here.clock.move(minutes=16)
    assert here.accounts.by_session(secret) is None
    assert here.accounts.by_session(rig)


def test_a_pin_is_not_enough_to_administer(here: Bench, rig: str) -> None:
    login = here.accounts.by_session(here.accounts.pins.switch(rig, "ana", PIN, OFFICE))
    assert login is not None
    rights = login.rights()
    assert rights.scope(Verb.INSERT, "lab", "Mouse")
    assert rights.scope(Verb.ADMINISTER, "lab", "Mouse") is None
    assert rights.scope(Verb.DECLARE, "lab", "Mouse") is None


def test_who_came_by_a_pin_signs_with_the_password(here: Bench, rig: str) -> None:
    secret = here.accounts.pins.switch(rig, "ana", PIN, OFFICE)
    with pytest.raises(LoginError):
        here.accounts.reauthenticate(secret, PIN, caller=OFFICE)
    login = here.accounts.by_session(here.accounts.reauthenticate(secret, PASSWORD, caller=OFFICE))
    assert login is not None
    assert login.session is not None
    assert here.accounts.sessions.is_fresh(login.session)


def test_a_pin_opens_nothing_by_itself(here: Bench, rig: str) -> None:
    ordinary = here.accounts.log_in("ben", PASSWORD, caller=OFFICE)
    by_pin = here.accounts.pins.switch(rig, "ana", PIN, OFFICE)
    for no_device in ("", "x", ordinary, by_pin):
        with pytest.raises(LoginError):
            here.accounts.pins.switch(no_device, "ana", PIN, OFFICE)
    with pytest.raises(LoginError):
        here.accounts.authenticate("ana", PIN, caller=OFFICE)


def test_when_the_rig_is_logged_out_all_are(here: Bench, rig: str) -> None:
    secret = here.accounts.pins.switch(rig, "ana", PIN, OFFICE)
    here.accounts.log_out(rig, OFFICE)
    assert here.accounts.by_session(secret) is None


def test_pins_cannot_be_tried_out(here: Bench, rig: str) -> None:
    told = set()
    for name in ("ana", "ben", "nobody"):
        for pin in ("0000", "1111", "2222", "3333", "7391"):
            with pytest.raises(LoginError) as refused:
                here.accounts.pins.switch(rig, name, pin, OFFICE)
            told.add(str(refused.value))
    assert len(told) == 1
    with pytest.raises(LoginError):
        here.accounts.pins.switch(rig, "ana", PIN, OFFICE)
    here.clock.move(minutes=2)
    assert here.accounts.pins.switch(rig, "ana", PIN, OFFICE)


@pytest.mark.parametrize("pin", ["", "12", "1234", "9876", "1111", "abcd", "12a4", "1" * 13, "٣٤٧٩"])
def test_what_is_no_pin(here: Bench, pin: str) -> None:
    with pytest.raises(AccountError, match="PIN"):
        here.accounts.pins.set(here.ana, pin, OFFICE)


def test_who_has_no_pin_any_more(here: Bench, rig: str) -> None:
    here.accounts.pins.remove(here.ana, OFFICE)
    with pytest.raises(LoginError):
        here.accounts.pins.switch(rig, "ana", PIN, OFFICE)
    assert not here.accounts.pins.has(here.ana)
