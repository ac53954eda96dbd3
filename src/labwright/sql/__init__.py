"""The only place where SQL text is made."""
