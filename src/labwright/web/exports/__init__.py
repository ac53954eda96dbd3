"""Files that rows are taken along in."""
