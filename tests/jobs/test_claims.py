"""Keys that are computed elsewhere, and whose rows are brought here."""

from __future__ import annotations

from typing import Any

import pytest
from tests.backends.classes import part, table
from tests.backends.conftest import project, schema

import labwright as lw
from labwright.core.errors import LostJobError, MakeError

__all__ = ["project", "schema"]


@pytest.fixture
def weight(schema: lw.Schema) -> Any:
    mouse = table(schema, "Mouse", "mouse : int32")
    weight = table(
        schema, "Weight", "-> Mouse\n---\nweight : float64", lw.Computed,
        Reading=part("Reading", "-> master\nreading : int8"),
    )  # fmt: skip
    mouse.insert([(n,) for n in range(1, 4)])
    weight.jobs.refresh()
    return weight


def claims(weight: Any) -> lw.Claims:
    return lw.Claims(weight(), lw.WorkerId.new())


def test_rows_and_the_end_of_the_job_come_together(weight: Any) -> None:
    ours = claims(weight)
    job, other = ours.claim(2)
    assert ours.renew([job, other], progress=0.5) == {job.id, other.id}
    assert ours.held(job.id, job.token) == job
    with ours.storing(job, duration=2.5):
        weight.insert([{**job.key, "weight": 20}], parts={"Reading": [{**job.key, "reading": 1}]})
    assert (len(weight()), len(weight.Reading())) == (1, 1)
    assert weight.provenance(job.key).duration == 2.5
    assert weight.jobs.progress()["reserved"] == 1
    assert ours.release([other]) == 1
    assert weight.jobs.progress()["pending"] == 2


@pytest.mark.parametrize("rows", [[], [{"mouse": 1, "weight": 20}, {"mouse": 9, "weight": 1}]], ids=["none", "foreign"])
def test_other_rows_than_those_of_the_key_are_refused(weight: Any, rows: list[dict[str, Any]]) -> None:
    ours = claims(weight)
    (job,) = ours.claim()
    with pytest.raises(MakeError, match="Nothing was stored"), ours.storing(job):
        weight.insert(rows)
    assert not weight()
    assert ours.held(job.id, job.token) == job


def test_who_comes_late_stores_nothing(weight: Any) -> None:
    late = claims(weight)
    (job,) = late.claim(1, {"mouse": 2})
    (weight.jobs & {"mouse": 2}).delete()
    weight.jobs.refresh()
    (again,) = claims(weight).claim(1, {"mouse": 2})
    assert again.key == job.key
    with pytest.raises(LostJobError), late.storing(job):
        weight.insert1({**job.key, "weight": 20})
    with pytest.raises(LostJobError, match="Claim other keys"):
        late.held(job.id, job.token)
    assert late.renew([job]) == set()
    assert not late.fail(job, "too late")
    assert not weight()


def test_a_lease_that_has_ended_is_taken_by_another(weight: Any) -> None:
    late, next_one = claims(weight), claims(weight)
    (job,) = late.claim(1, {"mouse": 1}, lease=0)
    (again,) = next_one.claim(1, {"mouse": 1})
    assert (again.id, again.token) == (job.id, job.token + 1)
    with pytest.raises(LostJobError), late.storing(job):
        weight.insert1({**job.key, "weight": 1})
    with next_one.storing(again):
        weight.insert1({**again.key, "weight": 2})
    assert weight.fetch1("weight") == 2


def test_nobody_holds_what_another_claimed(weight: Any) -> None:
    (job,) = claims(weight).claim()
    with pytest.raises(LostJobError):
        claims(weight).held(job.id, job.token)


def test_a_failure_is_told(weight: Any) -> None:
    ours = claims(weight)
    (job,) = ours.claim()
    assert ours.fail(job, "no scales", "line 3")
    assert (weight.jobs & job.key).fetch1("status", "error_message", "error_stack") == (
        "error",
        "no scales",
        "line 3",
    )
