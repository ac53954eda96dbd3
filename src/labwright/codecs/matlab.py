"""The array classes of MATLAB that numpy has no counterpart for."""

from __future__ import annotations

from typing import Any

import numpy as np

from labwright.core.errors import CodecError


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


class MatSparse:
    """A MATLAB sparse matrix, by columns: its elements that are not zero, and where they are.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    indptr : array of int64, shape (columns + 1,)
        Where each column begins in the other two; the last number is how many elements there are.
    indices : array of int64, shape (elements,)
        The row of each element, from 0.
    data : array of float64, complex128 or bool, shape (elements,)
        The elements, which are all that MATLAB knows sparse matrices of.

    Raises
    ------
    CodecError
        When these do not describe a matrix.

    Examples
    --------
    >>> import numpy as np
    >>> sparse = MatSparse((3, 2), [0, 1, 2], [2, 0], [4.0, 5.0])
    >>> sparse.toarray()
    array([[0., 5.],
           [0., 0.],
           [4., 0.]])
    """

    __slots__ = ("data", "indices", "indptr", "shape")

    def __init__(self, shape: tuple[int, int], indptr: Any, indices: Any, data: Any) -> None:
        self.shape = (int(shape[0]), int(shape[1]))
        self.indptr = np.asarray(indptr, np.int64)
        self.indices = np.asarray(indices, np.int64)
        self.data = np.asarray(data)
        fault = self._fault()
        if fault:
            raise CodecError(f"This is no sparse matrix: {fault}.")

    def _fault(self) -> str:
        if min(self.shape) < 0 or self.indptr.shape != (self.shape[1] + 1,):
            return f"{self.shape[1]} columns need {self.shape[1] + 1} numbers in indptr"
        if self.indptr[0] != 0 or (np.diff(self.indptr) < 0).any():
            return "indptr does not count up from 0"
        if not self.indices.shape == self.data.shape == (self.indptr[-1],):
            return f"it should have {self.indptr[-1]} elements"
        if self.indices.size and not 0 <= self.indices.min() <= self.indices.max() < self.shape[0]:
            return f"an element is outside of its {self.shape[0]} rows"
        if self.data.dtype not in (np.float64, np.complex128, np.bool_):
            return f"its elements are {self.data.dtype}, and have to be float64, complex128 or bool"
        return ""

    @classmethod
    def of(cls, matrix: Any) -> MatSparse:
        """Return a sparse matrix or array of scipy as MATLAB has it."""
        columns = matrix.tocsc()
        columns.sum_duplicates()
        return cls(columns.shape, columns.indptr, columns.indices, columns.data)

    def toarray(self) -> Any:
        """Return the matrix as an array of numpy, zeros included."""
        array = np.zeros(self.shape, self.data.dtype)
        array[self.indices, np.repeat(np.arange(self.shape[1]), np.diff(self.indptr))] = self.data
        return array

    def to_scipy(self) -> Any:
        """Return it as a ``scipy.sparse.csc_array``; scipy has to be installed."""
        from scipy.sparse import csc_array

        return csc_array((self.data, self.indices, self.indptr), shape=self.shape)

    def __repr__(self) -> str:
        return f"<MatSparse of {self.shape[0]} x {self.shape[1]} {self.data.dtype}, {len(self.data)} elements>"
