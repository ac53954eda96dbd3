"""A look into what a row holds and a page cannot show: a part of it, read by ranges, a few megabytes at most."""
