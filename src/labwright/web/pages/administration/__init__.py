"""Looking after the server: people, what they may do, what was done, and how the server is."""

from __future__ import annotations

from typing import Final

from labwright.web.pages.administration import audit, backups, grants, health, people, person, sessions

ROUTES: Final = (
    *people.ROUTES,
    *person.ROUTES,
    *grants.ROUTES,
    *sessions.ROUTES,
    *audit.ROUTES,
    *health.ROUTES,
    *backups.ROUTES,
)
