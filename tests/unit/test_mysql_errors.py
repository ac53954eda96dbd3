"""The servers word their messages differently; these are MySQL 8's and MariaDB's."""

from __future__ import annotations

import pytest

from labwright.core.errors import (
    DataError,
    DuplicateError,
    IntegrityError,
    LabwrightError,
    MissingTableError,
    UnknownAttributeError,
    Violation,
)
from labwright.sql.drivers.mysql_errors import described

_CHILD = "(`lab`.`#child`, CONSTRAINT `fk_1` FOREIGN KEY (`a`, `b b`) REFERENCES `parent` (`a`, `b`) ON UPDATE CASCADE)"


@pytest.mark.parametrize(
    ("code", "said", "kind", "violation"),
    [
        (
            1062,
            "Duplicate entry '1' for key 't.PRIMARY'",
            DuplicateError,
            Violation("unique", constraint="PRIMARY"),
        ),
        (1062, "Duplicate entry 'it''s' for key 'one'", DuplicateError, Violation("unique", constraint="one")),
        (
            1452,
            f"Cannot add or update a child row: a foreign key constraint fails {_CHILD}",
            IntegrityError,
            Violation("missing_parent", "lab.#child", ("a", "b b"), "fk_1", "lab.parent"),
        ),
        (
            1451,
            f"Cannot delete or update a parent row: a foreign key constraint fails {_CHILD}",
            IntegrityError,
            Violation("has_children", "lab.#child", ("a", "b b"), "fk_1", "lab.parent"),
        ),
        (1048, "Column 'a' cannot be null", IntegrityError, Violation("not_null", columns=("a",))),
        (1364, "Field 'a' doesn't have a default value", IntegrityError, Violation("not_null", columns=("a",))),
        (3819, "Check constraint 'c_1' is violated.", IntegrityError, Violation("check", constraint="c_1")),
        (4025, "CONSTRAINT `c` failed for `lab`.`t`", IntegrityError, Violation("check", "lab.t", constraint="c")),
        (1406, "Data too long for column 'a' at row 1", DataError, Violation("too_long", columns=("a",))),
        (1264, "Out of range value for column 'a' at row 1", DataError, Violation("out_of_range", columns=("a",))),
        (
            1366,
            "Incorrect integer value: 'x' for column `lab`.`t`.`a` at row 1",
            DataError,
            Violation("bad_value", columns=("a",)),
        ),
        (1146, "Table 'lab.#t' doesn't exist", MissingTableError, Violation("missing", "lab.#t")),
        (1054, "Unknown column 't.a' in 'field list'", UnknownAttributeError, Violation("missing", columns=("a",))),
    ],
)
def test_described(code: int, said: str, kind: type[LabwrightError], violation: Violation) -> None:
    error = described(code, said)
    assert type(error) is kind
    assert error.violation == violation
    assert "{" not in str(error)


def test_an_unknown_number_is_left_to_its_class() -> None:
    assert described(9999, "what?") is None
