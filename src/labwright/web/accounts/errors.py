"""What people are told when they cannot come in, or an account cannot be as they want it."""

from __future__ import annotations

import labwright as lw


class LoginError(lw.LabwrightError):
    """The name, the password or the code is wrong, or there were too many attempts. Wait a minute and try again."""

    def __init__(self) -> None:
        super().__init__()


class AccountError(lw.LabwrightError):
    """The account cannot be changed like that."""
