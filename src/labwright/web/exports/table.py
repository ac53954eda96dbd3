"""What a file of rows is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labwright.web.fields import Field


@dataclass(frozen=True)
class Export:
    """Rows on their way into a file.

    Parameters
    ----------
    title : str
        The name of the table.
    query : query
        The rows, in order.
    columns : mapping of str to Field
        What is written, by the name that stands in the file; each field has the name that the query has.
    left_out : sequence of Field
        What is too large for a file of rows.
    about : mapping of str to str
        Where it comes from: table, filters, who and when.
    address_of : callable
        Where the page of a row is.
    """

    title: str
    query: Any
    columns: Mapping[str, Field]
    left_out: Sequence[Field]
    about: Mapping[str, str]
    address_of: Callable[[Mapping[str, Any]], str]
