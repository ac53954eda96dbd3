"""Entering, changing and deleting rows: picked and checked, and then done as one change, or not at all."""
