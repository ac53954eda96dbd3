"""One table, as far as one person may see and change it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import labwright as lw
from labwright.web.desk.changing.checking import becoming, check
from labwright.web.desk.records import is_record
from labwright.web.desk.refusals import BadRequestError, NotAllowedError, NotThereError
from labwright.web.fields import field_of
from labwright.web.roles.role import Scope, Verb

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk

Row = Mapping[str, Any]
_NAMES: Final = re.compile(r"\w+")


@dataclass(frozen=True)
class Link:
    """A reference that a person may follow.

    Parameters
    ----------
    sheet : Sheet
        The table at the other end.
    attributes : mapping of str to str
        Those that refer, with those of the key that they refer to.
    """

    sheet: Sheet
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """A table at somebody's desk.

    Parameters
    ----------
    desk : Desk
    name : str
        The schema, and the class behind that of its master.
    table : Table class
        All of it: what is asked of it directly is asked without regard to rights.
    """

    desk: Desk
    name: str
    table: Any

    @cached_property
    def schema(self) -> str:
        """The name of its schema."""
        return str(self.table.id.schema)

    @cached_property
    def title(self) -> str:
        """The name of its class, behind that of its master."""
        return ".".join(self.table.id.class_path)

    @cached_property
    def tier(self) -> str:
        """The tier: manual, lookup, imported, computed or part."""
        return str(self.table.tier)

    @cached_property
    def comment(self) -> str:
        """What its definition says of it."""
        return str(self.table.table_def.comment)

    @property
    def definition(self) -> str | None:
        """Its definition; None where the person may not see all that is in it."""
        own, known = self.table.heading, {link.sheet.name for link in self.references}
        seen = all(self.desk.workspace.name_of(str(r.parent)) in known for r in self.table.refers_to())
        return str(self.table.describe()) if seen and len(self.heading) == len(own) else None

    def may(self, verb: Verb) -> bool:
        """Whether the person may do this to any row of it; nobody reads a table whose key is hidden."""
        found = self.reach(verb) is not None and not self._is_record(verb)
        return found and not self._hidden & set(self.table.heading.primary_key)

    def reach(self, verb: Verb) -> Scope | None:
        """How far the person's right to do this reaches, where it is done on a screen of its own."""
        return self.desk.rights.scope(verb, self.schema, self.title)

    def _is_record(self, verb: Verb) -> bool:
        return is_record(self.desk.workspace, self.schema, self.title, verb)

    @cached_property
    def _hidden(self) -> frozenset[str]:
        return self.desk.rights.hidden(self.schema, self.title)

    @cached_property
    def heading(self) -> lw.Heading:
        """The attributes that the person may see."""
        found = self.table.heading
        return lw.Heading(a for name, a in found.items() if name not in self._hidden) if self._hidden else found

    @property
    def is_whole(self) -> bool:
        """Whether the person may see all of its attributes."""
        return not self._hidden

    def names_hidden(self, text: str) -> bool:
        """Whether a text has the name of an attribute in it that the person may not see."""
        return bool(self._hidden & set(_NAMES.findall(text)))

    @cached_property
    def tells_owners(self) -> bool:
        """Whether the person may see the attributes, here or in a table above, in which it stands whose rows are."""
        source = self.table.owner_source()
        if source is None:
            return True
        name = self.desk.workspace.name_of(source[0])
        above = None if name is None else self.desk.find(name)
        return above is not None and above._hidden.isdisjoint(source[1])

    @property
    def key(self) -> Sequence[str]:
        """The names of the key's attributes."""
        return self.heading.primary_key

    def rows(self, *conditions: Any) -> Any:
        """The rows that the person may see and that meet all conditions, with the attributes that they may see.

        What is hidden is gone before the conditions apply: to name it is to name what is not there.
        """
        found = self._within(self.need(Verb.READ))
        if self._hidden:
            found = found.proj(*self.heading.secondary_attributes)
        return found & lw.AndList(conditions) if conditions else found

    def light_rows(self, *conditions: Any) -> Any:
        """The same rows without what is read from a store or by a codec, or is written to a folder when it is read."""
        names = [n for n in self.heading.secondary_attributes if not field_of(self.heading[n]).is_heavy]
        return self.rows(*conditions).proj(*names)

    def row(self, key: Row) -> dict[str, Any]:
        """One row, as light as that.

        Raises
        ------
        NotThereError
            When there is none, or none that the person may see.
        """
        found = self.light_rows(key).to_dicts(limit=1)
        if not found:
            raise NotThereError(f"There is no such row in {self.title}.")
        return dict(found[0])

    def _within(self, scope: Scope) -> Any:
        """The rows of a scope, whole."""
        if scope is Scope.ALL:
            return self.table()
        return self.table.owned_by(*self.people(scope))

    def people(self, scope: Scope) -> tuple[str, ...]:
        person = self.desk.person.name
        return (person,) if scope is Scope.OWN else tuple({person, *self.desk.colleagues})

    def need(self, verb: Verb) -> Scope:
        """How far the person's right to do this reaches.

        Raises
        ------
        NotAllowedError
            When they have none.
        """
        scope = self.reach(verb)
        if self._is_record(verb):
            raise NotAllowedError(f"Rows of {self.title} are written in the lab book, and nowhere else.")
        if scope is None:
            raise NotAllowedError(f"You may not {verb} rows of {self.title}. Somebody who administers this server can.")
        return scope

    def insert(
        self,
        rows: Sequence[Row],
        parts: Mapping[str, Sequence[Row]] | None = None,
        why: str = "",
        overridden: str = "",
    ) -> str:
        """Enter rows, and their parts, all or none; returns the number of the change.

        Raises
        ------
        CheckError
            When a check of the lab's finds something, and it is not `overridden` by a reason.
        """
        scope = self.need(Verb.INSERT)
        self.check_known(rows)
        for name, own in (parts or {}).items():
            part = self.part(name)
            part.need(Verb.INSERT)
            part.check_known(own)
        of_parts = [(self.part(name), own) for name, own in (parts or {}).items()]
        why = check([(self, rows), *of_parts], overridden, why)
        with self.desk.acting(why or None) as number:
            self.table.insert(rows, parts=parts) if parts else self.table.insert(rows)
            self.check_owned(scope, [{n: row[n] for n in self.key if n in row} for row in rows])
        return number

    def update(self, key: Row, changes: Row, base: Row | None = None, why: str = "", overridden: str = "") -> str:
        """Change attributes of a row, while those in `base` are what they were; returns the number of the change.

        Raises
        ------
        ConflictError
            When somebody has changed them meanwhile.
        CheckError
            When a check of the lab's finds something, and it is not `overridden` by a reason.
        """
        scope = self.need(Verb.UPDATE)
        self.check_known([changes, base or {}])
        self._check_same(key, changes)
        self.check_owned(scope, [key])  # before any check of the lab's says what it thinks of the row
        why = check([(self, becoming(self, [key], changes))], overridden, why)
        with self.desk.acting(why or None) as number:
            self.check_owned(scope, [key])
            self.table.update1({**changes, **key}, expected=base)
            self.check_owned(scope, [key])
        return number

    def _check_same(self, key: Row, changes: Row) -> None:
        """Refuse to change another row than that of the key, whose owner and whose state nobody would look at."""
        if any(value != key[name] for name, value in changes.items() if name in key):
            raise BadRequestError(f"The key of a row of {self.title} stays what it is. Enter another row.")

    def check_known(self, rows: Sequence[Row]) -> None:
        """Refuse rows that name what the person may not see, in the words for what is not there."""
        self.heading.require({name for row in rows for name in row}, self.title)

    def check_owned(self, scope: Scope, keys: Sequence[Row]) -> None:
        """Refuse rows that are not among those that the right reaches, or are parts of such."""
        if scope is Scope.ALL:
            return
        if self.master_name is not None:
            master = Sheet(self.desk, self.master_name, self.desk.workspace.tables()[self.master_name])
            master.check_owned(scope, [{n: key[n] for n in master.table.primary_key if n in key} for key in keys])
        if len(self._within(scope) & list(keys)) < len(self.table & list(keys)):
            whose = "your own" if scope is Scope.OWN else "your lab's"
            raise NotAllowedError(f"You may enter and change only {whose} rows of {self.title}.")

    @cached_property
    def references(self) -> tuple[Link, ...]:
        """What its rows refer to, as far as the person may see it."""
        found = (self._link(reference, reference.parent) for reference in self.table.refers_to())
        return tuple(link for link in found if link is not None)

    @cached_property
    def referenced_by(self) -> tuple[Link, ...]:
        """What refers to its rows, as far as the person may see it."""
        found = (self._link(reference, reference.table) for reference in self.table.referenced_by())
        return tuple(link for link in found if link is not None)

    def _link(self, reference: lw.Reference, other: Any) -> Link | None:
        """A reference, unless the person may not read the table at its other end, or attributes that it is made of."""
        name = self.desk.workspace.name_of(str(other))
        sheet = None if name is None else self.desk.find(name)
        referring = self if other == reference.parent else sheet
        if sheet is None or referring is None or not set(reference.attributes) <= set(referring.heading):
            return None
        return Link(sheet, reference.pairs)

    def part(self, name: str) -> Sheet:
        """A part, by the name of its class."""
        return self.desk.sheet(f"{self.name}.{name}")

    @cached_property
    def parts(self) -> tuple[Sheet, ...]:
        """The parts that the person may read."""
        names = (name for name in self.desk.workspace.tables() if name.rpartition(".")[0] == self.name)
        found = (self.desk.find(name) for name in names)
        return tuple(part for part in found if part is not None)

    @cached_property
    def master_name(self) -> str | None:
        """The name of the master, of a part."""
        return self.name.rpartition(".")[0] if self.table.id.master is not None else None
