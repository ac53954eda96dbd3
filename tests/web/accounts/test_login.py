"""Names and passwords: who comes in, and what the others learn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest
from argon2 import PasswordHasher
from tests.web.accounts.bench import ELSEWHERE, OFFICE, PASSWORD, Bench

from labwright.core.errors import LabwrightError
from labwright.web.accounts.accounts import Accounts
from labwright.web.accounts.caller import Caller
from labwright.web.accounts.errors import AccountError, LoginError
from labwright.web.accounts.password_policy import check_password, common_passwords
from labwright.web.accounts.person import Person
from labwright.web.roles.role import Role, Verb


def test_who_knows_the_password_comes_in(here: Bench) -> None:
    assert here.accounts.authenticate("ana", PASSWORD, caller=OFFICE) == here.ana
    assert here.accounts.authenticate(" Ana ", PASSWORD, caller=OFFICE) == here.ana


class Counting(PasswordHasher):
    """A hasher that counts what it compares."""

    verified = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - as it is called there
        self.verified += 1
        return super().verify(hash, password)


def test_all_refusals_say_the_same_after_the_same_work(here: Bench) -> None:
    hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
    accounts = Accounts(here.project, schema=here.schema, clock=here.clock, hasher=hasher)
    accounts.people.create(Person("nopassword"), OFFICE, by="test")
    accounts.people.create(Person("left"), OFFICE, by="test")
    accounts.passwords.set(Person("left"), PASSWORD)
    accounts.deactivate("left", OFFICE, by="ana")
    told = set()
    for name, password in [
        ("ana", "wrong"), ("nobody", PASSWORD), ("nopassword", ""), ("left", PASSWORD), ("", ""),
        ("ana", PASSWORD * 1000), ("ana\0", PASSWORD), ("ana' OR 1=1 --", PASSWORD), ("x" * 5000, PASSWORD),
        ("ána", "\ud800"),
    ]:  # fmt: skip
        before = hasher.verified
        with pytest.raises(LoginError) as refused:
            accounts.authenticate(name, password, caller=ELSEWHERE)
        told.add((str(refused.value), hasher.verified - before))
    assert len(told) == 1
    assert next(iter(told))[1] == 1


def test_who_tries_too_often_is_told_nothing_more(here: Bench) -> None:
    told = set()
    for name in ("ana", "nobody"):
        for _ in range(7):
            with pytest.raises(LoginError) as refused:
                here.accounts.authenticate(name, "wrong", caller=ELSEWHERE)
            told.add(str(refused.value))
    assert len(told) == 1
    for name in ("ana", "nobody"):  # not even the right password tells that it is right
        with pytest.raises(LoginError):
            here.accounts.authenticate(name, PASSWORD, caller=ELSEWHERE)


def guesses_until_refused_unseen(here: Bench, accounts: Accounts, caller: Callable[[int], Caller], most: int) -> int:
    """How many guesses at Ana's password are looked at."""
    for count in range(most):
        with pytest.raises(LoginError):
            accounts.authenticate("ana", f"wrong {count}", caller=caller(count))
    events = accounts.audit.events("ana", "login", limit=10_000)
    return sum(event.details.get("reason") == "name or password" for event in events)


def test_guesses_from_many_addresses_are_counted_together(here: Bench) -> None:
    assert guesses_until_refused_unseen(here, here.accounts, lambda i: Caller(f"198.51.100.{i}"), 9) == 5


def test_a_restart_does_not_help(here: Bench) -> None:
    assert guesses_until_refused_unseen(here, here.accounts, lambda _: ELSEWHERE, 4) == 4
    assert guesses_until_refused_unseen(here, here.again(), lambda _: ELSEWHERE, 4) == 5


def test_who_guesses_waits_longer_and_longer(here: Bench) -> None:
    looked_at = 0
    for _ in range(30):
        looked_at = guesses_until_refused_unseen(here, here.accounts, lambda i: Caller(f"198.51.100.{i}"), 2)
        here.clock.move(minutes=1)
    assert looked_at == 20


def test_nobody_is_locked_out_for_ever(here: Bench) -> None:
    for hour in range(8):
        for address in range(9):
            with pytest.raises(LoginError):
                here.accounts.authenticate("ana", "wrong", caller=Caller(f"198.51.{hour}.{address}"))
        here.clock.move(hours=4)
    here.clock.move(minutes=2)
    assert here.accounts.authenticate("ana", PASSWORD, caller=OFFICE) == here.ana


def test_strangers_do_not_keep_out_who_was_here_before(here: Bench) -> None:
    here.accounts.authenticate("ana", PASSWORD, caller=OFFICE)
    for address in range(70):
        with pytest.raises(LoginError):
            here.accounts.authenticate("ana", "wrong", caller=Caller(f"198.51.100.{address}"))
    assert here.accounts.authenticate("ana", PASSWORD, caller=OFFICE) == here.ana
    with pytest.raises(LoginError):
        here.accounts.authenticate("ana", PASSWORD, caller=ELSEWHERE)


def test_one_address_cannot_try_many_accounts(here: Bench) -> None:
    for count in range(20):
        with pytest.raises(LoginError):
            here.accounts.authenticate(f"nobody{count}", "wrong", caller=ELSEWHERE)
    with pytest.raises(LoginError):
        here.accounts.authenticate("ana", PASSWORD, caller=ELSEWHERE)
    assert here.accounts.authenticate("ana", PASSWORD, caller=OFFICE) == here.ana


def test_the_addresses_of_one_line_are_counted_as_one(here: Bench) -> None:
    for count in range(20):
        with pytest.raises(LoginError):
            here.accounts.authenticate(f"nobody{count}", "wrong", caller=Caller(f"2001:db8:1:2::{count + 1:x}"))
    with pytest.raises(LoginError):
        here.accounts.authenticate("ana", PASSWORD, caller=Caller("2001:db8:1:2:ffff::1"))
    assert here.accounts.authenticate("ana", PASSWORD, caller=Caller("2001:db8:1:3::1")) == here.ana


def test_a_hash_with_other_parameters_is_made_anew(here: Bench) -> None:
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    accounts = Accounts(here.project, schema=here.schema, clock=here.clock, hasher=stronger)
    table = here.accounts.tables["Password"]
    with pytest.raises(LoginError):
        accounts.authenticate("ana", "wrong", caller=OFFICE)
    assert "$m=8,t=1," in (table & {"name": "ana"}).fetch1("hash")
    accounts.authenticate("ana", PASSWORD, caller=OFFICE)
    assert "$argon2id$v=19$m=16,t=2," in (table & {"name": "ana"}).fetch1("hash")
    assert accounts.authenticate("ana", PASSWORD, caller=OFFICE) == here.ana


def test_people_are_hashed_with_what_the_standard_asks_for() -> None:
    hasher = PasswordHasher()
    assert (hasher.type.name, hasher.memory_cost >= 65536, hasher.time_cost >= 3) == ("ID", True, True)


@pytest.mark.parametrize(
    "password",
    ["short", "ninechars", "password123", "Password123!!", "qwertyuiop", "aaaaaaaaaaaa", "abababababab", "anasilva1234",
     "Ana Silva 1", "ana@example.org", "x" * 1001, "labwright2026", "1234567890"],
)  # fmt: skip
def test_passwords_that_are_easily_guessed(password: str) -> None:
    with pytest.raises(AccountError):
        check_password(password, Person("anasilva", "Ana Silva", "ana@example.org"))


@pytest.mark.parametrize("password", [PASSWORD, "ärger im labor", "tr0ub4dor&3-horse", "pass word pass phrase"])
def test_passwords_that_will_do(password: str) -> None:
    check_password(password, Person("a", "Ana Silva", "ana@example.org"))


def test_common_passwords_are_such_as_length_does_not_refuse() -> None:
    assert sum(len(word) >= 10 for word in common_passwords()) > 150


def test_accents_are_the_same_from_every_keyboard(here: Bench) -> None:
    here.accounts.passwords.set(here.ana, "a\u0308rger im labor")
    assert here.accounts.authenticate("ana", "\u00e4rger im labor", caller=OFFICE) == here.ana


def test_a_new_password_ends_all_other_sessions(here: Bench) -> None:
    kept = here.accounts.log_in("ana", PASSWORD, caller=OFFICE)
    lost = here.accounts.log_in("ana", PASSWORD, caller=ELSEWHERE)
    session = here.accounts.sessions.find(kept)
    assert session is not None
    here.accounts.change_password(here.ana, "five cows on a hill", OFFICE, keep=session.id)
    assert here.accounts.by_session(kept)
    assert here.accounts.by_session(lost) is None
    with pytest.raises(LoginError):
        here.accounts.authenticate("ana", PASSWORD, caller=OFFICE)


def test_names_are_such_that_nobody_owns_schemas_of_others(here: Bench) -> None:
    for name in ("", "ana_maria", "a b", "ana/x", "ä", "-a", "a..b", "x" * 65, "*"):
        with pytest.raises(AccountError):
            here.accounts.people.create(Person(name), OFFICE, by="ana")
    with pytest.raises(AccountError, match="already"):
        here.accounts.people.create(Person("ANA"), OFFICE, by="ana")


def test_the_only_admin_stays(here: Bench) -> None:
    for person in (replace(here.ana, role=Role.READER), replace(here.ana, is_active=False)):
        with pytest.raises(AccountError, match="only admin"):
            here.accounts.people.change(person, OFFICE, by="ana")
    assert here.accounts.people.find("ana") == here.ana
    here.accounts.people.change(replace(here.ben, role=Role.ADMIN), OFFICE, by="ana")
    here.accounts.people.change(replace(here.ana, role=Role.READER), OFFICE, by="ben")


def test_the_history_tells_who_changed_whom(here: Bench) -> None:
    here.accounts.people.change(replace(here.ben, lab="north"), OFFICE, by="ana")
    change = here.accounts.tables["Person"].history({"name": "ben"})[0]
    assert (change.who, change.old["lab"], change.new["lab"]) == ("ana", "", "north")
    assert [p.name for p in here.accounts.people.of_lab("north")] == ["ana", "ben"]
    assert here.accounts.people.of_lab("") == []


def test_the_first_admin_comes_by_an_invitation_that_works_once(accounts: Accounts) -> None:
    old, text = accounts.invitations.first_admin(), accounts.invitations.first_admin()
    assert text
    assert old
    for wrong in (old, "", "x", text[:-1]):
        with pytest.raises(AccountError, match="used already"):
            accounts.invitations.accept(wrong, Person("eve"), PASSWORD, OFFICE)
    for person, password in ((Person("e_ve"), PASSWORD), (Person("eve"), "short")):
        with pytest.raises(AccountError):
            accounts.invitations.accept(text, person, password, OFFICE)
    made = accounts.invitations.accept(text, Person("eve", role=Role.READER), PASSWORD, OFFICE)
    assert made.role is Role.ADMIN
    with pytest.raises(AccountError):
        accounts.invitations.accept(text, Person("mallory"), PASSWORD, OFFICE)
    assert accounts.invitations.first_admin() is None


def test_an_invitation_expires_and_decides_the_role(here: Bench) -> None:
    text = here.accounts.invitations.create(Role.READER, OFFICE, by="ana", lab="north", life=timedelta(hours=1))
    made = here.accounts.invitations.accept(text, Person("eve", role=Role.ADMIN, lab="south"), PASSWORD, OFFICE)
    assert (made.role, made.lab) == (Role.READER, "north")
    late = here.accounts.invitations.create(Role.READER, OFFICE, by="ana", life=timedelta(hours=1))
    here.clock.move(hours=2)
    assert here.accounts.invitations.find(late) is None
    with pytest.raises(AccountError):
        here.accounts.invitations.accept(late, Person("late"), PASSWORD, OFFICE)


def test_nothing_that_opens_a_door_is_kept_readable(here: Bench) -> None:
    """No secret, password or code is in any table, the record of what was done included."""
    accounts = here.accounts
    secrets = [PASSWORD, "a typed secret", accounts.log_in("ana", PASSWORD, caller=OFFICE)]
    secrets.append(accounts.reauthenticate(secrets[-1], PASSWORD, caller=OFFICE))
    secrets.append(accounts.tokens.create(here.ana, "script", {Verb.READ}, OFFICE))
    secrets.append(accounts.invitations.create(Role.READER, OFFICE, by="ana"))
    accounts.pins.set(here.ana, "739281", OFFICE)
    with pytest.raises(LoginError):
        accounts.authenticate("a typed secret", "x", caller=OFFICE)
    kept = repr([list(cls().to_dicts()) for cls in accounts.tables.classes.values()])
    assert "ana" in kept
    assert [secret for secret in (*secrets, "739281") if secret in kept] == []


def test_the_record_tells_what_from_where_and_how_it_ended(here: Bench) -> None:
    here.clock.move(seconds=1)
    here.accounts.authenticate("ana", PASSWORD, caller=OFFICE)
    here.clock.move(seconds=1)
    with pytest.raises(LoginError):
        here.accounts.authenticate("ana", "wrong", caller=ELSEWHERE)
    last, before = here.accounts.audit.events("ana", limit=2)
    assert (last.event, last.is_ok, last.address, last.actor) == ("login", False, ELSEWHERE.address, "")
    assert (before.event, before.is_ok, before.address, before.actor) == ("login", True, OFFICE.address, "ana")
    known = {"came_from", "events", "kinds", "note"}  # nothing that takes anything out of it
    assert {name for name in dir(here.accounts.audit) if name[0] != "_"} == known


def test_errors_are_those_of_the_package() -> None:
    assert issubclass(LoginError, LabwrightError)
    assert issubclass(AccountError, LabwrightError)
