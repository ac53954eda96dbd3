"""The names that existing pipelines import."""
