"""Forms in which rows are entered and changed: what they hold, what is picked for them, what others did meanwhile."""

from labwright.web.pages.entry.page import LARGER as LARGER
from labwright.web.pages.entry.page import ROUTES as ROUTES
