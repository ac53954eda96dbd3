"""The classic ``fetch``: one verb for arrays, dicts and frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from labwright.core.errors import QueryError
from labwright.core.generation import CLASSIC
from labwright.core.heading import Attribute, Heading
from labwright.core.verb import verb
from labwright.query.expr import Node
from labwright.tables.fetch import Fetch, OrderBy
from labwright.tables.frames import missing, objects
from labwright.tables.heading import classic_dtype
from labwright.tables.key import key_name
from labwright.tables.renewing import renewing

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Format = Literal["array", "frame"]


class ClassicFetch(Fetch):
    """The verbs that read, as the classic generation has them; both generations may use them."""

    @verb
    @renewing
    def fetch(
        self,
        /,
        *attrs: Any,
        offset: int | None = None,
        limit: int | None = None,
        order_by: OrderBy = None,
        format: Format | None = None,  # noqa: A002 - its name in the language
        as_dict: bool | None = None,
        squeeze: bool = False,
        download_path: str | Path | None = None,
    ) -> Any:
        """Read the rows.

        Parameters
        ----------
        *attrs : str or lw.key
            Attributes; ``"KEY"`` or `lw.key` for the primary key. Without any, whole rows.
        offset, limit : int, optional
            How many rows to pass over, and how many to read at most, by primary key if not by `order_by`.
        order_by : str or iterable of str, optional
            Attributes, each with ASC or DESC behind it; ``"KEY"`` for the primary key.
        format : {'array', 'frame'}, optional
            How whole rows are given: a structured array, or a pandas frame with the primary key as index. By default
            as the setting ``fetch_format`` says.
        as_dict : bool, optional
            Whether rows are given as a list of dicts; keys are unless this is False.
        squeeze : bool
            Remove dimensions of length 1 from arrays.
        download_path : str or Path, optional
            Where attached files go; by default as the setting ``download_path`` says.

        Returns
        -------
        numpy.ndarray, pandas.DataFrame or list
            Whole rows in one; for one attribute an array, for several a list of arrays. Whole numbers are int64,
            unless the attribute may be null or is computed: then the array holds Python objects. The key is a list of
            dicts.

        Examples
        --------
        >>> import labwright as lw
        >>> with lw.Project("sqlite:///:memory:"):
        ...     @lw.Schema("lab")
        ...     class Subject(lw.Lookup):
        ...         definition = '''
        ...         subject : int
        ...         ---
        ...         sex : enum('F', 'M')
        ...         '''
        ...         contents = [(1, "F"), (2, "M")]
        ...     Subject.fetch("KEY", "sex")
        [[{'subject': 1}, {'subject': 2}], array(['F', 'M'], dtype=object)]
        """
        node = self._slice(order_by if order_by or not (limit or offset) else "KEY", limit, offset)
        names = [key_name(a) for a in attrs]
        style = _style(names, format, as_dict)
        table = self._read(node, _wanted(node.heading, names), squeeze, download_path)
        if style == "dicts":
            return table.dicts(table.columns)
        if names:
            given = [table.one(n, as_dict is not False) for n in names]
            return given if len(given) > 1 else given[0]
        chosen = style or self.project.config["fetch_format"]
        return table.frame() if chosen == "frame" else table.structured(table.columns)

    def _read(self, node: Node, names: Sequence[str], squeeze: bool, download_path: str | Path | None) -> _Columns:
        plan, rows = self._fetch(node, names, squeeze, download_path)
        return _Columns(node.heading, dict(zip(plan.names, plan.columns(rows), strict=True)), len(rows))

    @verb
    def head(self, /, limit: int = 25, **options: Any) -> Any:
        """The first rows by primary key; `options` as for `to_dicts`, or `fetch` in the classic generation."""
        return self._end("KEY", limit, options)

    @verb
    def tail(self, /, limit: int = 25, **options: Any) -> Any:
        """The last rows by primary key, in its order; `options` as for `head`."""
        return self._end("KEY DESC", limit, options)[::-1]

    def _end(self, order: str, limit: int, options: dict[str, Any]) -> Any:
        read = self.fetch if self.generation == CLASSIC else self.to_dicts
        return read(order_by=order, limit=limit, **options)


def _style(names: Sequence[str], chosen: str | None, as_dict: bool | None) -> str | None:
    """What was asked for, which must not contradict itself: ``"dicts"``, ``"array"``, ``"frame"`` or nothing."""
    if chosen is not None and (names or as_dict):
        raise QueryError("format says how whole rows are given: leave it out, or the attributes and as_dict.")
    if chosen not in (None, "array", "frame"):
        raise QueryError(f"The format of fetch is 'array' or 'frame', not {chosen!r}.")
    return "dicts" if as_dict else chosen


def _wanted(heading: Heading, names: Sequence[str]) -> list[str]:
    """The attributes to read, in the order of the heading."""
    plain = [n for n in names if n != "KEY"]
    heading.require(plain)
    key = heading.primary_key if "KEY" in names else []
    return [n for n in heading if not names or n in plain or n in key]


@dataclass(frozen=True, slots=True)
class _Columns:
    """The values that were read, by attribute."""

    heading: Heading
    columns: Mapping[str, Sequence[Any]]
    count: int

    def dicts(self, names: Iterable[str]) -> list[dict[str, Any]]:
        names = list(names)
        columns = [self.columns[n] for n in names]
        rows = zip(*columns, strict=True) if names else [()] * self.count
        return [dict(zip(names, row, strict=True)) for row in rows]

    def array(self, name: str) -> np.ndarray[Any, Any]:
        return _array(self.heading[name], self.columns[name])

    def structured(self, names: Iterable[str]) -> np.ndarray[Any, Any]:
        import numpy as np

        arrays = {n: self.array(n) for n in names}
        result = np.empty(self.count, dtype=[(n, a.dtype) for n, a in arrays.items()])
        for name, values in arrays.items():
            result[name] = values
        return result

    def one(self, name: str, as_dict: bool) -> Any:
        """What `fetch` gives for one of the attributes that it was asked for."""
        if name != "KEY":
            return self.array(name)
        key = self.heading.primary_key
        return self.dicts(key) if as_dict else list(self.structured(key))

    def frame(self) -> pd.DataFrame:
        try:
            import pandas as pd
        except ImportError:
            raise missing("pandas") from None
        frame = pd.DataFrame({n: self.array(n) for n in self.columns})
        return frame.set_index(self.heading.primary_key) if self.heading.primary_key else frame


def _array(attribute: Attribute, column: Sequence[Any]) -> np.ndarray[Any, Any]:
    """One column, whose dtype follows from the attribute and not from the values that happen to be there."""
    import numpy as np

    dtype = classic_dtype(attribute)
    if dtype == "object":
        return objects(column)
    return np.array([np.nan if v is None else v for v in column] if dtype == "float64" else column, dtype=dtype)
