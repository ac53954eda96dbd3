"""``datajoint.autopopulate``: how tables fill themselves."""

from labwright import AutoPopulate

__all__ = ["AutoPopulate"]
