"""API tokens: rights that are lent, never more than there are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.web.accounts.bench import OFFICE, Bench

from labwright.web.accounts.errors import AccountError, LoginError
from labwright.web.roles.grant import Grant
from labwright.web.roles.rights import READING, WRITING
from labwright.web.roles.role import Role, Scope, Verb


def test_a_token_may_do_what_was_lent_to_it_and_its_person_may(here: Bench) -> None:
    tokens = here.accounts.tokens
    text = tokens.create(here.ben, "pipeline", WRITING, OFFICE, schemas=["ben_*", "colony"])
    assert text.startswith("lw_")
    login = here.accounts.by_token(text, OFFICE)
    rights = login.rights()
    assert login.person == here.ben
    assert rights.scope(Verb.INSERT, "ben_ephys", "Spikes") is Scope.ALL
    assert rights.scope(Verb.READ, "colony", "Mouse") is Scope.ALL
    assert rights.scope(Verb.INSERT, "colony", "Mouse") is None  # which Ben may not either
    assert rights.scope(Verb.READ, "other", "Mouse") is None  # which was not lent
    assert rights.scope(Verb.SIGN, "ben_ephys", "Spikes") is None


def test_signing_and_administering_are_never_lent(here: Bench) -> None:
    text = here.accounts.tokens.create(here.ana, "all", frozenset(Verb), OFFICE)
    rights = here.accounts.by_token(text, OFFICE).rights()
    assert {verb for verb in Verb if rights.scope(verb, "lab", "Mouse")} == WRITING
    with pytest.raises(AccountError):
        here.accounts.tokens.create(here.ana, "none", {Verb.ADMINISTER}, OFFICE)


def test_a_token_follows_what_happens_to_its_person(here: Bench) -> None:
    text = here.accounts.tokens.create(here.ben, "pipeline", WRITING, OFFICE)
    here.accounts.people.change(replace(here.ben, role=Role.READER), OFFICE, by="ana")
    assert here.accounts.by_token(text, OFFICE).rights().scope(Verb.INSERT, "ben_ephys", "Spikes") is None


def test_tokens_that_hold_no_more_are_refused_alike(here: Bench) -> None:
    tokens = here.accounts.tokens
    revoked = tokens.create(here.ben, "revoked", READING, OFFICE)
    lasting = tokens.create(here.ben, "short", READING, OFFICE, life=timedelta(hours=1))
    ids = {token.label: token.id for token in tokens.of(here.ben)}
    assert not tokens.revoke(here.ana, ids["revoked"], OFFICE)
    assert tokens.revoke(here.ben, ids["revoked"], OFFICE)
    assert here.accounts.by_token(lasting, OFFICE).person == here.ben
    here.clock.move(hours=1)
    told = set()
    for text in (revoked, lasting, "lw_", "lw_" + "A" * 43, lasting[3:], lasting + "x", "", "\ud800", ids["short"]):
        with pytest.raises(LoginError) as refused:
            here.accounts.by_token(text, OFFICE)
        told.add(str(refused.value))
    assert len(told) == 1
    assert {t.label: t.is_revoked for t in tokens.of(here.ben)} == {"revoked": True, "short": False}


def test_when_a_token_was_last_used(here: Bench) -> None:
    text = here.accounts.tokens.create(here.ben, "pipeline", READING, OFFICE)
    assert here.accounts.tokens.of(here.ben)[0].used is None
    here.clock.move(hours=1)
    here.accounts.by_token(text, OFFICE)
    assert here.accounts.tokens.of(here.ben)[0].used == here.clock.now


@pytest.mark.parametrize(
    ("label", "schemas", "days"),
    [("", ["*"], 1), ("x" * 101, ["*"], 1), ("x", [], 1), ("x", ["*"], 0), ("x", ["*"], 999)],
)
def test_what_is_no_token(here: Bench, label: str, schemas: list[str], days: int) -> None:
    with pytest.raises(AccountError):
        here.accounts.tokens.create(here.ben, label, READING, OFFICE, schemas=schemas, life=timedelta(days=days))


def test_a_secret_of_one_kind_is_none_of_another(here: Bench) -> None:
    session = here.accounts.sessions.open(here.ana, OFFICE)
    token = here.accounts.tokens.create(here.ana, "script", READING, OFFICE)
    invitation = here.accounts.invitations.create(Role.READER, OFFICE, by="ana")
    for text in (token, token[3:], invitation):
        assert here.accounts.by_session(text) is None
    for text in (session, "lw_" + session, "lw_" + invitation):
        with pytest.raises(LoginError):
            here.accounts.by_token(text, OFFICE)
    assert here.accounts.invitations.find(token) is None


def test_grants_of_the_lab_replace_those_of_a_role(here: Bench) -> None:
    grants = here.accounts.grants
    login = here.accounts.by_token(here.accounts.tokens.create(here.ben, "x", WRITING, OFFICE), OFFICE)
    only = Grant(Role.RESEARCHER, None, "colony", "*", WRITING, Scope.LAB, frozenset({"notes"}))
    extra = Grant(None, "ben", "rig", "Run", READING)
    grants.put([only, extra], OFFICE, by="ana")
    assert {only, extra} < set(grants.all())
    rights = login.rights(grants.all())
    assert rights.scope(Verb.UPDATE, "colony", "Mouse") is Scope.LAB
    assert rights.hidden("colony", "Mouse") == {"notes"}
    assert rights.scope(Verb.READ, "rig", "Run") is Scope.ALL
    assert rights.scope(Verb.READ, "ben_ephys", "Spikes") is None
    grants.put([replace(only, verbs=frozenset())], OFFICE, by="ana")
    assert login.rights(grants.all()).scope(Verb.READ, "colony", "Mouse") is None
    grants.take([only], OFFICE, by="ana")
    assert login.rights(grants.all()).scope(Verb.UPDATE, "ben_ephys", "Spikes") is Scope.ALL
    assert [e.event for e in here.accounts.audit.events() if "grant" in e.event].count("take grant") == 1
