"""What tests of accounts share: a clock that is set by hand, and people who are known."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from argon2 import PasswordHasher

import labwright as lw
from labwright.web.accounts.accounts import Accounts
from labwright.web.accounts.caller import Caller
from labwright.web.accounts.person import Person
from labwright.web.roles.role import Role

PASSWORD = "four horses in a row"
OFFICE = Caller("10.0.0.1", "a browser")
ELSEWHERE = Caller("203.0.113.9", "another browser")


@dataclass
class SetClock:
    """A clock that stands still until it is moved."""

    now: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


def quick_hasher() -> PasswordHasher:
    """One that takes no time, which would be wrong for people and is right for tests."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass(frozen=True)
class Bench:
    """Accounts with two people, and their clock."""

    project: lw.Project
    schema: str
    accounts: Accounts
    clock: SetClock
    ana: Person
    ben: Person

    def again(self) -> Accounts:
        """The accounts as another process, or the server after a restart, has them."""
        return accounts_in(self.project, self.schema, self.clock)


def accounts_in(project: lw.Project, schema: str, clock: SetClock) -> Accounts:
    return Accounts(project, schema=schema, clock=clock, hasher=quick_hasher())


def bench(accounts: Accounts, clock: SetClock) -> Bench:
    """Let there be two people."""
    people = [Person("ana", "Ana Silva", role=Role.ADMIN, lab="north"), Person("ben", role=Role.RESEARCHER)]
    for person in people:
        accounts.people.create(person, OFFICE, by="test")
        accounts.passwords.set(person, PASSWORD)
    return Bench(accounts.tables.project, accounts.tables.schema.database_name, accounts, clock, *people)
