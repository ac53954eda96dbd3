"""``datajoint.heading``: the attributes of tables and queries."""

from labwright import Attribute, Heading

__all__ = ["Attribute", "Heading"]
