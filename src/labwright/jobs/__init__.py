"""How computed tables fill themselves."""
