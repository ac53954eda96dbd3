"""Values and errors that need the standard library alone and no database."""
