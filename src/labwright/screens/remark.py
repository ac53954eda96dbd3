"""What a check finds in a row."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Remark:
    """What is to be said of a value.

    Parameters
    ----------
    attribute : str
        The attribute; empty for the row as a whole.
    text : str
        A sentence for whoever enters it.
    """

    attribute: str
    text: str


class Doubt(Remark):
    """A value that is not likely. Whoever enters it may say why it is right; the reason is kept in the history.

    Examples
    --------
    >>> import labwright as lw
    >>> lw.Doubt("weight", "No mouse of ours has been so heavy.")
    Doubt(attribute='weight', text='No mouse of ours has been so heavy.')
    """


class Fault(Remark):
    """A value that cannot be. It is not entered.

    Examples
    --------
    >>> import labwright as lw
    >>> lw.Fault("", "It was weighed before it was born.")
    Fault(attribute='', text='It was weighed before it was born.')
    """
