"""Values of Python as JSON that describes them: tuples, times, arrays.

What JSON has itself stays as it is. All else is an object whose only name begins with ``@``:

    >>> describe((1, 2.5))
    {'@tuple': [1, 2.5]}

Such an object never brings about more than plain values: nothing is unpickled, and an array has numbers or texts.
"""

from __future__ import annotations

import base64
import datetime
import math
import re
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from labwright.web.fields.cleaning import whole
from labwright.web.fields.error import FieldError, shown
from labwright.web.fields.structures import MAX_DEPTH, TOO_DEEP, from_base64

if TYPE_CHECKING:
    import numpy as np

MAX_ELEMENTS: Final = 100_000_000
FROM_PYTHON: Final = "It is written from Python alone."
_WRONG: Final = (ValueError, TypeError, KeyError, IndexError, OverflowError, AttributeError, InvalidOperation)


def describe(value: Any) -> Any:
    """Return JSON from which `restore` makes `value` again.

    Raises
    ------
    FieldError
        When there is none; it names the kind of the value.

    Examples
    --------
    >>> describe({"at": datetime.date(2024, 2, 29)})
    {'at': {'@date': '2024-02-29'}}
    """
    form = _FORMS.get(type(value)) or _form_of_class(value)
    if form is None:
        raise FieldError(f"A value of the kind {type(value).__name__} has no form as text. {FROM_PYTHON}")
    try:
        return form(value)
    except RecursionError:
        raise FieldError(TOO_DEEP) from None


def restore(described: Any, depth: int = 0) -> Any:
    """Return the value that `describe` was given.

    Raises
    ------
    FieldError
        When this describes none.

    Examples
    --------
    >>> restore({"@tuple": [1, {"@bytes": "bGFi"}]})
    (1, b'lab')
    """
    if depth > MAX_DEPTH:
        raise FieldError(TOO_DEEP)
    if isinstance(described, list):
        return [restore(item, depth + 1) for item in described]
    if not isinstance(described, dict):
        return _leaf(described)
    mark = next(iter(described), "")
    if len(described) != 1 or not isinstance(mark, str) or not mark.startswith("@"):
        return {whole(name): restore(item, depth + 1) for name, item in described.items()}
    return _restored(mark, described[mark], depth + 1)


def _leaf(described: Any) -> Any:
    if isinstance(described, float) and not math.isfinite(described):
        raise FieldError("A number in it is too large, or is none.")
    return whole(described) if isinstance(described, str) else described


def _restored(mark: str, given: Any, depth: int) -> Any:
    make = _MAKERS.get(mark)
    if make is None:
        raise FieldError(f"{shown(mark)} describes no kind of value. There are {', '.join(sorted(_MAKERS))}.")
    try:
        return make(given, depth)
    except FieldError:
        raise
    except _WRONG:
        raise FieldError(f"What stands behind {mark} does not describe such a value.") from None


def _dict(value: Mapping[Any, Any]) -> Any:
    names = list(value)
    if all(isinstance(name, str) for name in names) and not (len(names) == 1 and names[0].startswith("@")):
        return {name: describe(item) for name, item in value.items()}
    return {"@dict": [[describe(name), describe(item)] for name, item in value.items()]}


def _integer(value: int) -> Any:
    return value if value.bit_length() < _EXACT else {"@int": hex(value)}


def _float(value: float) -> Any:
    return value if math.isfinite(value) else {"@float": repr(value)}


def _complex(value: complex) -> Any:
    return {"@complex": [repr(value.real), repr(value.imag)]}


def _array(value: np.ndarray[Any, Any]) -> Any:
    if value.dtype.kind == "O":
        return {"@objects": {"shape": list(value.shape), "items": [describe(item) for item in value.ravel().tolist()]}}
    return {"@array": _plain_array(value)}


def _plain_array(value: Any) -> dict[str, Any]:
    if value.dtype.kind not in _PLAIN:
        raise FieldError(f"An array of {value.dtype} has no form as text. {FROM_PYTHON}")
    data = base64.b64encode(value.tobytes()).decode()
    return {"dtype": value.dtype.newbyteorder("<").str, "shape": list(value.shape), "data": data}


_PLAIN: Final = "biufcmM"
_DTYPE: Final = re.compile(rf"[<|][{_PLAIN}][0-9]+(?:\[[0-9]*[A-Za-z]+\])?")
_EXACT: Final = 64
"""Larger integers than those with so many bits are written as text."""


def _little(value: Any) -> Any:
    return value.astype(value.dtype.newbyteorder("<"), copy=False)


def _form_of_class(value: Any) -> Callable[[Any], Any] | None:
    """How values of numpy are described, which is not loaded before there is one."""
    kinds = {cls.__name__ for cls in type(value).__mro__ if cls.__module__ == "numpy"}
    if type(value).__name__ == "ndarray" and kinds:
        return lambda v: _array(_little(v))
    return (lambda v: {"@scalar": _plain_array(_little(v.reshape(())))}) if "generic" in kinds else None


_FORMS: Final[Mapping[type, Callable[[Any], Any]]] = {
    **dict.fromkeys((type(None), bool, str), lambda value: value),
    int: _integer,
    float: _float,
    complex: _complex,
    list: lambda value: [describe(item) for item in value],
    tuple: lambda value: {"@tuple": [describe(item) for item in value]},
    set: lambda value: {"@set": [describe(item) for item in value]},
    dict: _dict,
    bytes: lambda value: {"@bytes": base64.b64encode(value).decode()},
    datetime.datetime: lambda value: {"@datetime": value.isoformat()},
    datetime.date: lambda value: {"@date": value.isoformat()},
    datetime.time: lambda value: {"@time": value.isoformat()},
    Decimal: lambda value: {"@decimal": str(value)},
    uuid.UUID: lambda value: {"@uuid": str(value)},
}


def _make_array(given: Any) -> Any:
    import numpy as np

    if not _DTYPE.fullmatch(given["dtype"]):
        raise ValueError
    dtype, shape, data = np.dtype(given["dtype"]), _shape(given["shape"]), from_base64(given["data"])
    if len(data) != dtype.itemsize * math.prod(shape):
        raise ValueError
    return np.frombuffer(data, dtype).reshape(shape).copy()


def _make_objects(given: Any, depth: int) -> Any:
    import numpy as np

    items = [restore(item, depth) for item in given["items"]]
    flat = np.empty(len(items), dtype=object)
    for index, item in enumerate(items):
        flat[index] = item
    return flat.reshape(_shape(given["shape"]))


def _shape(given: Any) -> tuple[int, ...]:
    if not all(type(n) is int and n >= 0 for n in given) or math.prod(given) > MAX_ELEMENTS:
        raise ValueError
    return tuple(given)


_MAKERS: Final[Mapping[str, Callable[[Any, int], Any]]] = {
    "@int": lambda given, depth: int(given, 16),
    "@float": lambda given, depth: float(given),
    "@complex": lambda given, depth: complex(*map(float, given)),
    "@tuple": lambda given, depth: tuple(restore(item, depth) for item in given),
    "@set": lambda given, depth: {restore(item, depth) for item in given},
    "@dict": lambda given, depth: {restore(name, depth): restore(item, depth) for name, item in given},
    "@bytes": lambda given, depth: from_base64(given),
    "@datetime": lambda given, depth: datetime.datetime.fromisoformat(given),
    "@date": lambda given, depth: datetime.date.fromisoformat(given),
    "@time": lambda given, depth: datetime.time.fromisoformat(given),
    "@decimal": lambda given, depth: Decimal(given),
    "@uuid": lambda given, depth: uuid.UUID(given),
    "@array": lambda given, depth: _make_array(given),
    "@scalar": lambda given, depth: _make_array(given)[()],
    "@objects": _make_objects,
}
