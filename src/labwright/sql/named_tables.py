"""The tables that a statement names, as far as its text tells."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_NAME: Final = r'(?:"[^"]+"|`[^`]+`|[\w$#~]+)(?:\s*\.\s*(?:"[^"]+"|`[^`]+`|[\w$#~]+))*'
_AFTER: Final = r"(?:from|join|into|(?<!key )update|copy|table|truncate|only|using)"
_NAMED: Final = re.compile(
    rf"\b{_AFTER}\s+(?!(?:only|table|set|select)\b)({_NAME}(?:(?:\s+(?:as\s+)?\w+)?\s*,\s*{_NAME})*)", re.IGNORECASE
)
_ONE: Final = re.compile(_NAME)


@lru_cache(maxsize=1024)
def named_tables(sql: str) -> frozenset[str]:
    """The tables that a statement reads or changes, without their schemas; perhaps with names of other things.

    Examples
    --------
    >>> sorted(named_tables('SELECT t0."age" FROM "lab"."mouse" AS t0 JOIN lab.scan USING (mouse)'))
    ['mouse', 'scan']
    >>> sorted(named_tables("UPDATE `lab`.`__weight` SET `weight` = %s"))
    ['__weight']
    """
    return frozenset(_last(name) for names in _NAMED.findall(sql) for name in _first_of_each(names))


def _first_of_each(names: str) -> list[str]:
    """The names in a list of tables, some with another name behind them."""
    return [found[0] for part in names.split(",") if (found := _ONE.match(part.strip()))]


def _last(name: str) -> str:
    return name.replace('"', "").replace("`", "").rpartition(".")[2].strip().lower()
