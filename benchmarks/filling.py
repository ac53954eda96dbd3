"""A table that fills itself by a make that does next to nothing: one fetch1, one insert1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.beds import Bed

FIRST = 1000
"""So many rows are inserted as such; the others are made of them."""


class Filling:
    """A source, and a target that is computed of it.

    Parameters
    ----------
    bed : Bed
    commits : {'shared', 'each'}
        Whether Labwright stores several results with one commit; DataJoint never does.
    """

    def __init__(self, bed: Bed, commits: str = "shared") -> None:
        self.bed = bed
        bed.set("jobs.shared_commits", commits == "shared")
        self.source = source = bed.table("Source", "item : int32\n---\nsize : float64")

        def make(self: Any, key: dict[str, Any]) -> None:
            self.insert1({**key, "result": (source & key).fetch1("size")})

        definition = "-> Source\n---\nresult : float64"
        self.target = bed.table("Target", definition, "Computed", context={"Source": source}, make=make)
        bed.declare()

    def add(self, count: int) -> None:
        """Insert rows into the source: some, and then as many again, and again."""
        here = min(FIRST, count)
        self.source.insert([(i, i / 2) for i in range(here)])
        name = self.bed.name_of(self.source())
        while here < count:
            self.bed.sql(
                f"INSERT INTO {name} (item, size) SELECT item + {here}, size + {here / 2} FROM {name} "
                f"WHERE item < {count - here}"
            )
            here = min(2 * here, count)

    def fill(self) -> None:
        """Have all rows of the target, without computing them."""
        source, target = self.bed.name_of(self.source()), self.bed.name_of(self.target())
        self.bed.sql(f"INSERT INTO {target} (item, result) SELECT item, size FROM {source}")

    def clear(self) -> None:
        """Have nothing computed, and an empty queue that counts from the beginning."""
        self.target().delete_quick()
        if self.bed.side != "datajoint" and self.target.jobs.is_declared:  # the other has none then
            self.bed.empty(self.target.jobs)

    def check(self) -> None:
        """Make sure that all is computed."""
        done, of = len(self.target()), len(self.source())
        if done != of:
            raise RuntimeError(f"{done} of {of} keys were computed")
