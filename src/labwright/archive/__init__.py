"""Backups: schemas with their rows in one file that anybody can open."""
