"""``datajoint.objectref``: references to what is stored."""

from __future__ import annotations

from labwright import ObjectRef, errors

IntegrityError = errors.DataError

__all__ = ["IntegrityError", "ObjectRef"]
