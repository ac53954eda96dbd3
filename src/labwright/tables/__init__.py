"""What a data scientist touches: projects, schemas, tables."""
