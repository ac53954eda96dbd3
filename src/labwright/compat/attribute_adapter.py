"""``datajoint.attribute_adapter``: how classic pipelines keep values of their own types."""

from labwright import AttributeAdapter

__all__ = ["AttributeAdapter"]
