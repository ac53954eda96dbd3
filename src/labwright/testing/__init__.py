"""Suites, doubles and strategies for those who extend Labwright."""
