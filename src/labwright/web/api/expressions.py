"""Queries as JSON: a tree of operators over tables. There is no text in them that a database would run."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Union

from pydantic import Discriminator, FailFast, Field, Tag

from labwright.web.api.models import FEW, NAMES, AttributeName, Model

Operator = Literal["eq", "ne", "lt", "le", "gt", "ge", "in", "between", "contains", "startswith", "is_null", "not_null"]
Function = Literal[
    "add", "subtract", "multiply", "divide", "mod", "power", "negate", "abs", "round", "floor", "ceil", "sqrt", "exp",
    "ln", "lower", "upper", "length", "concat", "coalesce", "year", "month", "day",
]  # fmt: skip
Summary = Literal["count", "sum", "avg", "min", "max", "std"]


class Compare(Model):
    """An attribute compared with a value."""

    attribute: AttributeName
    is_: Operator = Field(alias="is", default="eq")
    value: Any = None


class Equal(Model):
    """Attributes that have these values."""

    equal: Annotated[dict[AttributeName, Any], FEW]


class All(Model):
    """What meets all of some conditions."""

    all: Annotated[list[Condition], FailFast()]


class Any_(Model):  # noqa: N801 - Any is another
    """What meets one of some conditions."""

    any: Annotated[list[Condition], FailFast()]


class Not(Model):
    """What does not meet a condition."""

    not_: Condition = Field(alias="not")


class Within(Model):
    """What has a partner in another query."""

    within: Query


def _kind(given: Any) -> str | None:
    """Which condition is meant: of one that is wrong only this is told, not why it is none of the others."""
    if not isinstance(given, dict):
        return None
    return next((name for name in ("equal", "all", "any", "not", "within") if name in given), "compare")


Condition = Annotated[
    Union[  # noqa: UP007 - it is recursive
        Annotated[Compare, Tag("compare")],
        Annotated[Equal, Tag("equal")],
        Annotated[All, Tag("all")],
        Annotated[Any_, Tag("any")],
        Annotated[Not, Tag("not")],
        Annotated[Within, Tag("within")],
    ],
    Discriminator(_kind, custom_error_type="condition", custom_error_message="This is no condition"),
]
"""What rows may have to meet."""


class Text(Model):
    """A text."""

    text: str = Field(max_length=1000)


class Call(Model):
    """A function of values."""

    fn: Function
    args: list[Value] = Field(min_length=1, max_length=20)


Value = Union[AttributeName, float, Text, Call]  # noqa: UP007 - it is recursive


class Aggregation(Model):
    """A summary of many rows."""

    fn: Summary
    of: Value | None = Field(default=None, description="None counts rows.")
    distinct: bool = False


class TableOf(Model):
    """All rows of a table."""

    op: Literal["table"]
    table: str


class Restrict(Model):
    """Rows that meet all conditions."""

    op: Literal["restrict"]
    of: Query
    where: list[Condition] = Field(max_length=NAMES)


class Project(Model):
    """Attributes chosen, renamed and computed; those of the key stay."""

    op: Literal["project"]
    of: Query
    keep: list[AttributeName] | None = Field(default=None, max_length=NAMES, description="None keeps all.")
    rename: Annotated[dict[AttributeName, AttributeName], FEW] = Field(
        default_factory=dict, description="New names with the old ones."
    )
    compute: Annotated[dict[AttributeName, Value], FEW] = Field(default_factory=dict)


class Join(Model):
    """Rows of two queries that belong together."""

    op: Literal["join"]
    left: Query
    right: Query
    outer: bool = Field(default=False, description="Whether rows on the left without a partner stay.")


class Aggregate(Model):
    """Rows of one query summarised for each row of another."""

    op: Literal["aggregate"]
    by: Query
    of: Query
    compute: Annotated[dict[AttributeName, Aggregation], FEW]
    all_rows: bool = Field(default=True, description="Whether rows that have nothing to summarise stay.")


class Group(Model):
    """Rows summarised for each combination of values; for none, as a whole."""

    op: Literal["group"]
    of: Query
    by: list[AttributeName] = Field(max_length=NAMES)
    compute: Annotated[dict[AttributeName, Aggregation], FEW] = Field(default_factory=dict)


class UnionOf(Model):
    """Rows of both queries."""

    op: Literal["union"]
    left: Query
    right: Query


class First(Model):
    """Some rows in an order."""

    op: Literal["first"]
    of: Query
    limit: Annotated[int, Field(ge=0, le=2**31)] | None = None
    offset: int = Field(default=0, ge=0, le=2**31)
    order: list[str] = Field(
        default_factory=list, max_length=NAMES, description="Attributes; those behind a minus fall. None: the key."
    )


Query = Annotated[
    Union[TableOf, Restrict, Project, Join, Aggregate, Group, UnionOf, First],  # noqa: UP007 - it is recursive
    Field(discriminator="op"),
]

for _model in (All, Any_, Not, Within, Call, Aggregation, Restrict, Project, Join, Aggregate, Group, UnionOf, First):
    _model.model_rebuild()
