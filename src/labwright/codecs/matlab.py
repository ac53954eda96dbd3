"""The two array classes of MATLAB that numpy has no counterpart for."""

from __future__ import annotations

from typing import Any

import numpy as np


class MatCell(np.ndarray[Any, np.dtype[Any]]):
    """A MATLAB cell array: an array of objects that is written as a cell.

    Examples
    --------
    >>> import numpy as np
    >>> np.array([1.0, None], dtype=object).view(MatCell).shape
    (2,)
    """


class MatStruct(np.recarray[Any, np.dtype[Any]]):
    """A MATLAB struct array: a record array of objects that is written as a struct.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.array([(1.0, [2.0])], dtype=[("gain", object), ("offsets", object)]).view(MatStruct)
    >>> rows[0].gain, rows.offsets[0]
    (1.0, [2.0])
    """
