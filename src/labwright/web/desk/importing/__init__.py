"""Rows out of files and clipboards: read, put into columns, tried, put right, and entered as one change."""
