"""Rules: what the database holds every row to, beyond types and references."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RuleKind = Literal["check", "no_overlap", "sum_at_most", "refuse"]


@dataclass(frozen=True, slots=True)
class RuleDef:
    """A rule of one table, as it is kept and compared.

    Parameters
    ----------
    name : str
        Unique in its table; what errors and descriptions call it.
    kind : {'check', 'no_overlap', 'sum_at_most', 'refuse'}
    says : str
        The sentence that the scientist reads when a row breaks it.
    body : str
        Everything else of the rule, in a form that is the same whenever the rule is.

    Examples
    --------
    >>> RuleDef("positive_weight", "check", "a weight is positive", "weight > 0").kind
    'check'
    """

    name: str
    kind: RuleKind
    says: str
    body: str
