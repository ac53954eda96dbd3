"""What grants give, as laws and by example."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labwright.web.accounts.person import Person
from labwright.web.roles.defaults import default_grants
from labwright.web.roles.grant import Grant
from labwright.web.roles.pattern import matches
from labwright.web.roles.rights import READING, WRITING, Limit, Rights, lending
from labwright.web.roles.role import Role, Scope, Verb, widest

SCHEMAS = ["lab", "ana_ephys", "ben_ephys"]
TABLES = ["Mouse", "Session", "Session.Trial"]
ATTRIBUTES = ["name", "weight", "notes"]

people = st.builds(
    Person, st.sampled_from(["ana", "ben"]), role=st.sampled_from(Role), lab=st.sampled_from(["", "north"])
)
grants = st.builds(
    Grant,
    st.none() | st.sampled_from(Role),
    st.none() | st.sampled_from(["ana", "ben"]),
    st.sampled_from(["*", "{person}_*", "lab", "{lab}*"]),
    st.sampled_from(["*", "Mouse", "Session*"]),
    st.frozensets(st.sampled_from(Verb)),
    st.sampled_from(Scope),
    st.frozensets(st.sampled_from(ATTRIBUTES)),
)
asked = st.tuples(st.sampled_from(Verb), st.sampled_from(SCHEMAS), st.sampled_from(TABLES))
limits = st.builds(
    Limit, st.frozensets(st.sampled_from(Verb)), st.lists(st.sampled_from(["*", "lab", "ana_*"])).map(tuple)
)


def reach(scope: Scope | None) -> int:
    return -1 if scope is None else list(Scope).index(scope)


@given(st.sampled_from(Scope), st.sampled_from(Scope), st.sampled_from(Scope))
def test_own_is_within_lab_and_lab_within_all(a: Scope, b: Scope, c: Scope) -> None:
    assert sorted(Scope, key=reach) == [Scope.OWN, Scope.LAB, Scope.ALL]
    assert a.includes(b) == (reach(a) >= reach(b))
    assert widest([a, b, c]) == max(a, b, c, key=reach)


@given(people, st.lists(grants), st.lists(grants), asked)
def test_more_grants_never_take_a_right_away(
    person: Person, some: list[Grant], more: list[Grant], what: tuple[Verb, str, str]
) -> None:
    before, after = Rights.of(person, some).scope(*what), Rights.of(person, [*some, *more]).scope(*what)
    assert reach(after) >= reach(before)


@given(people, st.lists(grants), grants, st.sampled_from(SCHEMAS), st.sampled_from(TABLES))
def test_one_more_grant_of_no_wider_reading_hides_nothing_more(
    person: Person, some: list[Grant], more: Grant, schema: str, table: str
) -> None:
    before, after = Rights.of(person, some), Rights.of(person, [*some, more])
    if before.scope(Verb.READ, schema, table) == after.scope(Verb.READ, schema, table):
        assert after.hidden(schema, table) <= before.hidden(schema, table)


@given(people, st.lists(grants), st.sampled_from(SCHEMAS), st.sampled_from(TABLES), st.sampled_from(ATTRIBUTES))
def test_an_attribute_is_seen_only_in_rows_of_a_grant_that_shows_it(
    person: Person, some: list[Grant], schema: str, table: str, attribute: str
) -> None:
    rights = Rights.of(person, some)
    scope = rights.scope(Verb.READ, schema, table)
    if scope is None or attribute in rights.hidden(schema, table):
        return
    shown = [Rights.of(person, [grant]) for grant in some if attribute not in grant.hidden]
    assert any(one.scope(Verb.READ, schema, table) is scope for one in shown)


@given(people, st.lists(grants), st.permutations(range(4)), asked)
def test_the_order_of_grants_does_not_matter(
    person: Person, some: list[Grant], order: list[int], what: tuple[Verb, str, str]
) -> None:
    shuffled = [some[i] for i in order if i < len(some)] + some[4:]
    one, other = Rights.of(person, some), Rights.of(person, shuffled)
    assert one.scope(*what) == other.scope(*what)
    assert one.hidden(*what[1:]) == other.hidden(*what[1:])


@given(people, st.lists(grants), limits, limits, asked)
def test_a_limit_only_takes_away_and_two_are_both(
    person: Person, some: list[Grant], one: Limit, two: Limit, what: tuple[Verb, str, str]
) -> None:
    rights = Rights.of(person, some)
    within = rights.within(one).within(two)
    permitted = one.permits(what[0], what[1]) and two.permits(what[0], what[1])
    assert within.scope(*what) == (rights.scope(*what) if permitted else None)
    assert within.scope(*what) == rights.within(two).within(one).scope(*what)


@given(people, st.lists(grants), asked)
def test_a_decision_names_grants_that_alone_would_do(
    person: Person, some: list[Grant], what: tuple[Verb, str, str]
) -> None:
    decision = Rights.of(person, some).explain(*what)
    assert (decision.scope is None) == (decision.because == ())
    for grant in decision.because:
        assert Rights.of(person, [grant]).explain(*what).scope is grant.scope
    if decision.because:
        assert decision.because[0].scope is decision.scope


@given(people, st.lists(grants), asked)
def test_who_has_left_may_nothing(person: Person, some: list[Grant], what: tuple[Verb, str, str]) -> None:
    left = Person(person.name, role=person.role, lab=person.lab, is_active=False)
    assert Rights.of(left, some).scope(*what) is None


@given(people, st.sampled_from(SCHEMAS))
def test_nothing_can_be_lent_that_takes_a_person(person: Person, schema: str) -> None:
    lent = Rights.of(person).within(lending(frozenset(Verb)))
    assert lent.scope(Verb.SIGN, schema, "Mouse") is None
    assert lent.scope(Verb.ADMINISTER, schema, "Mouse") is None


@pytest.mark.parametrize(
    ("role", "own", "others"),
    [
        (Role.READER, READING, READING),
        (Role.TECHNICIAN, READING | {Verb.INSERT}, READING | {Verb.INSERT}),
        (Role.RESEARCHER, frozenset(Verb) - {Verb.ADMINISTER}, READING),
        (Role.DATA_MANAGER, frozenset(Verb) - {Verb.ADMINISTER}, frozenset(Verb) - {Verb.ADMINISTER}),
        (Role.ADMIN, frozenset(Verb), frozenset(Verb)),
    ],
)
def test_what_each_role_begins_with(role: Role, own: frozenset[Verb], others: frozenset[Verb]) -> None:
    rights = Rights.of(Person("ana", role=role))
    for schema, verbs in (("ana_ephys", own), ("lab", others), ("anaconda", others), ("ben_ana_x", others)):
        assert {verb for verb in Verb if rights.scope(verb, schema, "Mouse")} == verbs


def test_technicians_enter_rows_in_common_schemas() -> None:
    rights = Rights.of(Person("tom", role=Role.TECHNICIAN), default_grants(common=["colony", "lab_*"]))
    assert rights.scope(Verb.INSERT, "lab_water", "Weight") is Scope.ALL
    assert rights.scope(Verb.READ, "ana_ephys", "Spikes") is None


def test_a_grant_to_neither_role_nor_person_is_nobodys() -> None:
    grant = Grant(None, None, "*", "*", frozenset(Verb))
    assert Rights.of(Person("ana", role=Role.ADMIN), [grant]).scope(Verb.READ, "lab", "Mouse") is None


def test_a_narrow_grant_that_shows_does_not_uncover_what_a_wide_one_hides() -> None:
    wide = Grant(Role.READER, None, "*", "*", READING, Scope.ALL, frozenset({"notes"}))
    own = Grant(Role.READER, None, "*", "*", READING, Scope.OWN)
    assert Rights.of(Person("ana"), [wide, own]).hidden("lab", "Mouse") == {"notes"}
    assert Rights.of(Person("ana"), [wide, Grant(Role.READER, None, "*", "*", READING)]).hidden("lab", "Mouse") == set()


def test_what_writes_reads() -> None:
    assert READING < WRITING < frozenset(Verb)


@pytest.mark.parametrize(
    ("pattern", "name", "person", "is_meant"),
    [
        ("*", "anything.At.All", "", True),
        ("lab", "laboratory", "", False),
        ("lab.x", "labyx", "", False),
        ("[a-z]*", "lab", "", False),
        ("a?c", "abc", "", False),
        ("{person}_*", "a.b_x", "a.b", True),
        ("{person}_*", "acb_x", "a.b", False),
        ("{person}_*", "ben_x", "*", False),
        ("{person}*", "ben_x", "", False),
        ("{lab}_*", "_x", "ana", False),
    ],
)
def test_only_a_star_is_special(pattern: str, name: str, person: str, is_meant: bool) -> None:
    assert matches(pattern, name, person=person) is is_meant


def test_nobody_changes_what_they_do_not_see() -> None:
    change = frozenset({Verb.UPDATE, Verb.DELETE})
    person = Person("ana", role=Role.RESEARCHER)
    all_, own = (Grant(Role.RESEARCHER, None, "*", "*", v, s) for v, s in ((change, Scope.ALL), (READING, Scope.OWN)))
    for verb in change:
        assert Rights.of(person, [all_, own]).scope(verb, "lab", "Mouse") is Scope.OWN
        assert Rights.of(person, [all_]).scope(verb, "lab", "Mouse") is None
    assert Rights.of(person, [all_, own]).scope(Verb.READ, "lab", "Mouse") is Scope.OWN


def means(pattern: str, name: str) -> bool:
    """What a pattern means, letter by letter."""
    reached = {0}
    for letter in pattern:
        if letter == "*":
            reached = set(range(min(reached, default=len(name) + 1), len(name) + 1))
        else:
            reached = {place + 1 for place in reached if name[place : place + 1] == letter}
    return len(name) in reached


@given(st.text("ab*.", max_size=8), st.text("ab.\n", max_size=8))
def test_a_star_stands_for_anything(pattern: str, name: str) -> None:
    assert matches(pattern, name) == means(pattern, name)


def test_no_pattern_takes_forever() -> None:
    """Each of these could be divided in more ways than there is time for."""
    assert not matches("*a" * 30 + "*b", "a" * 64)
    assert not matches("*a*" * 30 + "b", "a" * 64)
    assert not matches("*{person}" * 30 + "*b", "a" * 64, person="a")
    assert matches("*a" * 30 + "*", "a" * 64)
