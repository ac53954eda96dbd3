"""People, how they show who they are, and what was done with that."""
