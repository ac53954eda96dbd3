"""Hypothesis strategies for what tables hold."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from labwright.codecs.matlab import MatCell, MatStruct
from labwright.core.types import INTEGER_BOUNDS, Type

AWKWARD_TEXTS: Final = (
    *("", " ", "'", '"', "`", "\\", "\\'", "''", "%", "%s", "%%", "_", "?", "$1", ":name", "{}", "--", "/*", ";", "#"),
    *("NULL", "null", "None", "nan", "0", "-1", "true", "'; DROP TABLE x; --", "\n", "\r\n", "\t", "a\\", "x'y\"z`"),
    *(
        "\u00e9",
        "e\u0301",
        "\u00df",
        "\u0130",
        "\u65e5\u672c",
        "\u05d0\u05d1",
        "\U0001f600",
        "\U0001f468\u200d\U0001f52c",
    ),
    *("\ufeff", "\u200b", "\u2028", "\uffff", "\U0010ffff", "\x01", "\x1b", "\x7f"),
)
"""Texts on which something has failed somewhere: quotes, escapes, markers of parameters, scripts."""

MAX_TEXT: Final = 300


def texts(max_size: int = MAX_TEXT) -> st.SearchStrategy[str]:
    """Return texts of at most `max_size` characters, without NUL, which PostgreSQL refuses, and surrogates."""
    characters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
    awkward = st.lists(st.sampled_from(AWKWARD_TEXTS), max_size=4).map(lambda parts: "".join(parts)[:max_size])
    return awkward | st.text(characters, max_size=min(max_size, MAX_TEXT))


def json_values() -> st.SearchStrategy[Any]:
    """Return JSON values other than null, which as a whole means that there is no value."""
    numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    leaves = st.none() | st.booleans() | numbers | texts(20)
    nested = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts(10), inner, max_size=4),
        max_leaves=12,
    )
    return nested.filter(lambda value: value is not None)


def values_of(type_: Type, *, finite: bool = False) -> st.SearchStrategy[Any]:
    """Return values of a type that every database holds exactly.

    Parameters
    ----------
    type_ : Type
        Any core type, or the codec ``<blob>``.
    finite : bool
        Leave out nan and the infinities, which MariaDB does not have.

    Examples
    --------
    >>> values_of(Type("enum", ("left", "right")))
    sampled_from(('left', 'right'))
    """
    if type_.kind in INTEGER_BOUNDS:
        return _integers(*INTEGER_BOUNDS[type_.kind])
    if type_.kind in ("float32", "float64"):
        return _floats(int(type_.kind[-2:]), finite)
    if type_.kind == "codec" and type_.codec != "blob":
        raise ValueError(f"there are no values for {type_}: give the values that its codec takes")
    return _BY_KIND[type_.kind](type_)


def _integers(least: int, most: int) -> st.SearchStrategy[int]:
    corners = [n for n in (least, least + 1, -1, 0, 1, most - 1, most) if least <= n <= most]
    return st.sampled_from(corners) | st.integers(least, most)


def _floats(width: int, finite: bool) -> st.SearchStrategy[float]:
    # numbers below the smallest normal one are lost on some servers
    allowed = not finite
    if width == 32:
        return st.floats(width=32, allow_nan=allowed, allow_infinity=allowed, allow_subnormal=False)
    return st.floats(allow_nan=allowed, allow_infinity=allowed, allow_subnormal=False)


def _chars(type_: Type) -> st.SearchStrategy[str]:
    # a database may fill them up with blanks
    return texts(type_.args[0]).map(lambda text: text.rstrip(" "))


def _decimals(type_: Type) -> st.SearchStrategy[Decimal]:
    digits, scale = type_.args
    most = 10**digits - 1
    return _integers(-most, most).map(lambda n: Decimal(f"{n}e-{scale}"))


def _times(type_: Type) -> st.SearchStrategy[datetime.time]:
    return st.times().map(lambda time: time.replace(microsecond=_cut(time.microsecond, type_)))


def _datetimes(least: int, most: int) -> Callable[[Type], st.SearchStrategy[datetime.datetime]]:
    def build(type_: Type) -> st.SearchStrategy[datetime.datetime]:
        first, last = datetime.datetime(least, 1, 2), datetime.datetime(most, 1, 18)  # noqa: DTZ001 - naive columns
        moments = st.datetimes(first, last)
        return moments.map(lambda moment: moment.replace(microsecond=_cut(moment.microsecond, type_)))

    return build


def _utc_datetimes(type_: Type) -> st.SearchStrategy[datetime.datetime]:
    return _datetimes(1000, 9999)(type_).map(lambda moment: moment.replace(tzinfo=datetime.UTC))


def _cut(microsecond: int, type_: Type) -> int:
    """Keep as many digits as the type says; without a number, MySQL keeps none."""
    step: int = 10 ** (6 - (type_.args[0] if type_.args else 0))
    return microsecond // step * step


_BY_KIND: Final[Mapping[str, Callable[[Type], st.SearchStrategy[Any]]]] = {
    "bool": lambda _: st.booleans(),
    "char": _chars,
    "varchar": lambda t: texts(t.args[0]),
    "text": lambda _: texts(),
    "enum": lambda t: st.sampled_from(t.args),
    "date": lambda _: st.dates(datetime.date(1000, 1, 1)),
    "time": _times,
    "datetime": _datetimes(1000, 9999),
    "timestamp": _datetimes(1970, 2038),
    "datetime_utc": _utc_datetimes,
    "decimal": _decimals,
    "uuid": lambda _: st.uuids(),
    "json": lambda _: json_values(),
    "bytes": lambda t: st.binary(max_size=t.args[0] if t.args else 200),
    "year": lambda _: _integers(1901, 2155),
    "codec": lambda _: blob_values(),
}


# ---- blobs --------------------------------------------------------------------------------------


def blob_values(max_leaves: int = 8) -> st.SearchStrategy[Any]:
    """Return values that a blob gives back exactly: same classes, dtypes and shapes."""
    leaves = scalars() | arrays()
    return st.recursive(leaves, _containers, max_leaves=max_leaves)


def scalars() -> st.SearchStrategy[Any]:
    """Return Python and numpy scalars."""
    return st.one_of(hashable_scalars(), st.sampled_from([0, 10**400, -(10**400)]), _numpy_scalars())


def hashable_scalars() -> st.SearchStrategy[Any]:
    """Return scalars that may be keys, nan left out: it is not equal to itself."""
    return st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False),
        st.complex_numbers(allow_nan=False),
        st.text(max_size=20),
        st.binary(max_size=20),
        st.decimals(allow_nan=False),
        st.uuids(),
        st.dates(),
        st.times(),
        st.datetimes(),
    )


def arrays() -> st.SearchStrategy[Any]:
    """Return numeric, datetime and object arrays, arrays with fields, and MATLAB's cells and structs."""
    return st.one_of(_number_arrays(), _object_arrays(), _record_arrays(), _cells(), _structs())


def _containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keys = hashable_scalars() | st.tuples(hashable_scalars(), hashable_scalars())
    return st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.sets(keys, max_size=4),
        st.dictionaries(keys, inner, max_size=4),
    )


def number_dtypes() -> st.SearchStrategy[np.dtype[Any]]:
    """Return every dtype that has a type number of its own."""
    codes = ("?", "f8", "f4", "c8", "c16", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "M8[D]", "M8[ns]", "M8[Y]")
    return st.sampled_from([np.dtype(code) for code in codes])


def _shapes(least: int = 1) -> st.SearchStrategy[tuple[int, ...]]:
    return npst.array_shapes(min_dims=least, max_dims=4, min_side=0, max_side=4)


def _number_arrays() -> st.SearchStrategy[Any]:
    plain = npst.arrays(number_dtypes(), _shapes())
    return st.tuples(plain, st.sampled_from("CF"), st.booleans()).map(_rearranged)


def _rearranged(drawn: tuple[Any, Any, bool]) -> Any:
    array, order, reverse = drawn
    return array.copy(order=order)[::-1] if reverse else array.copy(order=order)


def _numpy_scalars() -> st.SearchStrategy[Any]:
    return npst.arrays(number_dtypes(), ()).map(lambda array: array[()])


def _object_arrays() -> st.SearchStrategy[Any]:
    return npst.arrays(np.dtype(object), _shapes(), elements=scalars(), fill=st.nothing())


def _record_arrays() -> st.SearchStrategy[Any]:
    names = st.lists(st.text("abcxyz_", min_size=1, max_size=5), min_size=1, max_size=3, unique=True)
    dtypes = names.flatmap(lambda drawn: st.tuples(*(st.tuples(st.just(name), number_dtypes()) for name in drawn)))
    return st.tuples(dtypes, _shapes()).map(_zero_records)


def _zero_records(drawn: tuple[Any, tuple[int, ...]]) -> Any:
    fields, shape = drawn
    array = np.zeros(shape, list(fields))
    for name, dtype in fields:
        if dtype.kind in "iuf":
            array[name] = np.arange(array.size).reshape(shape)
    return array.view(np.recarray)


def _cells() -> st.SearchStrategy[Any]:
    return _object_arrays().map(lambda array: array.view(MatCell))


def _structs() -> st.SearchStrategy[Any]:
    return st.tuples(_object_arrays(), st.booleans()).map(_as_struct)


def _as_struct(drawn: tuple[Any, bool]) -> Any:
    array, second = drawn
    result = np.empty(array.shape, [("a", object), ("b", object)] if second else [("a", object)])
    for name in result.dtype.names or ():
        result[name] = array
    return result.view(MatStruct)
