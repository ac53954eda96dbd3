"""Ready-made tables for laboratories, each usable alone, made with nothing but what `labwright` gives everybody."""
