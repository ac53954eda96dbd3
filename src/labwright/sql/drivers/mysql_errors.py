"""What the error numbers of MySQL and MariaDB mean."""

from __future__ import annotations

import re
from typing import Final

from labwright.core.errors import (
    AccessError,
    ConfigError,
    DataError,
    DefinitionError,
    DuplicateError,
    IntegrityError,
    LabwrightError,
    LockError,
    LostConnectionError,
    MissingTableError,
    QueryError,
    QuerySyntaxError,
    ServerError,
    UnknownAttributeError,
)
from labwright.sql.drivers.base import failure
from labwright.sql.functions import explain_unknown_function
from labwright.sql.url import DatabaseUrl

LOST: Final = frozenset({1053, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 2006, 2013, 2014, 2055, 4031})
RETRIED: Final = frozenset({1213, 1020})

_ERRORS: Final[dict[int, tuple[type[LabwrightError], str, str]]] = {
    1062: (DuplicateError, "unique", "A row with the same values of {constraint} is already there ({said})."),
    1586: (DuplicateError, "unique", "A row with the same values of {constraint} is already there ({said})."),
    1452: (
        IntegrityError,
        "missing_parent",
        "The row refers by {columns} to a row of {references} that does not exist.",
    ),
    1216: (IntegrityError, "missing_parent", "The row refers to a row that does not exist. Insert that one first."),
    1451: (IntegrityError, "has_children", "Rows of {table} refer to this row by {columns}. Delete those first."),
    1217: (IntegrityError, "has_children", "Rows of other tables refer to this row. Delete those first."),
    1048: (IntegrityError, "not_null", "The attribute {columns} must have a value."),
    1364: (IntegrityError, "not_null", "The attribute {columns} must have a value."),
    4025: (IntegrityError, "check", "The check {constraint} of {table} does not hold."),
    3819: (IntegrityError, "check", "The check {constraint} does not hold."),
    1644: (IntegrityError, "rule", "{said}."),
    1406: (DataError, "too_long", "A value is too long for {columns}."),
    1264: (DataError, "out_of_range", "A number is out of range for {columns}."),
    1690: (DataError, "out_of_range", "A number is out of range: {said}."),
    1366: (DataError, "bad_value", "A value does not fit {columns}: {said}."),
    1292: (DataError, "bad_value", "A value does not fit: {said}."),
    1265: (DataError, "bad_value", "A value does not fit {columns}: {said}."),
    1365: (DataError, "bad_value", "Division by zero."),
    1411: (DataError, "bad_value", "A value does not fit: {said}."),
    1525: (DataError, "bad_value", "A value does not fit: {said}."),
    3140: (DataError, "bad_value", "The text is not JSON: {said}."),
    1153: (
        DataError,
        "too_long",
        "The value is larger than the server accepts. Raise its variable max_allowed_packet.",
    ),
    1267: (
        QueryError,
        "bad_value",
        "An attribute is compared with a text that its character set cannot hold, so no row can have it: {said}.",
    ),
    1146: (MissingTableError, "missing", "There is no table {table}."),
    1051: (MissingTableError, "missing", "There is no table {table}."),
    1049: (MissingTableError, "missing", "There is no database {table}."),
    1054: (UnknownAttributeError, "missing", "There is no column {columns} ({said})."),
    1064: (QuerySyntaxError, "other", "The server cannot read the statement: {said}."),
    1071: (DefinitionError, "too_long", "{said}. Make the texts in the key or index shorter."),
    1074: (DefinitionError, "too_long", "{said}."),
    1118: (DefinitionError, "too_long", "{said}."),
    1050: (QueryError, "exists", "{said}."),
    1060: (QueryError, "exists", "{said}."),
    1061: (QueryError, "exists", "{said}."),
    1007: (QueryError, "exists", "{said}."),
    1044: (AccessError, "denied", "{said}. Ask the owner of the database for the right."),
    1045: (AccessError, "password", "{said}. Check the user and the password."),
    1142: (AccessError, "denied", "{said}. Ask the owner of the database for the right."),
    1143: (AccessError, "denied", "{said}. Ask the owner of the database for the right."),
    1419: (AccessError, "denied", "{said}. Ask for: SET GLOBAL log_bin_trust_function_creators = 1."),
    1227: (AccessError, "denied", "{said}. Ask the owner of the database for the right."),
    1370: (AccessError, "denied", "{said}. Ask the owner of the database for the right."),
    1205: (LockError, "locked", "Somebody else held a lock for too long ({said}). Try again later."),
    3572: (LockError, "locked", "Somebody else holds the lock."),
    1213: (
        LockError,
        "deadlock",
        (
            "Two transactions waited for each other and this one was ended. Nothing of it is stored; repeat it, and"
            " change tables in the same order everywhere."
        ),
    ),
    1020: (LockError, "serialization", "Another transaction changed the same rows meanwhile. Repeat this one."),
    1021: (ServerError, "full", "The disk of the server is full: {said}. Nothing was half written."),
    1026: (ServerError, "full", "The server cannot write: {said}."),
    1114: (ServerError, "full", "There is no room left: {said}."),
    1030: (ServerError, "full", "The storage of the server has a problem: {said}."),
    1037: (ServerError, "full", "The server is out of memory: {said}."),
    1038: (ServerError, "full", "The server is out of memory: {said}."),
    1041: (ServerError, "full", "The server is out of memory: {said}."),
    1040: (ServerError, "full", "The server has no connections left: {said}."),
    1203: (ServerError, "full", "This user has no connections left: {said}."),
    1290: (ServerError, "read_only", "The server does not allow this now: {said}."),
    1792: (ServerError, "read_only", "The transaction can only read: {said}."),
    1836: (ServerError, "read_only", "The server can only be read now: {said}."),
    1317: (ServerError, "timeout", "The statement was ended: {said}."),
    1969: (ServerError, "timeout", "The statement took too long: {said}."),
    3024: (ServerError, "timeout", "The statement took too long: {said}."),
    145: (ServerError, "corrupt", "The server reports damaged data: {said}."),
    1712: (ServerError, "corrupt", "The server reports damaged data: {said}."),
}

_NO_FUNCTION: Final = frozenset({1128, 1305, 1630})
_UNFIT = re.compile(
    r"Incorrect string value: '(?P<bytes>(?:\\x[0-9A-F]{2})+)\S* for column "
    r"(?:`[^`]+`\.`[^`]+`\.`(?P<full>[^`]+)`|'(?P<short>[^']+)')(?: at row (?P<row>\d+))?"
)
_FUNCTION = re.compile(r"(?:FUNCTION|Function) '?(?:[^'\s.]+\.)?([^'\s.]+)'? (?:does not exist|is not defined)")
_FOREIGN_KEY = re.compile(
    r"\(`(?P<schema>[^`]+)`\.`(?P<table>[^`]+)`, CONSTRAINT `(?P<constraint>[^`]+)` FOREIGN KEY \((?P<columns>[^)]*)\)"
    r" REFERENCES (?P<references>(?:`[^`]+`\.)?`[^`]+`)"
)
_COLUMN = re.compile(r"(?:[Cc]olumn|[Ff]ield) '([^']+)'|column `[^`]+`\.`[^`]+`\.`([^`]+)`")
_KEY = re.compile(r"for key '([^']+)'$")
_CHECK = re.compile(r"(?:CONSTRAINT `([^`]+)` failed for `([^`]+)`\.`([^`]+)`|[Cc]heck constraint '([^']+)')")
_TABLE = re.compile(r"(?:[Tt]able|database) '([^']+)'")


def described(code: int, said: str) -> LabwrightError | None:
    """Return our error for an error number, or None for one that says no more than its class."""
    if code in _NO_FUNCTION and (function := _FUNCTION.search(said)):
        return failure(QueryError, explain_unknown_function(function[1], "The server"), "missing")
    if unfit := _UNFIT.search(said):
        return _not_in_charset(unfit)
    if code not in _ERRORS:
        return None
    kind, reason, text = _ERRORS[code]
    said = said.rstrip(".")
    table, columns, constraint, references = _names(said)
    message = text.format(
        said=said,
        table=table or "the table",
        columns=", ".join(columns) or "its attribute",
        constraint=constraint or "a unique index",
        references=references or "the other table",
    )
    return failure(kind, message, reason, table=table, columns=columns, constraint=constraint, references=references)


def _not_in_charset(found: re.Match[str]) -> LabwrightError:
    """The server cuts what it tells, perhaps within a character."""
    text = bytes.fromhex(found["bytes"].replace("\\x", "")).decode(errors="ignore")
    column, row = found["full"] or found["short"], f" (row {found['row']})" if found["row"] else ""
    message = (
        f"The attribute {column!r} cannot hold {text!r}{row}: the character set of its column is older and has no such "
        "characters. Leave them out, or have the column converted to utf8mb4."
    )
    return failure(DataError, message, "bad_value", columns=(column,))


def _names(said: str) -> tuple[str | None, tuple[str, ...], str | None, str | None]:
    """Return the table, columns, constraint and other table that a message names."""
    if match := _FOREIGN_KEY.search(said):
        schema, table, constraint, columns, references = match.group(
            "schema", "table", "constraint", "columns", "references"
        )
        references = references.replace("`", "")
        other = references if "." in references else f"{schema}.{references}"
        return f"{schema}.{table}", tuple(c.strip(" `") for c in columns.split(",")), constraint, other
    if match := _CHECK.search(said):
        return f"{match[2]}.{match[3]}" if match[2] else None, (), match[1] or match[4], None
    if match := _KEY.search(said):
        return None, (), match[1].rpartition(".")[2], None
    if match := _COLUMN.search(said):
        return None, ((match[1] or match[2]).rpartition(".")[2],), None, None
    table = _TABLE.search(said)
    return (table[1] if table else None), (), None, None


def unreachable(exc: BaseException, url: DatabaseUrl) -> LabwrightError:
    """Return our error for a connection that could not be made."""
    code = exc.args[0] if exc.args else 0
    said = str(exc.args[1]).rstrip(".") if len(exc.args) > 1 else str(exc)
    user, where = url.user or "the default user", url.server
    if code in {1045, 1698, 1130, 1129, 2061, 1862, 1820}:
        return failure(
            AccessError,
            f"The server at {where} refuses {user} ({said}). Check the user and the password.",
            "password",
        )
    if code == 1044:
        return failure(AccessError, f"The server at {where} does not let {user} use {url.database!r}.", "denied")
    if code == 1049:
        message = f"The server at {where} has no database {url.database!r}. Create it, or leave it out of the URL."
        return failure(ConfigError, message, "missing")
    if code in {1040, 1203}:
        return failure(ServerError, f"The server at {where} has no connections left. Close some, or try later.", "full")
    if code == 2026:
        return failure(ConfigError, f"An encrypted connection to {where} cannot be made: {said}.")
    return LostConnectionError(
        f"The server at {where} cannot be reached: {said}. Check that it runs, and the host and port."
    )
