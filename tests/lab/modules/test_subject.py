"""Subjects, what they are known by, and how they leave."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

import labwright as lw

RuleError = lw.errors.RuleError


def moment(day: str, hour: int = 12) -> datetime.datetime:
    return datetime.datetime.fromisoformat(f"{day}T{hour:02}:00+00:00")


def mouse(subject: Any, name: str, born: str | None = "2024-03-04") -> dict[str, Any]:
    """A mouse that is there, as a key."""
    precision = "unknown" if born is None else "exact"
    row = {"subject": name, "taxon_id": 10090, "sex": "F", "birth_date": born, "birth_precision": precision}
    subject.Subject.insert1(row)
    return {"subject": name}


def leaves(subject: Any, key: dict[str, Any], at: datetime.datetime, **more: Any) -> None:
    subject.SubjectExit.insert1({**key, "exited_at": at, "exit_kind": "culled", **more})


def test_a_birth_is_known_or_not(subject: Any) -> None:
    mouse(subject, "found", born=None)
    with pytest.raises(RuleError, match="a birth has a date unless it is unknown"):
        subject.Subject.insert1({"subject": "dateless", "taxon_id": 10090, "sex": "M"})


def test_nobody_leaves_before_birth(subject: Any) -> None:
    key = mouse(subject, "early")
    with pytest.raises(RuleError, match="it was born after that day"):
        leaves(subject, key, moment("2024-03-03", hour=9))
    leaves(subject, key, moment("2024-03-03", hour=10))  # which is the fourth already where the day begins first
    with pytest.raises(RuleError, match="it has left before that day"):
        subject.Subject.update1({**key, "birth_date": "2024-03-05"})


def test_a_death_is_corrected_and_not_deleted(subject: Any) -> None:
    """R16: an entry is corrected by saying why; what was there before is in the history."""
    key = mouse(subject, "gone")
    leaves(subject, key, moment("2024-05-01"))
    with pytest.raises(RuleError, match="does not come back by deleting"):
        (subject.SubjectExit & key).delete(prompt=False)
    with pytest.raises(RuleError, match="does not come back by deleting"):
        (subject.Subject & key).delete(prompt=False)
    with pytest.raises(RuleError, match="say in correction why"):
        subject.SubjectExit.update1({**key, "exit_kind": "found dead"})
    subject.SubjectExit.update1({**key, "exit_kind": "found dead", "correction": "the keeper had ticked the wrong box"})
    with pytest.raises(RuleError, match="say in correction why"):
        subject.SubjectExit.update1({**key, "exit_kind": "culled"})
    kinds = [change.new["exit_kind"] for change in subject.SubjectExit.history(key)]
    assert kinds == ["found dead", "culled"]


def test_a_mark_is_of_one_subject_at_a_time(lab: Any, subject: Any) -> None:
    """R17: a tag may be used again when it is no more in use."""
    lab.Lab.insert([{"lab": name, "full_name": name} for name in ("ours", "theirs")])
    one, other = mouse(subject, "tagged"), mouse(subject, "tagged later")
    tag = {"kind": "ear tag", "value": "417", "lab": "ours"}
    subject.SubjectIdentifier.insert1({**one, **tag, "valid_from": "2024-04-01"})
    later = {**other, **tag, "valid_from": "2024-05-01"}
    with pytest.raises(RuleError, match="do not have the same mark at a time"):
        subject.SubjectIdentifier.insert1(later)
    subject.SubjectIdentifier.insert1({**later, "lab": "theirs", "kind": "rfid"})
    subject.SubjectIdentifier.update1({**one, "kind": "ear tag", "valid_from": "2024-04-01", "valid_to": "2024-05-01"})
    subject.SubjectIdentifier.insert1(later)
