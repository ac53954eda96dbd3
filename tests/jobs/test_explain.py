"""Why a row is there, or why it is not."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.backends.classes import table
from tests.jobs.beds import Bed

import labwright as lw
from labwright.core.errors import UnknownAttributeError


def told(bed: Bed, *restrictions: Any, **key: Any) -> tuple[str, str]:
    """The state, and the text without times and people."""
    found = bed.Score.explain(key, *restrictions)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d( UTC)?", "<time>", str(found))
    return found.state, re.sub(r" by \S+ on \S+ \(process \d+\)", " by <worker>", text)


def test_what_is_there(bed: Bed) -> None:
    bed.Score.insert1({"session": 1}, allow_direct_insert=True)
    assert told(bed, session=1) == ("there", "Score has 1 row for session=1.")


def test_who_has_computed_it(schema: lw.Schema) -> None:
    table(schema, "Session", "session : int32").insert([(1,)])
    Score = table(schema, "Score", "-> Session", lw.Computed, make=lambda self, key: self.insert1(key))
    Score.populate()
    assert re.fullmatch(
        r"Score has 1 row for session=1\. Computed at \S+ \S+ UTC by \S+ on \S+ in \S+ s\.",
        str(Score.explain({"session": 1})),
    )


def test_a_parent_that_is_missing(bed: Bed) -> None:
    text = "Score of session=77 cannot be computed yet. There is no row of Session with session=77."
    assert told(bed, session=77) == ("missing parent", text)
    deeper = table(bed.schema, "Deeper", "-> Score", lw.Computed)
    found = deeper.explain({"session": 1})
    assert found.state == "missing parent"
    assert str(found).endswith("That fills itself: ask Score.explain({'session': 1}).")


def test_what_make_has_not_made(bed: Bed) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert([{**key, "n": n} for n in (1, 3)])

    Session = bed.Session
    Number = table(bed.schema, "Number", "n : int32", lw.Lookup, contents=[(n,) for n in range(5)])
    some = table(
        bed.schema, "Some", "-> Session\n-> Number", lw.Computed, key_source=property(lambda _: Session()), make=make
    )
    assert some.explain({"session": 1, "n": 2}).state == "never tried"
    some.populate({"session": 1})
    found = some.explain({"session": 1, "n": 2})
    assert (found.state, str(found)) == (
        "not made",
        "Some of session=1 was computed, and make stored 2 rows, none of them with session=1, n=2.",
    )
    assert some.explain({"session": 1, "n": 3}).state == "there"
    assert len(Number()) == 5


def test_what_is_left_out(bed: Bed) -> None:
    Session = bed.Session
    picky = table(
        bed.schema, "Picky", "-> Session", lw.Computed, key_source=property(lambda _: Session & "session < 3")
    )
    found = picky.explain({"session": 4})
    assert (found.state, str(found)) == (
        "left out",
        "Picky of session=4 is not to be computed: it is not in Picky.key_source.",
    )
    state, text = told(bed, "session > 0", {"score": 3}, session=2)
    assert (state, "{'score': 3}" in text) == ("left out", True)
    assert told(bed, "session > 0", session=2)[0] == "never tried"


def test_what_was_never_tried(bed: Bed) -> None:
    text = (
        "Score of session=2 was never tried. Nobody has looked for new keys since it could be computed; "
        "Score.populate() does."
    )
    assert told(bed, session=2) == ("never tried", text)
    assert not bed.Score.jobs.is_declared


def test_what_waits(bed: Bed) -> None:
    bed.Score.jobs.refresh({"session": 3}, priority=1)
    bed.Score.jobs.refresh("session < 3")
    bed.Score.jobs.refresh(delay=600)
    assert told(bed, session=3) == ("pending", "Score of session=3 waits for a worker, as number 1 in line.")
    assert told(bed, session=1) == ("pending", "Score of session=1 waits for a worker, as number 3 in line.")
    assert told(bed, session=4) == ("scheduled", "Score of session=4 is not to be begun before <time>.")


def test_what_is_to_be_tried_again(bed: Bed) -> None:
    bed.queue.refresh()
    (job,) = bed.claim(1)
    bed.queue.fail(job, "LostConnectionError: gone", "", retry_in=600)
    state, text = told(bed, session=0)
    assert state == "scheduled"
    assert text.endswith("Attempt 1 ended with: LostConnectionError: gone.")


def test_who_has_it(bed: Bed) -> None:
    bed.queue.refresh()
    (job,) = bed.claim(1)
    bed.queue.beat(bed.worker, [job], lease=600, progress={job.id: 0.25})
    text = (
        "Score of session=0 is being computed by <worker> since <time>. It is 25% done. "
        "The lease goes to <time>, unless it is renewed."
    )
    assert told(bed, session=0) == ("reserved", text)
    bed.queue.beat(bed.worker, [job], lease=-5)
    assert "The lease ended at <time>: another worker takes it" in told(bed, session=0)[1]


def test_what_failed(bed: Bed) -> None:
    bed.queue.refresh()
    (job,) = bed.claim(1)
    bed.queue.fail(job, "ValueError: no scales", "Traceback\n  ValueError: no scales\n")
    text = (
        "Score of session=0 failed at <time> by <worker>: ValueError: no scales. It is not tried again by itself; when "
        "the cause is gone: (Score.jobs.errors & {'session': 0}).reset().\nTraceback\n  ValueError: no scales"
    )
    found = bed.Score.explain({"session": 0})
    assert told(bed, session=0) == ("error", text)
    assert found.job is not None
    assert found.job["error_message"] == "ValueError: no scales"


def test_lost_workers(bed: Bed) -> None:
    bed.queue.refresh({"session": 0})
    for _ in range(3):
        bed.claim(1, lease=-1)
    bed.claim(1)
    assert "at attempt 3" in told(bed, session=0)[1]
    assert "worker lost 3 times" in told(bed, session=0)[1]


def test_what_is_ignored(bed: Bed) -> None:
    bed.Score.jobs.ignore({"session": 2})
    text = (
        "Score of session=2 is ignored: nobody computes it. To have it computed: "
        "(Score.jobs.ignored & {'session': 2}).reset()."
    )
    assert told(bed, session=2) == ("ignored", text)


def test_of_a_part_of_the_key_it_counts(schema: lw.Schema) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        if key["trial"] in (1, 2):
            raise ValueError(f"trial {key['trial']} is short")
        self.insert1(key)

    table(schema, "Trial", "session : int32\ntrial : int32").insert([(s, t) for s in (1, 2) for t in range(6)])
    Score = table(schema, "Score", "-> Trial", lw.Computed, make=make)
    assert str(Score.explain({"session": 1})) == "Score has 6 keys with session=1: 6 never tried."
    Score.populate("trial < 4", reserve_jobs=True, suppress_errors=True)
    Score.jobs.refresh({"trial": 4})
    Score.jobs.ignore({"session": 2, "trial": 4})
    found = Score.explain({"session": 1})
    assert found.state == "several"
    assert str(found).splitlines() == [
        "Score has 6 keys with session=1: 2 computed, 1 pending, 2 failed, 1 never tried.",
        "2 keys: ValueError: trial 1 is short",
    ]
    assert str(Score.explain({})).startswith("Score has 12 keys: 4 computed, 1 pending, 4 failed, 1 ign")


def test_a_name_that_is_none(bed: Bed) -> None:
    with pytest.raises(UnknownAttributeError, match="sesion"):
        bed.Score.explain({"sesion": 1})


def test_a_classic_schema(schema: lw.Schema) -> None:
    """Nothing is made to answer a question."""
    old = lw.Schema(f"{schema.database_name}_old", connection=schema.project, generation="classic")
    table(old, "Session", "session : int").insert([(1,)])
    Score = table(old, "Score", "-> Session", lw.Computed, make=lambda self, key: self.insert1(key))
    assert Score.explain({"session": 1}).state == "never tried"
    assert "~jobs" not in old.list_tables()
    old.drop(prompt=False)
