"""Every error Labwright raises.

::

    LabwrightError                     root; ``DataJointError`` is the same class
    ├── DefinitionError                a table definition or name that cannot be accepted
    │   ├── DefinitionSyntaxError      ... because it cannot be parsed; carries line and column
    │   └── UnresolvedReferenceError   ... because ``-> Target`` is not found
    ├── QueryError                     an expression that has no meaning
    │   ├── QuerySyntaxError           ... because its text cannot be parsed
    │   └── UnknownAttributeError      a name that the heading does not have
    ├── DataError                      a value that its attribute cannot hold
    ├── MissingAttributeError          a required attribute without a value
    ├── IntegrityError                 the database refused: a missing parent, a reference
    │   └── RuleError                  ... or a rule of the table; says which, in its sentence
    ├── DuplicateError                 a key, or a unique index, that is already there
    ├── ConflictError                  a row that is not as it was when it was read
    ├── MissingTableError              a table that is not in the database
    ├── AccessError                    no right, or a password that is wrong
    ├── LostConnectionError            the server went away, or could not be reached
    ├── TransactionError               a transaction where there may be none, or the reverse
    ├── LockError                      a lock held too long by somebody else; deadlocks
    ├── MakeError                      a make that does what no result may be stored for
    ├── InputsChangedError             what a computation has read has changed before it was stored
    ├── LostJobError                   another worker has the job now, or it was withdrawn
    ├── EngineError                    workers that cannot be started, or an engine that is gone
    ├── ServerError                    the database has a problem of its own: disk full, out of memory
    ├── MigrationError                 a change of tables that cannot be safe, or is half done
    ├── ConfigError                    a setting that is missing, unknown or wrong
    ├── ArchiveError                   a backup that is damaged, or no backup at all
    ├── VersionError                   the database is older or newer than this client
    ├── MissingPackageError            an optional package that is not installed
    ├── CodecError                     a value that a codec cannot encode or bytes it cannot decode
    │   └── TooLargeError              ... because they hold more than may be unpacked
    ├── MissingExternalFile            a stored object whose bytes are gone
    ├── BucketInaccessible             a store that cannot be reached
    ├── UnsupportedError               what a store cannot do, such as to write to a web server
    └── ThreadSafetyError              shared state used where it is not allowed

The docstring of a class opens with its message for when none is given.

    >>> from labwright import errors
    >>> str(errors.LockError())
    'Somebody else holds the lock for too long.'
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Violation:
    """What a database objected to, as far as it says.

    Parameters
    ----------
    reason : str
        ``'unique'``, ``'missing_parent'``, ``'has_children'``, ``'not_null'``, ``'check'``, ``'rule'`` (a trigger),
        ``'too_long'``, ``'out_of_range'``, ``'bad_value'``, ``'missing'``, ``'exists'``, ``'locked'``, ``'deadlock'``,
        ``'serialization'``, ``'full'``, ``'read_only'``, ``'corrupt'``, ``'timeout'``, ``'password'``, ``'denied'``,
        or ``'other'``.
    table : str or None
        ``schema.table``, or the table alone where the database does not say the schema.
    columns : tuple of str
        The columns concerned, in the order of the constraint.
    constraint : str or None
        The name of the constraint or index.
    references : str or None
        For a foreign key, the other table.
    """

    reason: str
    table: str | None = None
    columns: tuple[str, ...] = ()
    constraint: str | None = None
    references: str | None = None


class LabwrightError(Exception):
    """Labwright cannot do this.

    Examples
    --------
    >>> import labwright as lw
    >>> try:
    ...     lw.Schema("1st lab!")
    ... except lw.LabwrightError as error:
    ...     type(error).__name__
    'DefinitionError'
    """

    violation: Violation | None = None
    cell: int | None = None
    """Which of the values of a column it is about, where that is known."""
    attribute: str = ""
    """The name of the column, where another one was being looked at meanwhile."""

    def __init__(self, message: str | None = None, *details: object) -> None:
        super().__init__(message or (type(self).__doc__ or "").partition("\n")[0], *details)

    def __str__(self) -> str:
        return str(self.args[0])

    def suggest(self, advice: str) -> LabwrightError:
        """Return a copy of this error with `advice` on a line of its own."""
        copy = type(self)(f"{self}\n{advice}")
        copy.__cause__, copy.__dict__ = self.__cause__, dict(self.__dict__)
        return copy


DataJointError = LabwrightError
"""The name by which existing pipelines catch it."""


class DefinitionError(LabwrightError):
    """The table definition cannot be accepted."""


class DefinitionSyntaxError(DefinitionError):
    """The table definition cannot be parsed."""

    def __init__(self, message: str | None = None, *, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class UnresolvedReferenceError(DefinitionError):
    """The target of a reference is not found."""


class QueryError(LabwrightError):
    """The query has no meaning."""


class QuerySyntaxError(QueryError):
    """The text of a condition or expression cannot be parsed."""


class UnknownAttributeError(QueryError):
    """The heading has no such attribute."""


class DataError(LabwrightError):
    """The attribute cannot hold this value."""


class MissingAttributeError(LabwrightError):
    """A required attribute has no value."""


class IntegrityError(LabwrightError):
    """The database refused a change that would break a reference or a rule."""


class RuleError(IntegrityError):
    """The row breaks a rule of its table.

    Attributes
    ----------
    table : str
        ``schema.table``; empty where the database does not say.
    rule : str
        The name of the rule.
    says : str
        Its sentence.
    row : dict or None
        The row, as far as it is known.
    """

    table: str = ""
    rule: str = ""
    says: str = ""
    row: dict[str, Any] | None = None


class DuplicateError(LabwrightError):
    """A row with this key, or this unique value, is already there."""


class ConflictError(LabwrightError):
    """Somebody else has changed the row since it was read.

    Attributes
    ----------
    differences : mapping
        The attributes that are not as expected -> what was expected, and what they are now.
    gone : bool
        Whether the row is not there any more.
    """

    differences: Mapping[str, tuple[Any, Any]] = MappingProxyType({})
    gone: bool = False


class MissingTableError(LabwrightError):
    """The table is not in the database."""


class AccessError(LabwrightError):
    """The database refuses access."""


class LostConnectionError(LabwrightError):
    """The connection to the database is lost."""

    outcome_unknown: bool = False
    """True when the database may, or may not, have carried out what it was last told."""


class TransactionError(LabwrightError):
    """This cannot be done in the present state of the transaction."""


class LockError(LabwrightError):
    """Somebody else holds the lock for too long."""


class MakeError(LabwrightError):
    """A make does what no result may be stored for."""


class InputsChangedError(LabwrightError):
    """What was read has changed since, so that nothing was stored. Compute it again."""


class LostJobError(LabwrightError):
    """Another worker has the job now, or it was withdrawn. Nothing was stored."""


class EngineError(LabwrightError):
    """The engine cannot start workers, or is gone."""


class ServerError(LabwrightError):
    """The database has a problem of its own."""


class MigrationError(LabwrightError):
    """The tables cannot be changed so, or were not changed to the end."""


class ConfigError(LabwrightError):
    """A setting is missing, unknown or wrong."""


class ArchiveError(LabwrightError):
    """The backup is damaged, or it is no backup."""


class VersionError(LabwrightError):
    """The database was made by another version of Labwright."""


class MissingPackageError(LabwrightError):
    """An optional package is not installed."""


class CodecError(LabwrightError):
    """The codec cannot encode this value, or decode these bytes."""


class TooLargeError(CodecError):
    """The bytes hold more than is permitted to be unpacked; see `labwright.limits`."""


class MissingExternalFile(LabwrightError):  # noqa: N818 - a name that existing code catches
    """A stored object has lost its bytes."""


class BucketInaccessible(LabwrightError):  # noqa: N818 - a name that existing code catches
    """The store cannot be reached."""


class UnsupportedError(LabwrightError, NotImplementedError):
    """The store cannot do what is asked of it."""


class ThreadSafetyError(LabwrightError):
    """Shared state is used where thread-safe mode forbids it."""


MAX_SHOWN: Final = 300
"""So many characters of what somebody else has said, or given, are in a message."""


def cut(text: str) -> str:
    """Return `text`, of which the rest is left out when it is long."""
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."


def did_you_mean(name: object, valid: Iterable[object]) -> str:
    """Return ``" Did you mean 'x'?"`` when one of `valid` is near `name`, else ``""``."""
    near = difflib.get_close_matches(str(name), [str(v) for v in valid], n=3, cutoff=0.6)
    return f" Did you mean {' or '.join(repr(n) for n in near)}?" if near else ""
