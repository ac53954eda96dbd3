"""The verbs that take rows away, and whole tables."""

from __future__ import annotations

from typing import Literal

from labwright.core.errors import QueryError
from labwright.core.verb import verb
from labwright.tables import cascade
from labwright.tables.delete_preview import DeletePreview
from labwright.tables.stored import Stored


class Removable(Stored):
    """The verbs that delete and drop, with all that depends on what goes."""

    @verb
    def delete(
        self,
        transaction: bool = True,
        prompt: bool | None = None,
        part_integrity: cascade.PartIntegrity = "enforce",
        *,
        safemode: bool | None = None,
        force_parts: bool = False,
        force_masters: bool = False,
        force: bool = False,
    ) -> int:
        """Delete these rows and everything that depends on them.

        Parameters
        ----------
        transaction : bool
            Whether to delete as a unit of its own; False takes part in the transaction that is open.
        prompt : bool, optional
            Whether to show what goes and ask; by default as the setting ``safemode`` says.
        part_integrity : {'enforce', 'cascade', 'ignore'}
            What happens where parts would go without their master: an error, the master goes too, or nothing.
        safemode, force_parts, force_masters, force : bool
            Classic spellings of the two; `force` is that for parts.

        Returns
        -------
        int
            How many rows of this table are gone.
        """
        self.ready()
        if force or force_parts or force_masters:
            part_integrity = "cascade" if force_masters else "ignore"
        plan = cascade.plan_delete(self.db, self.id, self.query_node(), part_integrity=part_integrity)
        with plan:
            asks = prompt if prompt is not None else safemode
            if not cascade.confirm(plan, asks, bool(self.schema.project.config["safemode"])):
                return 0
            return plan.execute()

    @verb
    def delete_preview(self, part_integrity: cascade.PartIntegrity = "enforce") -> DeletePreview:
        """What `delete` would take away of which tables, with objects in stores and owners; nothing is done.

        Rows that others add meanwhile are not among it.

        Parameters
        ----------
        part_integrity : {'enforce', 'cascade', 'ignore'}
            As for `delete`.

        Returns
        -------
        DeletePreview

        Raises
        ------
        IntegrityError
            Where `delete` would raise it: for parts without their masters.
        """
        self.ready()
        return cascade.plan_delete(self.db, self.id, self.query_node(), part_integrity=part_integrity).look()

    @verb
    def delete_quick(self, get_count: bool = True) -> int:
        """Delete these rows alone, and return how many; rows that depend on them are an error."""
        self.ready()
        return cascade.delete_quick(self.db, self.id, self.query_node())

    @verb
    def drop(
        self,
        prompt: bool | None = None,
        part_integrity: Literal["enforce", "ignore"] = "enforce",
        *,
        force: bool = False,
    ) -> None:
        """Drop the table and all that depend on it, after asking.

        Parameters
        ----------
        prompt : bool, optional
            Whether to show what goes and ask; by default as the setting ``safemode`` says.
        part_integrity : {'enforce', 'ignore'}
            What happens where a part would go without its master: an error, or nothing.
        force : bool
            The classic spelling of ``part_integrity="ignore"``.
        """
        self._check_whole("drop")
        if part_integrity not in ("enforce", "ignore"):
            raise QueryError(f"part_integrity is 'enforce' or 'ignore' where tables go, not {part_integrity!r}.")
        self.schema.drop_tables([self.id], prompt, parts_alone=force or part_integrity == "ignore")

    @verb
    def drop_quick(self) -> None:
        """Drop the table alone."""
        self._check_whole("drop_quick")
        cascade.drop_quick(self.db, self.id)
        self.schema.forget([self.id])

    def _check_whole(self, what: str) -> None:
        """A restriction has rows and is no table that could be dropped."""
        if self._restricted is not None:
            raise QueryError(
                f"{what} removes the table with all its rows, not those of a restriction. Call it on the table itself, "
                "or delete() on the restriction."
            )
