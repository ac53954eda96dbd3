"""What the API takes and gives, as JSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, FailFast, Field, StringConstraints

NAME = r"^[a-z][a-z0-9_]*$"
TITLE = r"^[A-Z][A-Za-z0-9]*$"
AttributeName = Annotated[str, StringConstraints(pattern=NAME, max_length=64)]
SchemaName = Annotated[str, StringConstraints(pattern=NAME, max_length=63)]
TableTitle = Annotated[str, StringConstraints(pattern=TITLE, max_length=63)]
Why = Annotated[str, Field(max_length=2000, description="The reason, which is kept with the change.")]
OVERRIDDEN = "Why it is right in spite of what the lab's checks doubt; it is kept with the change."
Overridden = Annotated[str, Field(max_length=2000, description=OVERRIDDEN)]
NAMES = 1000
"""Names, conditions and attributes in one place."""


def _few(given: Any) -> Any:
    """Refuse many names before each of them is looked at, and told to be wrong."""
    if isinstance(given, dict) and len(given) > NAMES:
        raise ValueError(f"{NAMES} names at most")
    return given


FEW = BeforeValidator(_few)
Row = dict[str, Any]
SentRows = Annotated[list[Row], FailFast()]
Tier = Literal["manual", "lookup", "imported", "computed"]
Number = Annotated[int, Field(ge=0, le=2**63 - 1)]
Lease = Annotated[float, Field(gt=0, le=86400, description="Seconds for which nobody else has the keys.")]


class Model(BaseModel):
    """Knows its fields, and takes no others."""

    model_config = ConfigDict(extra="forbid")


class AttributeModel(Model):
    """An attribute of a table."""

    name: str
    type: str
    kind: str = Field(description="What sort of values it holds: number, text, date, blob, file, reference, ...")
    key: bool
    nullable: bool
    default: str | None = Field(description="As it is written in a form; null for none.")
    comment: str
    unit: str
    choices: list[str]


class ReferenceModel(Model):
    """A reference to another table."""

    table: str
    attributes: dict[str, str] = Field(description="Attributes here, with those of the other table.")


class TableModel(Model):
    """A table, in short."""

    name: str
    tier: str
    comment: str
    master: str | None


class TableDetails(TableModel):
    """A table."""

    attributes: list[AttributeModel]
    references: list[ReferenceModel]
    parts: list[str]
    may: list[str] = Field(description="What whoever asks may do to its rows.")
    definition: str | None = Field(description="Its definition; null where some of it may not be seen.")


class NewTable(Model):
    """A table to be made."""

    name: TableTitle = Field(description="As a class is called: `Session`.")
    tier: Tier = "manual"
    definition: str = Field(max_length=100_000)
    parts: Annotated[dict[TableTitle, str], FEW] = Field(
        default_factory=dict, description="Definitions of its parts by name."
    )


class Rows(Model):
    """Some rows of a table."""

    rows: list[Row]
    after: str | None = Field(description="Where the next rows begin: give it as `after`; null when there are none.")


class NewRows(Model):
    """Rows to be entered, all or none."""

    rows: SentRows = Field(min_length=1)
    parts: Annotated[dict[TableTitle, SentRows], FEW] = Field(
        default_factory=dict, description="Rows of parts by the part's name, entered together with their masters."
    )
    why: Why = ""
    overridden: Overridden = ""


class Changes(Model):
    """What is to be changed in a row."""

    changes: Row = Field(min_length=1)
    base: Row = Field(
        default_factory=dict, description="What the values were; when one is another by now, nothing is changed."
    )
    why: Why = ""
    overridden: Overridden = ""


class Done(Model):
    """What was done."""

    change: str = Field(description="The number of the change, by which it can be taken back.")
    count: int


class LossModel(Model):
    """What one table would lose."""

    table: str = Field(description="Empty for a table that may not be read.")
    rows: int
    objects: int = Field(description="Values in stores.")
    size: int = Field(description="Their bytes.")
    owners: list[str]
    allowed: bool


class Losses(Model):
    """What would be deleted."""

    losses: list[LossModel]
    confirm: str = Field(description="Give it back to delete exactly this.")


class Changed(Model):
    """What an attribute was, and what it became."""

    old: Any
    new: Any


class Event(Model):
    """What happened to a row."""

    change: str
    what: str
    who: str | None
    when: str | None
    why: str | None
    values: dict[str, Changed]


class ChangeModel(Model):
    """A change of rows, which can be taken back."""

    change: str
    who: str | None
    when: str | None
    why: str | None
    rows: dict[str, dict[str, int]] = Field(description="How many rows of which table were inserted, updated, deleted.")


class Reason(Model):
    """Why something is done."""

    why: Why = ""


class Counts(Model):
    """How far a table is that fills itself."""

    table: str
    total: int
    done: int
    pending: int
    scheduled: int
    reserved: int
    error: int
    ignore: int


class Failures(Model):
    """Keys that have failed in the same way."""

    kind: str
    message: str
    stack: str
    keys: list[Row]


class Explained(Model):
    """Why the rows of a key are there, or why they are not."""

    text: str


class Some(Model):
    """A key, or all."""

    key: Row | None = Field(default=None, min_length=1)


class One(Model):
    """A key."""

    key: Row = Field(min_length=1)


class Said(Model):
    """What was done, in a sentence."""

    said: str


class Count(Model):
    """How many."""

    count: int


class Worker(Model):
    """A program that computes keys."""

    worker: str | None = Field(
        default=None, pattern=r"^[0-9a-f-]{36}$", description="As the first claim has called it; null for a new one."
    )
    program: str = Field(default="", max_length=100, description="Such as `MATLAB R2024b`.")
    host: str = Field(default="", max_length=255)
    pid: int = Field(default=0, ge=0, le=2**31 - 1)


class Claim(Worker):
    """What a worker asks for."""

    limit: int = Field(default=1, ge=1, le=1000)
    lease: Lease = 60.0
    key: Row = Field(default_factory=dict, description="Only keys that have these values.")


class JobModel(Model):
    """A key that a worker holds."""

    id: int
    token: int = Field(description="Grows with each claim: who holds an older one may not store.")
    key: Row
    attempt: int


class Claimed(Model):
    """What a worker got."""

    worker: str
    jobs: list[JobModel]


class Held(Model):
    """A key that a worker holds, by its numbers."""

    id: Number
    token: Number


class Renewal(Model):
    """What a worker holds on to."""

    worker: str = Field(pattern=r"^[0-9a-f-]{36}$")
    jobs: list[Held] = Field(max_length=1000)
    lease: Lease = 60.0
    progress: float | None = Field(default=None, ge=0, le=1)


class Kept(Model):
    """What a worker still holds."""

    held: list[int] = Field(description="The numbers of jobs; to go on with the others is of no use.")


class Release(Model):
    """What a worker gives back."""

    worker: str = Field(pattern=r"^[0-9a-f-]{36}$")
    jobs: list[Held] = Field(max_length=1000)


class Result(Held):
    """What was computed for a key."""

    worker: str = Field(pattern=r"^[0-9a-f-]{36}$")
    rows: SentRows = Field(min_length=1)
    parts: Annotated[dict[TableTitle, SentRows], FEW] = Field(default_factory=dict)
    duration: float = Field(default=0.0, ge=0, le=1e9, description="Seconds.")


class Failed(Held):
    """What went wrong with a key."""

    worker: str = Field(pattern=r"^[0-9a-f-]{36}$")
    message: str = Field(max_length=10_000)
    stack: str = Field(default="", max_length=1_000_000)
