"""``python -m labwright`` is the command ``labwright``."""

from __future__ import annotations

from labwright.cli.main import main

if __name__ == "__main__":
    main()
