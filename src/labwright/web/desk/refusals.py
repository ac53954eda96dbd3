"""What a person is told who asks for what is not there, or not theirs."""

from __future__ import annotations


class RefusalError(Exception):
    """Something that a person may not do, or that is not there; the text is for them.

    Parameters
    ----------
    text : str

    Attributes
    ----------
    status : int
        What it is in HTTP.
    heading : str
        What stands above the text.
    """

    status = 400
    heading = "This cannot be done"

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class NotThereError(RefusalError):
    """There is no such table or row, or none that the person may see: they are told the same."""

    status = 404
    heading = "Not found"


class NotAllowedError(RefusalError):
    """The person sees it but may not do this to it."""

    status = 403
    heading = "Not allowed"


class BadRequestError(RefusalError):
    """It cannot be understood."""

    status = 422
    heading = "Not understood"


class ClashError(RefusalError):
    """It does not go with what is there."""

    status = 409
    heading = "Changed meanwhile"


class TooMuchError(RefusalError):
    """It is more than is taken at once."""

    status = 413
    heading = "Too much"
