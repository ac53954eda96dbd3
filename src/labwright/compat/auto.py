"""``import labwright.compat.auto`` before anything else switches over; the setting ``generation`` says to which one."""

from labwright.compat.finder import install

install()
