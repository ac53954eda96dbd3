"""Subjects of study, what they are known by, and how they left."""

from __future__ import annotations

from typing import Any

import labwright as lw
from labwright.lab.lab import Lab, Species, User
from labwright.lab.subject.module import schema


@schema
class Subject(lw.Manual):
    definition = """
    # An animal, or another subject of study
    subject : varchar(64)
    ---
    -> Species
    sex : enum('M', 'F', 'U', 'O')     # male, female, unknown, other
    birth_date = null : date
    birth_precision = 'exact' : enum('exact', 'day', 'week', 'unknown')  # how far it may be off
    description = "" : varchar(255)
    index (birth_date)
    """
    rules = (
        lw.Check(
            "(birth_date is null) = (birth_precision = 'unknown')",
            "a birth has a date unless it is unknown",
            name="birth_known",
        ),
        lw.Refuse(
            lambda new: SubjectExit & new & "timestampadd(hour, 14, exited_at) < new.birth_date",
            "it has left before that day",
            on="update",
            name="born_before_it_left",
        ),
    )


@schema
class SubjectIdentifier(lw.Manual):
    definition = """
    # What a subject is known by, from when to when
    -> Subject
    kind : enum('ear tag', 'rfid', 'tattoo', 'toe clip', 'nickname', 'other')
    valid_from : date
    ---
    valid_to = null : date             # the first day on which it is no more
    value : varchar(64)
    -> Lab
    """
    rules = (
        lw.NoOverlap(
            of=("lab", "kind", "value"),
            start="valid_from",
            end="valid_to",
            says="two subjects of a laboratory do not have the same mark at a time",
            name="one_at_a_time",
        ),
    )


def _born_later(new: Any) -> Any:
    """The subject, where its day of birth begins later anywhere on earth."""
    return Subject & new & "timestampadd(hour, 14, new.exited_at) < birth_date"


@schema
class SubjectExit(lw.Manual):
    definition = """
    # How and when a subject left; a correction says why, and the history keeps what was there before
    -> Subject
    ---
    exited_at : datetime_utc
    exit_kind : enum('culled', 'found dead', 'exported', 'lost', 'reused', 'withdrawn')
    reason = "" : varchar(255)
    method = "" : varchar(100)         # of killing
    actual_severity = null : enum('non-recovery', 'mild', 'moderate', 'severe')
    -> [nullable] User.proj(performed_by="user")
    correction = "" : varchar(255)     # why this was changed
    """
    history = True
    rules = (
        lw.Refuse(
            lambda old: old,
            "who has left does not come back by deleting how: correct the entry, and say why",
            on="delete",
            name="exit_stays",
        ),
        lw.Refuse(
            lambda new, old: new & "new.correction = '' or new.correction = old.correction",
            "say in correction why this is changed",
            on="update",
            name="correction_says_why",
        ),
        lw.Refuse(
            _born_later,
            "it was born after that day",
            on=("insert", "update"),
            name="left_after_birth",
        ),
    )
