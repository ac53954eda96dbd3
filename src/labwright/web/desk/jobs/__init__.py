"""How tables that fill themselves stand, and having them filled."""
