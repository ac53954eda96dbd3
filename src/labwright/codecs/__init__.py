"""How Python values become bytes and come back."""
