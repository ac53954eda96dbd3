"""``datajoint.schemas``: schemas."""

from labwright import Schema, VirtualModule, list_schemas, virtual_schema

__all__ = ["Schema", "VirtualModule", "list_schemas", "virtual_schema"]
