"""Rules: what each kind takes and refuses, on every database and on every way into a table."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from tests.backends.classes import part, table
from tests.backends.foreign import Foreign

import labwright as lw
from labwright.core.errors import DefinitionError, IntegrityError, RuleError
from labwright.sql.rule_triggers import touched_columns

SUBJECT = "subject : varchar(20)\n---\nsex = 'U' : enum('F', 'M', 'U')\nborn = '2020-01-01' : date\nmost = 10 : int32"
STAY = "-> Subject\nstart : date\n---\nend = null : date\ncage : varchar(10)"


def day(number: int) -> datetime.date:
    return datetime.date(2024, 1, 1) + datetime.timedelta(days=number)


@pytest.fixture
def subject(schema: lw.Schema) -> Any:
    made = table(schema, "Subject", SUBJECT)
    made.insert([{"subject": name} for name in ("Ann", "Bo", "O'Neil")])
    return made


@pytest.fixture
def foreign(database_url: str) -> Iterator[Foreign]:
    with Foreign(database_url) as client:
        yield client


def refused(rule: str | None = None) -> Any:
    return pytest.raises(RuleError, match=rule)


# Checks ------------------------------------------------------------------------------------------

SENTENCE = "a wéight is 100% “positive”; it's \\ a 'must' 🐭"


@pytest.fixture
def weight(schema: lw.Schema, subject: Any) -> Any:
    rules = [
        lw.Check("grams > 0", SENTENCE, name="positive"),
        lw.Check("place <> 'it''s 5% \\\\ off' and place not like 'x%'", "no such place"),
    ]
    definition = "-> Subject\nday : int32\n---\ngrams = null : float64\nplace = 'a' : varchar(20)"
    return table(schema, "Weight", definition, rules=rules)


def test_a_check_is_told_with_its_sentence_and_row(weight: Any) -> None:
    with refused() as caught:
        weight.insert([{"subject": "Ann", "day": n, "grams": g} for n, g in enumerate([1.0, 2.0, -3.0, 4.0])])
    error = caught.value
    assert error.rule == "positive"
    assert error.says == SENTENCE
    assert error.table == str(weight().id)
    assert error.row is not None
    assert error.row["day"] == 2
    assert "row 2" in str(error)
    assert SENTENCE in str(error)
    assert isinstance(error, IntegrityError)
    assert len(weight) == 0


def test_a_check_takes_what_it_cannot_answer(weight: Any) -> None:
    weight.insert1({"subject": "Ann", "day": 1, "grams": None})
    assert (weight & "grams is null").keys()


def test_quotes_and_signs_in_a_condition(weight: Any) -> None:
    for place in ("it's 5% \\ off", "xyz"):
        with refused("no such place"):
            weight.insert1({"subject": "Ann", "day": 1, "place": place})
    weight.insert1({"subject": "Ann", "day": 1, "place": "it's 5% off"})


def test_a_check_holds_for_updates_upserts_and_copies(weight: Any, subject: Any) -> None:
    weight.insert1({"subject": "Ann", "day": 1, "grams": 1.0})
    with refused("positive") as caught:
        weight.update1({"subject": "Ann", "day": 1, "grams": -1.0})
    assert caught.value.row == {"subject": "Ann", "day": 1, "grams": -1.0}
    with refused("positive"):
        weight.insert1({"subject": "Ann", "day": 1, "grams": 0.0}, replace=True)
    with refused("positive"):
        weight.insert(subject.proj(day="1", grams="0 - 1.5"), skip_duplicates=True, ignore_extra_fields=True)
    with refused("positive"):
        weight.insert([{"subject": "Bo", "day": n, "grams": 5.0 - n} for n in range(200)])
    assert (weight.fetch1("grams"), len(weight)) == (1.0, 1)


def test_a_row_that_is_passed_over_breaks_nothing(weight: Any) -> None:
    weight.insert1({"subject": "Ann", "day": 1, "grams": 1.0})
    weight.insert1({"subject": "Ann", "day": 1, "grams": 2.0}, skip_duplicates=True)
    assert weight.fetch1("grams") == 1.0


def test_a_check_on_a_key_that_came_by_reference(schema: lw.Schema, subject: Any) -> None:
    named = table(schema, "Named", "-> Subject", rules=[lw.Check("subject <> 'Bo'", "Bo stays out")])
    named.insert1(("Ann",))
    with refused("Bo stays out"):
        named.insert1(("Bo",))


def test_a_check_with_the_clock(schema: lw.Schema) -> None:
    born = table(schema, "Born", "n : int32\n---\nday : date", rules=[lw.Check("day <= curdate()", "not yet born")])
    born.insert1((1, day(0)))
    with refused("not yet born"):
        born.insert1((2, datetime.date(2999, 1, 1)))


def test_a_check_on_a_number_that_counts_up(schema: lw.Schema) -> None:
    counted = table(schema, "Counted", "n : int auto_increment\n---\nx : int32", rules=[lw.Check("n < 1000", "enough")])
    counted.insert1({"x": 1})
    with refused("enough"):
        counted.insert1({"n": 1000, "x": 1})


def test_a_dry_run_tells_of_checks(weight: Any) -> None:
    rows = [{"subject": "Ann", "day": n, "grams": g} for n, g in enumerate([1.0, -2.0, None, 0.0])]
    found = weight.validate(rows)
    assert [(row, SENTENCE in says) for row, _, says in found.errors] == [(1, True), (3, True)]
    assert weight.validate(rows[:1])
    assert len(weight) == 0


def test_rules_are_described(weight: Any) -> None:
    text = weight.describe()
    assert f"# rule positive: {SENTENCE}" in text
    assert "# rule no_such_place: no such place" in text


# Intervals ---------------------------------------------------------------------------------------


@pytest.fixture
def stay(schema: lw.Schema, subject: Any) -> Any:
    rule = lw.NoOverlap(of=["subject"], start="start", end="end", says="one cage at a time")
    return table(schema, "Stay", STAY, rules=[rule])


def row(subject: str, start: int, end: int | None, cage: str = "x") -> tuple[Any, ...]:
    return (subject, day(start), None if end is None else day(end), cage)


def test_intervals_touch_and_do_not_overlap(stay: Any) -> None:
    stay.insert([row("Ann", 0, 5), row("Ann", 5, 8), row("Bo", 3, None)])
    for bad in [(4, 6), (1, 9), (6, 7), (7, None), (-3, 1), (-9, 99)]:
        with refused("one cage at a time"):
            stay.insert1(row("Ann", *bad))
    with refused("one cage at a time"):
        stay.insert1(row("Bo", 100, None))
    stay.insert([row("Ann", 8, None), row("Ann", -5, 0)])


@pytest.mark.parametrize("end", [3, 2])
def test_an_interval_ends_after_it_starts(stay: Any, end: int) -> None:
    with refused("one cage at a time"):
        stay.insert1(row("Ann", 3, end))


def test_intervals_of_one_insert_are_held_to_each_other(stay: Any) -> None:
    with refused("one cage") as caught:
        stay.insert([row("Bo", 0, 5), row("Ann", 0, 5), row("Ann", 4, 9)])
    assert caught.value.row is not None
    assert caught.value.row["start"] == day(4)
    assert len(stay) == 0


def test_an_interval_does_not_overlap_with_itself(stay: Any) -> None:
    stay.insert([row("Ann", 0, 5), row("Ann", 5, 9)])
    stay.update1({"subject": "Ann", "start": day(0), "end": day(4)})
    stay.insert1(row("Ann", 0, 3, "y"), replace=True)
    with refused("one cage"):
        stay.update1({"subject": "Ann", "start": day(0), "end": day(6)})


@pytest.mark.parametrize("kind", ["date", "datetime_utc"])  # PostgreSQL has ranges of the one, and not of the other
def test_intervals_that_the_rule_does_not_hold_for(schema: lw.Schema, subject: Any, kind: str) -> None:
    definition = f"-> Subject\nstart : {kind}\n---\nend = null : {kind}\nbreaks = '' : varchar(9)"
    rule = lw.NoOverlap("subject", "start", "end", "one cage at a time", where="breaks = ''")
    stay = table(schema, "Stay", definition, rules=[rule])
    first, second, third, fourth, between = (moment(kind, n) for n in (0, 2, 4, 6, 1))
    stay.insert([("Ann", first, third, ""), ("Ann", second, fourth, "overlap"), ("Bo", third, first, "order")])
    assert schema.project.database.find(stay.id).rules == schema._resolved(stay).rules
    assert "where=\"breaks = ''\"" in schema.code
    assert "breaks" in touched_columns(schema.project.database.find(stay.id))
    with refused("one cage at a time"):
        stay.update1({"subject": "Ann", "start": second, "breaks": ""})
    with refused("one cage at a time"):
        stay.update1({"subject": "Bo", "start": third, "breaks": ""})
    with refused("one cage at a time"):
        stay.insert1(("Ann", between, None, ""))
    stay.insert1(("Ann", third, None, ""))
    stay.update1({"subject": "Bo", "start": third, "breaks": "", "end": fourth})
    with refused("one cage at a time"):
        stay.insert1(("Bo", between, None, ""))


def moment(kind: str, number: int) -> Any:
    return day(number) if kind == "date" else datetime.datetime(2024, 1, 1 + number, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        ("int16", [1, 2, 3]),
        ("decimal(6,2)", ["1.25", "2.5", "3.75"]),
        ("float64", [1.25, 2.5, 3.75]),
        ("time", [datetime.time(1), datetime.time(2), datetime.time(3)]),
        ("datetime(6)", [np.datetime64(f"2024-01-01T01:00:00.00000{n}").item() for n in (1, 2, 3)]),
    ],
)
def test_intervals_of_every_kind(schema: lw.Schema, type_: str, values: list[Any]) -> None:
    rule = lw.NoOverlap("room", "begun", "ended", "the room is taken")
    definition = f"n : int32\n---\nroom = null : varchar(5)\nbegun : {type_}\nended = null : {type_}"
    use = table(schema, "Use", definition, rules=[rule])
    one, two, three = values
    use.insert(
        [(1, "a", one, two), (2, "a", two, three), (3, "b", one, None), (4, None, one, None), (5, None, one, None)]
    )
    for bad in [("a", one, three), ("a", one, None), ("b", two, three)]:
        with refused("the room is taken"):
            use.insert1((9, *bad))


# Sums --------------------------------------------------------------------------------------------


@pytest.fixture
def dose(schema: lw.Schema, subject: Any) -> Any:
    rule = lw.SumAtMost("ml", "most", of="subject", says="no more than allowed")
    return table(schema, "Dose", "-> Subject\ndose : int32\n---\nml : decimal(6,2)", rules=[rule])


def test_a_sum_stays_within_the_limit_of_the_parent(dose: Any, subject: Any) -> None:
    dose.insert([("Ann", 1, "4"), ("Ann", 2, "6"), ("Bo", 1, "1")])
    with refused("no more than allowed"):
        dose.insert1(("Ann", 3, "0.01"))
    with refused("no more than allowed"):
        dose.update1({"subject": "Ann", "dose": 1, "ml": "4.01"})
    with refused("no more than allowed"):
        dose.insert([("Bo", n, "2") for n in range(2, 60)])
    with refused("no more than allowed") as caught:
        subject.update1({"subject": "Ann", "most": 9})
    assert caught.value.table == str(dose().id)
    subject.update1({"subject": "Ann", "most": 11})
    dose.insert1(("Ann", 3, "1"))


def test_a_limit_goes_with_the_table_that_it_limits(dose: Any, subject: Any, schema: lw.Schema) -> None:
    dose.insert1(("Ann", 1, "10"))
    dose.drop(prompt=False)
    (subject & "subject = 'Ann'").fetch1()
    dose.insert1(("Ann", 1, "10"))
    with refused("no more"):
        subject.update1({"subject": "Ann", "most": 9})


@pytest.mark.parametrize("goes", ["table", "schema"])
def test_a_limit_in_another_schema_goes_as_well(
    subject: Any, schema: lw.Schema, prefix: str, project: lw.Project, goes: str
) -> None:
    doses = lw.Schema(f"{prefix}doses", connection=project)
    rule = lw.SumAtMost("ml", "most", of="subject", says="no more than allowed")
    dose = table(doses, "Dose", "-> Subject\ndose : int32\n---\nml : int32", context={"Subject": subject}, rules=[rule])
    dose.insert1(("Ann", 1, 10))
    with refused("no more"):
        subject.update1({"subject": "Ann", "most": 9})
    (dose if goes == "table" else doses).drop(prompt=False)
    subject.update1({"subject": "Ann", "most": 9})


@pytest.mark.parametrize("of", ["cage", []])
def test_a_number_limits_how_many_there_are(schema: lw.Schema, of: Any) -> None:
    mouse = table(
        schema,
        "Mouse",
        "n : int32\n---\ncage = null : varchar(5)",
        rules=[lw.SumAtMost("1", 3, of, "the cage is full")],
    )
    mouse.insert([(n, "a") for n in range(3)])
    with refused("the cage is full"):
        mouse.insert1((9, "a"))
    if of:
        mouse.insert([(n, None) for n in range(10, 20)])


def test_a_sum_is_not_asked_about_when_rows_go(schema: lw.Schema) -> None:
    """It can only rise then where amounts are negative, which they are taken not to be."""
    rule = lw.SumAtMost("amount", 5, of=[], says="five at most")
    account = table(schema, "Account", "n : int32\n---\namount : int32", rules=[rule])
    account.insert([(1, 4), (2, -3), (3, 4)])
    (account & "n = 2").delete(prompt=False)
    assert [int(n) for n in account.to_arrays("amount")] == [4, 4]
    with refused("five at most"):
        account.insert1((4, 0))
    (account & "n = 3").delete(prompt=False)
    account.insert1((4, 0))


def test_an_attribute_of_the_rows_limits_the_sum(schema: lw.Schema) -> None:
    rule = lw.SumAtMost("used", "room", of="shelf", says="the shelf is full")
    box = table(schema, "Box", "box : int32\n---\nshelf : int32\nused : float64\nroom : float64", rules=[rule])
    box.insert([(1, 1, 2.0, 5.0), (2, 1, 3.0, 6.0)])
    with refused("the shelf is full"):
        box.insert1((3, 1, 0.5, 9.0))


# Queries -----------------------------------------------------------------------------------------


def test_a_rule_across_tables(schema: lw.Schema, subject: Any) -> None:
    leave = table(schema, "Leave", "-> Subject\n---\nleft : date")
    rules = [
        lw.Refuse(lambda new: leave & new & "`left` < new.start", "this animal has left"),
        lw.Refuse(lambda new: subject & {"subject": new.subject} & "born > new.start", "not yet born"),
    ]
    stay = table(schema, "Stay", STAY, rules=rules)
    leave.insert1(("Ann", day(5)))
    stay.insert([row("Ann", 5, None), row("Bo", 9, None)])
    with refused("this animal has left"):
        stay.insert1(row("Ann", 6, None))
    with refused("not yet born"):
        stay.insert1(row("Bo", -9999, None))
    with refused("this animal has left"):
        stay.insert(subject.proj(start="cast('2024-06-01' as date)", cage="'x'"))


def test_a_rule_sees_the_table_with_the_row_in_it(schema: lw.Schema, subject: Any) -> None:
    def crowded(new: Any) -> Any:
        here = schema["Stay"] & {"cage": new.cage} & "end is null"
        return lw.U("cage").aggr(here, n="count(*)") & "n > 2"

    stay = table(schema, "Stay", STAY, rules=[lw.Refuse(crowded, "two per cage")])
    stay.insert([row("Ann", 0, None), row("Bo", 0, None)])
    with refused("two per cage") as caught:
        stay.insert([row("Ann", 1, 5), row("O'Neil", 0, 2), row("O'Neil", 3, None)])
    assert caught.value.row is not None
    assert caught.value.row["start"] == day(3)
    stay.update1({"subject": "Bo", "start": day(0), "end": day(9)})
    stay.insert1(row("O'Neil", 3, None))
    with refused("two per cage"):
        stay.update1({"subject": "Bo", "start": day(0), "end": None})


def test_sire_and_dam(schema: lw.Schema, subject: Any) -> None:
    rules = [
        lw.Refuse(
            lambda new: subject.proj(sire="subject", x="sex") & {"sire": new.sire} & "x <> 'M'", "a sire is male"
        ),
        lw.Refuse(
            lambda new: (subject & [{"subject": new.sire}, "subject = new.dam"]) & "born > new.day", "too young to mate"
        ),
        lw.Check("sire <> dam", "nobody mates with itself"),
    ]
    definition = "mating : int32\n---\n-> Subject.proj(sire='subject')\n-> Subject.proj(dam='subject')\nday : date"
    mating = table(schema, "Mating", definition, rules=rules)
    subject.insert([("Max", "M", day(0), 1), ("Eve", "F", day(0), 1)])
    mating.insert1((1, "Max", "Eve", day(90)))
    for bad, says in [
        ((2, "Eve", "Max", day(90)), "a sire is male"),
        ((2, "Ann", "Eve", day(90)), "a sire is male"),
        ((2, "Max", "Eve", day(-1)), "too young"),
        ((2, "Max", "Max", day(90)), "itself"),
    ]:
        with refused(says):
            mating.insert1(bad)


def test_joins_unions_slices_and_differences(schema: lw.Schema, subject: Any) -> None:
    """All of the algebra may stand in a rule."""
    visit = table(schema, "Visit", "-> Subject\nvisit : int32\n---\ngrams : float64")

    def lighter_than_last(new: Any) -> Any:
        return (
            (visit & {"subject": new.subject} & "visit < new.visit") & lw.Top(1, "visit DESC")
        ) & "grams > 2 * new.grams"

    rules = [
        lw.Refuse(lambda new: (subject * visit) & new.proj() & "most < 11 and grams > 100", "too heavy"),
        lw.Refuse(lambda new: (visit.proj() + visit.proj()) & new.proj() & "visit > 50", "too many"),
        lw.Refuse(lambda new: (subject & new) - (visit & "visit = 0"), "the first visit is number 0"),
        lw.Refuse(lambda new: subject.aggr(visit, n="count(*)") & new & "n > 4", "four at most"),
        lw.Refuse(lighter_than_last, "half the weight is lost"),
        lw.Refuse(lambda new: new & "grams = 13", "13 is not measured"),
    ]
    visit = table(schema, "Visit", "-> Subject\nvisit : int32\n---\ngrams : float64", rules=rules)
    for bad, says in [((0, 101.0), "too heavy"), ((1, 5.0), "number 0"), ((0, 13.0), "13 is not")]:
        with refused(says):
            visit.insert1(("Ann", *bad))
    visit.insert([("Ann", 0, 9.0), ("Ann", 1, 8.0), ("Ann", 2, 5.0)])
    for bad, says in [((51, 9.0), "too many"), ((3, 2.0), "half the weight")]:
        with refused(says):
            visit.insert1(("Ann", *bad))
    visit.insert1(("Ann", 3, 9.0))
    with refused("four at most"):
        visit.insert1(("Ann", 4, 9.0))


def test_what_was_written_may_not_change(schema: lw.Schema) -> None:
    rules = [
        lw.Refuse(lambda new, old: new & "old.frozen = 1 and new.note <> old.note", "the design is frozen"),
        lw.Refuse(lambda old: old & "frozen = 1", "a frozen design stays", on="delete"),
    ]
    design = table(schema, "Design", "n : int32\n---\nfrozen : bool\nnote : varchar(20)", rules=rules)
    design.insert([(1, False, "a"), (2, True, "b")])
    design.update1({"n": 1, "note": "c", "frozen": True})
    for change in ({"n": 1, "note": "d"}, {"n": 2, "note": "d"}):
        with refused("the design is frozen"):
            design.update1(change)
    with refused("a frozen design stays"):
        (design & "n = 1").delete(prompt=False)
    with refused("a frozen design stays"):
        design.delete_quick()
    assert len(design) == 2


def test_a_part_has_rules_and_a_cascade_meets_them(schema: lw.Schema) -> None:
    session = table(schema, "Session", "session : int32", Trial=part("Trial", "-> master\ntrial : int32"))
    session.Trial.rules = [
        lw.Check("trial < 100", "too many trials"),
        lw.Refuse(lambda old: old & "trial = 0", "the first trial stays", on="delete"),
    ]
    session.insert([(1,), (2,)])
    session.Trial.insert([(1, 0), (2, 1)])
    with refused("too many trials"):
        session.Trial.insert1((1, 100))
    with refused("the first trial stays") as caught:
        session.delete(prompt=False)
    assert caught.value.table == str(session.Trial().id)
    assert (len(session), len(session.Trial)) == (2, 2)
    (session & "session = 2").delete(prompt=False)


def test_all_rows_at_once_do_not_go_past_a_rule(schema: lw.Schema, foreign: Foreign, backend: str) -> None:
    """TRUNCATE looks at no row; only PostgreSQL lets it be refused."""
    if backend != "postgres":
        pytest.skip("there is none, or nothing can be done about it")
    rule = lw.Refuse(lambda old: old & "n = 1", "the first one stays", on="delete")
    mouse = table(schema, "Mouse", "n : int32", rules=[rule])
    truncate = f"TRUNCATE {mouse().full_table_name}"
    mouse.insert([])
    foreign.run(truncate)
    foreign.commit()
    mouse.insert([(2,)])
    with pytest.raises(Exception, match="the first one stays"):
        foreign.run(truncate)
    foreign.rollback()
    assert len(mouse) == 1
    mouse.drop(prompt=False)


# What is kept ------------------------------------------------------------------------------------


def test_rules_are_reflected(schema: lw.Schema, stay: Any, dose: Any, weight: Any) -> None:
    for made in (stay, dose, weight):
        made.insert([])
        schema.ensure_declared()
        there = schema.project.database.find(made().id).rules
        assert there
        assert there == schema._resolved(made).rules


def test_what_holds_a_rule_is_no_index_of_the_table(schema: lw.Schema, subject: Any, stay: Any) -> None:
    rules = [
        lw.NoOverlap(of="cage", start="n", end="last", says="taken"),
        lw.SumAtMost("1", 3, of="cage", says="three at most"),
    ]
    use = table(schema, "Use", "n : int32\n---\ncage : varchar(5)\nlast = null : int32\nindex (last)", rules=rules)
    schema.ensure_declared()
    database = schema.project.database
    database.forget()
    for made in (stay, use):
        assert database.find(made().id) == schema._resolved(made)


def test_a_table_goes_with_its_rules(schema: lw.Schema, weight: Any, stay: Any) -> None:
    for made in (weight, stay):
        schema.ensure_declared()
        made.drop(prompt=False)
    weight.insert1({"subject": "Ann", "day": 1})
    with refused("positive"):
        weight.insert1({"subject": "Ann", "day": 2, "grams": 0})


# Bad rules ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (lw.Check("gramms > 0", "x"), r"'gramms'.*Did you mean 'grams'"),
        (lw.Check("grams >", "x"), "Expected"),
        (lw.Check("grams + 1", "x"), "is a condition"),
        (lw.Check("sum(grams) > 1", "x"), "summarises"),
        (lw.Check("grams > 'a'", ""), "sentence"),
        (lw.Check("grams > 1", None), "sentence"),  # type: ignore[arg-type]  # what is tried
        (lw.NoOverlap("subject", "day", "grams", 5), "sentence"),  # type: ignore[arg-type]  # what is tried
        (lw.SumAtMost("grams", 3, "subject", ["x"]), "sentence"),  # type: ignore[arg-type]  # what is tried
        (lw.Refuse(lambda new: new, b"x"), "sentence"),  # type: ignore[arg-type]  # what is tried
        (lw.Check("grams > 1", "x", name=5), "cannot be called 5"),  # type: ignore[arg-type]  # what is tried
        (lw.Check("grams > 1", "x", name="No Name"), "cannot be called"),
        (lw.NoOverlap("subjekt", "day", "day", "x"), "Did you mean 'subject'"),
        (lw.NoOverlap("subject", "grams", "day", "x"), "may be NULL"),
        (lw.NoOverlap("subject", "note", "day", "x"), "interval is of"),
        (lw.NoOverlap("subject", "day", "grams", "x", where="brakes = 1"), "brakes"),
        (lw.NoOverlap("subject", "day", "grams", "x", where="grams + 1"), "`where` is a condition"),
        (lw.SumAtMost("note", 3, "subject", "x"), "what is summed is a number"),
        (lw.SumAtMost("grams", "mozt", "subject", "x"), "Did you mean 'most'"),
        (lw.SumAtMost("grams", "most", "day", "x"), "must have 'subject'"),
        (lw.SumAtMost("grams", "note", "day", "x"), "limit is a number"),
        (lw.Refuse(lambda new: new & "weigth > 0", "x"), "'weigth'"),
        (lw.Refuse(lambda new: new & "new.gram > 0", "x"), "Did you mean 'grams'"),
        (lw.Refuse(lambda new: new & {"grams": new.gram}, "x"), "Did you mean 'grams'"),
        (lw.Refuse(lambda new: 5, "x"), "is no query"),
        (lw.Refuse(lambda new: nonsense & new, "x"), "nonsense"),  # type: ignore[name-defined]  # noqa: F821  # what is tried
        (lw.Refuse(lambda row: row, "x"), "function of `new`"),
        (lw.Refuse(lambda new: new, "x", on="delete"), "'new'.*delete has none"),
        (lw.Refuse(lambda old: old, "x", on="insert"), "'old'.*insert has none"),
        (lw.Refuse(lambda new: new, "x", on="updates"), "Did you mean 'update'"),
        (lw.Refuse(lambda new: new.proj(x="new.grams + 1"), "x"), "in a restriction"),
        ("grams > 0", "is no rule"),
    ],
)
def test_a_rule_without_meaning(schema: lw.Schema, subject: Any, rule: Any, message: str) -> None:
    weight = table(
        schema, "Weight", "-> Subject\nday : int32\n---\ngrams = null : float64\nnote = '' : varchar(9)", rules=[rule]
    )
    with pytest.raises(DefinitionError, match=f"(?s){message}"):
        schema.ensure_declared()
    with pytest.raises(DefinitionError):
        weight.insert1(("Ann", 1, 2.0, ""))


def test_a_query_that_does_not_mention_the_row(schema: lw.Schema, subject: Any) -> None:
    table(schema, "Weight", "-> Subject\n---\ngrams : float64", rules=[lw.Refuse(lambda new: subject, "x")])
    with pytest.raises(DefinitionError, match="does not mention new"):
        schema.ensure_declared()


def test_two_rules_of_one_name(schema: lw.Schema) -> None:
    table(schema, "Mouse", "n : int32", rules=[lw.Check("n > 0", "right"), lw.Check("n < 9", "Right!")])
    with pytest.raises(DefinitionError, match="two rules are called 'right'"):
        schema.ensure_declared()


def test_the_row_that_breaks_a_rule_is_counted_across_chunks(schema: lw.Schema) -> None:
    @schema
    class Weighing(lw.Manual):
        definition = "weighing : int\n---\nweight : float64"
        rules = (lw.Check("weight > 0", "a weight is positive"),)

    for bad in (4, 5, 6):
        rows = [(n, -1.0 if n == bad else 1.0) for n in range(7)]
        with pytest.raises(lw.errors.RuleError, match=f"row {bad}: a weight is positive"):
            Weighing.insert(rows, chunk_size=3, skip_duplicates=True)
