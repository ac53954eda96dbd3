"""What databases call rules, so that a refusal tells which one it was."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from labwright.core.errors import RuleError, Violation
from labwright.define.table import TableId
from labwright.sql.literals import short_hash

_TEXT: Final = r"([a-z][a-z0-9_]*)(?:\.[a-z]+)?~([0-9a-f]{8})(?:\.[a-z]+)?"
_NAME: Final = re.compile(_TEXT)
_MARKED: Final = re.compile(rf"(.*?) ?\[rule ({_TEXT})\]", re.DOTALL)


def constraint_name(id_: TableId, rule: str, part: str = "") -> str:
    """What a database calls a rule of a table.

    Examples
    --------
    >>> constraint_name(TableId("lab", "weight"), "positive")
    'positive~438de9b2'
    """
    return f"{rule}{'.' + part if part else ''}~{table_mark(id_)}"


def table_mark(id_: TableId) -> str:
    """What the names of all rules of a table end with."""
    return short_hash(str(id_))[:8]


def rule_in(name: str | None) -> str | None:
    """The rule that a database calls `name`; None when it can be none.

    Examples
    --------
    >>> rule_in("positive.limit~438de9b2.update"), rule_in("mouse_pkey")
    ('positive', None)
    """
    match = _NAME.fullmatch(name or "")
    return match[1] if match else None


def is_rule_of(name: str, id_: TableId) -> bool:
    """Whether a database calls a rule of this table `name`."""
    match = _NAME.fullmatch(name)
    return match is not None and match[2] == table_mark(id_)


def marked(says: str, name: str, most: int | None = None) -> str:
    """The sentence of a rule with its name, for databases that pass on a message alone; cut to `most` characters.

    Examples
    --------
    >>> marked("a weight is positive", "positive~438de9b2")
    'a weight is positive [rule positive~438de9b2]'
    """
    tail = f" [rule {name}]"
    room = len(says) if most is None else most - len(tail)
    return (says if len(says) <= room else says[: room - 1] + "\N{HORIZONTAL ELLIPSIS}") + tail


def unmarked(message: str) -> tuple[str, str] | None:
    """The sentence and the name in a message; None for any other message.

    Examples
    --------
    >>> unmarked("a weight is positive [rule positive~438de9b2]")
    ('a weight is positive', 'positive~438de9b2')
    """
    match = _MARKED.fullmatch(message)
    return (match[1], match[2]) if match else None


def rule_error(message: str, violation: Violation) -> RuleError | None:
    """The error for a refusal, when it is that of a rule.

    Examples
    --------
    >>> error = rule_error("a weight is positive [rule positive~438de9b2].", Violation("rule"))
    >>> error.rule, error.says
    ('positive', 'a weight is positive')
    """
    found = unmarked(message.removesuffix("."))
    name = found[1] if found else violation.constraint
    rule = rule_in(name)
    if rule is None:
        return None
    says = found[0] if found else message.removesuffix(".") if violation.reason == "rule" else ""
    error = RuleError(f"{says or 'A rule of the table does not hold'} (rule {rule}).")
    error.table, error.rule, error.says = violation.table or "", rule, says
    error.violation = replace(violation, reason="rule", constraint=name)
    return error
