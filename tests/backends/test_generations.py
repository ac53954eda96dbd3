"""Where the same text means different things in the two generations of the language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import labwright as lw
from labwright.core.generation import Generation

GENERATIONS: tuple[Generation, ...] = ("classic", "2")


@pytest.fixture
def make(project: lw.Project, prefix: str) -> Callable[[Generation], Any]:
    """A schema of either generation with three filled tables."""

    def made(generation: Generation) -> Any:
        schema = lw.Schema(f"{prefix}{generation}", connection=project, generation=generation)

        @schema
        class Rig(lw.Lookup):
            definition = """
            rig : varchar(8)
            ---
            maker : varchar(8)
            """
            contents = (("blue", "acme"), ("red", "bolt"))

        @schema
        class Subject(lw.Manual):
            definition = """
            subject : int
            ---
            -> Rig
            maker : varchar(8)
            weights = null : longblob
            """

        @schema
        class Session(lw.Manual):
            definition = """
            -> Subject
            session : int
            ---
            maker : varchar(8)
            """

        Subject.insert([(1, "blue", "acme", None), (2, "red", "acme", None), (3, "red", "bolt", None)])
        Session.insert([(1, 1, "acme"), (1, 2, "bolt"), (2, 1, "acme")])
        schema.spawned = (Rig, Subject, Session)  # type: ignore[attr-defined]  # for the tests below
        return schema.spawned  # type: ignore[attr-defined]  # set above

    return made


def test_a_schema_and_what_is_made_of_it_know_their_generation(project: lw.Project, prefix: str) -> None:
    plain, classic = lw.Schema(f"{prefix}a"), lw.Schema(f"{prefix}b", generation="classic")
    assert (plain.generation, classic.generation) == ("2", "classic")
    with project.config.override(generation="classic"):
        assert plain.generation == "classic"
    with pytest.raises(lw.errors.ConfigError, match="'classic' or '2', not 3"):
        lw.Schema(f"{prefix}c", generation=3)  # type: ignore[arg-type]  # the mistake that is tested


def test_activate_may_give_the_generation(prefix: str) -> None:
    schema = lw.Schema()
    assert schema.activate(f"{prefix}late", generation="classic").generation == "classic"


def test_an_expression_has_the_generation_of_its_first_table(make: Callable[[Generation], Any]) -> None:
    for generation in GENERATIONS:
        _, subject, session = make(generation)
        assert (subject & "subject = 1").generation == generation
        assert (subject.proj() * session.proj()).generation == generation
        assert lw.FreeTable(None, str(subject().id), generation=generation).generation == generation


def test_aggr_drops_unmatched_rows_in_the_classic_generation(make: Callable[[Generation], Any]) -> None:
    for generation, expected in (("classic", [(1, 2), (2, 1)]), ("2", [(1, 2), (2, 1), (3, 0)])):
        _, subject, session = make(generation)  # type: ignore[arg-type]  # a str to mypy
        counted = subject.proj().aggr(session.proj(), n="count(session)")
        assert [tuple(r.values()) for r in counted.to_dicts(order_by="KEY")] == expected
        assert len(subject.proj().aggr(session.proj(), n="count(*)", keep_all_rows=True)) == 3
        assert len(subject.proj().aggr(session.proj(), n="count(*)", exclude_nonmatching=True)) == 2


def test_namesakes_match_by_name_unless_secondary_in_both(make: Callable[[Generation], Any]) -> None:
    rig, subject, _ = make("classic")
    # `rig` is in the key on one side; `maker` is secondary on both
    with pytest.raises(lw.errors.QueryError, match=r"'maker' is on both sides and in neither's primary key.*@"):
        subject * rig
    with pytest.raises(lw.errors.QueryError, match="'maker'"):
        subject & rig
    named = rig.proj(rig_name="rig", subject="(1)")
    assert len(subject.proj() * named) == 2
    by_key = lw.U("maker") & rig
    assert len(subject & by_key) == 3
    assert len(subject - by_key) == 0


def test_namesakes_of_other_origin_are_an_error_in_generation_2(make: Callable[[Generation], Any]) -> None:
    rig, subject, _ = make("2")
    with pytest.raises(lw.errors.QueryError, match="'maker' is on both sides, here"):
        subject * rig
    for other in (rig, lw.U("maker") & rig):
        with pytest.raises(lw.errors.QueryError, match="'maker' is on both sides, here"):
            subject & other


def test_permissive_operators(make: Callable[[Generation], Any]) -> None:
    rig, subject, session = make("classic")
    assert len(subject @ rig) == 2  # both rig and maker match
    assert len(subject ^ rig) == 2
    assert len(session @ rig.proj("maker")) == 3
    rig, subject, session = make("2")
    with pytest.raises(lw.errors.QueryError, match=r"\.join\(other, semantic_check=False\)"):
        subject @ rig
    with pytest.raises(lw.errors.QueryError, match=r"\.restrict\(other, semantic_check=False\)"):
        subject ^ rig
    assert len(subject.join(rig, semantic_check=False)) == 2


def test_u_is_joined_in_the_classic_generation(make: Callable[[Generation], Any]) -> None:
    _, subject, _ = make("classic")
    for promoted in (lw.U("maker") * subject, subject * lw.U("maker"), subject() * lw.U("maker")):
        assert promoted.primary_key == ["subject", "maker"]
        assert len(promoted) == 3
    _, subject, _ = make("2")
    with pytest.raises(lw.errors.QueryError, match="belongs to the classic language"):
        lw.U("maker") * subject
    with pytest.raises(lw.errors.QueryError, match="belongs to the classic language"):
        subject * lw.U("maker")


@pytest.mark.parametrize("generation", GENERATIONS)
def test_nothing_is_taken_from_u(make: Callable[[Generation], Any], generation: Generation) -> None:
    _, subject, _ = make(generation)
    with pytest.raises(lw.errors.QueryError, match="infinitely many rows"):
        lw.U("maker") - subject


def test_the_key_of_a_join_holds_both_keys_in_the_classic_generation(make: Callable[[Generation], Any]) -> None:
    for generation, key in (("classic", ["subject", "rig"]), ("2", ["subject"])):
        rig, subject, _ = make(generation)  # type: ignore[arg-type]  # a str to mypy
        assert (subject.proj("rig") * rig.proj()).primary_key == key


def test_a_bare_blob_holds_values_in_the_classic_generation_and_bytes_in_the_other(
    make: Callable[[Generation], Any],
) -> None:
    _, subject, _ = make("classic")
    subject.update1({"subject": 1, "weights": {"a": [1, 2]}})
    assert (subject & "subject = 1").fetch1("weights") == {"a": [1, 2]}
    assert "blob" in subject.describe()
    _, subject, _ = make("2")
    subject.update1({"subject": 1, "weights": b"raw"})
    assert (subject & "subject = 1").fetch1("weights") == b"raw"
    with pytest.raises(lw.errors.DataError, match="'weights'"):
        subject.update1({"subject": 1, "weights": {"a": [1, 2]}})
