"""``datajoint.jobs``: the queue of a table that fills itself."""

from labwright import JobTable as Job

__all__ = ["Job"]
