"""Rules: what the database holds every row to, beyond types and references."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

RuleKind = Literal["check", "no_overlap", "sum_at_most", "refuse"]
MAX_NAME: Final = 40
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


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
        Everything else of the rule as JSON, in a form that is the same whenever the rule is.

    Examples
    --------
    >>> rule = RuleDef("positive_weight", "check", "a weight is positive", write_body({"condition": "weight > 0"}))
    >>> rule.data["condition"], str(rule)
    ('weight > 0', 'positive_weight: a weight is positive')
    """

    name: str
    kind: RuleKind
    says: str
    body: str

    @property
    def data(self) -> Mapping[str, Any]:
        """The body as data."""
        data: Mapping[str, Any] = json.loads(self.body)
        return data

    @property
    def schemas(self) -> list[str]:
        """The schemas of the tables that it speaks of."""
        return sorted({name for name in _schemas(self.data) if name})

    def __str__(self) -> str:
        return f"{self.name}: {self.says}"


def _schemas(data: Any) -> Iterator[str]:
    """What stands for a schema; that of the row that is written has no name."""
    if isinstance(data, dict) and isinstance(data.get("schema"), str):
        yield data["schema"]
    for item in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from _schemas(item)


def write_body(data: Mapping[str, Any]) -> str:
    """Return the body of a rule in its one form."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def is_rule_name(name: object) -> bool:
    """Whether a rule may be called so."""
    return isinstance(name, str) and bool(_NAME.fullmatch(name)) and len(name) <= MAX_NAME


def name_from(text: str) -> str:
    """Return the name that a sentence makes; empty when it has no letter that a name may have.

    Examples
    --------
    >>> name_from("This animal's weight is positive.")
    'this_animals_weight_is_positive'
    """
    words = re.sub(r"[^a-z0-9]+", "_", re.sub("['\u2019]", "", text.lower())).lstrip("_0123456789")
    return words[:MAX_NAME].rstrip("_")
