"""The lab book at somebody's desk: what of it they may read, write and sign."""
