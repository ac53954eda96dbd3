"""What was computed of rows goes with them when their insert is taken back; what people have entered keeps them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.backends.classes import part, table

import labwright as lw
from labwright.core.errors import IntegrityError


@pytest.fixture
def rat(schema: lw.Schema) -> Any:
    return table(schema, "Rat", "rat : int32\n---\nweight : float64")


@pytest.fixture
def score(schema: lw.Schema, rat: Any) -> Any:
    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1({**key, "score": (rat & key).fetch1("weight") / 2})
        type(self).Step.insert([{**key, "step": n} for n in range(2)])

    step = part("Step", "-> master\nstep : int8")
    return table(schema, "Score", "-> Rat\n---\nscore : float64", lw.Computed, make=make, Step=step)


@pytest.fixture
def mean(schema: lw.Schema, score: Any) -> Any:
    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1({**key, "mean": (score & {"rat": key["first"]}).fetch1("score")})

    definition = "-> Score.proj(first='rat')\n---\nmean : float64"
    return table(schema, "Mean", definition, lw.Computed, make=make)


def an_import(rat: Any) -> str:
    with lw.change("the import") as number:
        rat.insert([(n, 2.0 * n) for n in (1, 2)])
    return number


def test_results_of_what_was_imported_go(rat: Any, score: Any, mean: Any) -> None:
    rat.insert1((9, 18.0))
    number = an_import(rat)
    lw.run(mean)
    assert (len(score), len(score.Step), len(mean)) == (3, 6, 3)
    done = lw.undo(number)
    assert [t().to_arrays(t.primary_key[0]).tolist() for t in (rat, score, mean)] == [[9], [9], [9]]
    assert len(score.Step) == 2
    lw.undo(done)
    assert sorted(rat.to_arrays("rat")) == [1, 2, 9]
    lw.run(mean)
    assert len(mean) == 3


def test_what_people_have_entered_keeps_results_and_rows(rat: Any, score: Any, mean: Any) -> None:
    Note = table(rat.schema, "Note", "-> Score\n---\ntext : varchar(20)")
    number = an_import(rat)
    lw.run(mean)
    Note.insert1((1, "odd"))
    with pytest.raises(IntegrityError, match="that were inserted cannot go"):
        lw.undo(number)
    assert (len(rat), len(score), len(score.Step), len(mean), len(Note)) == (2, 2, 4, 2, 1)
    Note.delete(prompt=False)
    lw.undo(number)
    assert (len(rat), len(score), len(mean)) == (0, 0, 0)


def test_one_row_of_the_change(rat: Any, score: Any) -> None:
    an_import(rat)
    score.populate()
    lw.undo(rat.history({"rat": 2})[0])
    assert rat.to_arrays("rat").tolist() == [1]
    assert score.to_arrays("rat").tolist() == [1]
