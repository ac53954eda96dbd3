"""Bytes in and bytes out, without a database."""
