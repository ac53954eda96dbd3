"""``datajoint.blob``: numbers, text, containers and arrays as bytes."""

from labwright import MatCell, MatStruct, pack, unpack

__all__ = ["MatCell", "MatStruct", "pack", "unpack"]
