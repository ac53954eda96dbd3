"""Who is told when computations of a table fail: those who have started them, until they want it no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from labwright.web.keeping.keeping import Keeping

_FOLLOWER: Final = """
    # who is told when computations of a table fail
    person : varchar(64)
    table_name : varchar(190)
    ---
    errors : int64       # how many had failed when it was told last
    """


def followers(keeping: Keeping) -> Any:
    """Who is told of failures of which table."""
    return keeping.table("Follower", _FOLLOWER)


def follow(keeping: Keeping, person: str, table: str, errors: int) -> None:
    """Tell a person from now on when computations of a table fail."""
    followers(keeping).insert1({"person": person, "table_name": table, "errors": errors}, replace=True)


def followed(keeping: Keeping, person: str) -> set[str]:
    """The tables whose failures a person is told of."""
    return {row["table_name"] for row in (followers(keeping) & {"person": person}).to_dicts()}
