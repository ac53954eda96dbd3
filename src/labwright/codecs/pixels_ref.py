"""What references to pictures have in common: shape and dtype are known from the row, numpy reads the whole."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from labwright.codecs.arrays import as_dtype, as_shape
from labwright.codecs.object_ref import ObjectRef

if TYPE_CHECKING:
    import numpy as np


class PixelsRef(ObjectRef):
    """A stored file of pixels. A subclass says in `load` how they are read."""

    __slots__ = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each dimension: pages where there are some, height, width, colours where there are some."""
        return self.told("shape", as_shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the pixels."""
        return self.told("dtype", as_dtype)

    @abstractmethod
    def load(self) -> np.ndarray[Any, Any]:
        """Read all pixels."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        import numpy as np

        if copy is False:
            raise ValueError("pixels in a store cannot be had without a copy of them")
        return np.asarray(self.load(), dtype)

    def _details(self) -> str:
        known = "shape" in self._stored
        return f", shape={self.shape}, dtype={self.dtype}" if known else super()._details()
