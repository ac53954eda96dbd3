"""The named queries of each database, kept in files beside this one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType


@cache
def queries(dialect: str) -> Mapping[str, str]:
    """Return the queries on the catalogue of a database, by name.

    Examples
    --------
    >>> queries("mysql")["schemas"].split()[:2]
    ['SELECT', 'schema_name']
    """
    text = Path(__file__).with_name(f"{dialect}.sql").read_text(encoding="utf-8")
    parts = re.split(r"^-- name: (\w+)\n", text, flags=re.MULTILINE)[1:]
    return MappingProxyType({name: _stripped(body) for name, body in zip(parts[::2], parts[1::2], strict=True)})


def _stripped(body: str) -> str:
    return "\n".join(line for line in body.splitlines() if line and not line.startswith("--"))
