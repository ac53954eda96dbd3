"""What the input of a field is drawn from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import labwright as lw


@dataclass(frozen=True, slots=True)
class Input:
    """Plain data for a template macro.

    Parameters
    ----------
    macro : str
        ``number``, ``decimal``, ``text``, ``long_text``, ``choice``, ``flag``, ``date``, ``time``, ``moment``,
        ``uuid``, ``json``, ``file``, or ``none`` where nothing can be typed.
    required : bool
        Whether it has to be filled.
    default : str
        The text to begin with.
    help : str
        The comment of the attribute.
    unit : str
        The unit, which `help` may name too.
    placeholder : str
        What an empty input shows: an example, or what will be filled in.
    inputmode : str
        The keyboard of a phone: ``numeric``, ``decimal`` or ``""``.
    min, max, step : str
        Bounds, in the form that `edit` gives; ``""`` for none.
    maxlength : int or None
        The greatest number of characters, to be told: as an attribute of HTML it would cut what is pasted.
    choices : tuple of (text, label)
        What can be chosen, without the empty choice of what is not required.
    accept : str
        The kinds of files, as HTML has them.
    zone : str
        ``UTC`` for moments with a time zone.
    """

    macro: str
    required: bool = False
    default: str = ""
    help: str = ""
    unit: str = ""
    placeholder: str = ""
    inputmode: str = ""
    min: str = ""
    max: str = ""
    step: str = ""
    maxlength: int | None = None
    choices: tuple[tuple[str, str], ...] = ()
    accept: str = ""
    zone: str = ""

    def of(self, attribute: lw.Attribute, unit: str, default: str) -> Input:
        """Return it with what all inputs have."""
        required = attribute.required and not attribute.nullable
        return replace(
            self,
            required=required and self.macro != "none",
            default=default,
            help="" if attribute.comment == f"({unit})" else attribute.comment,
            unit=unit,
            placeholder=_filled_in(attribute) or self.placeholder,
        )


def _filled_in(attribute: lw.Attribute) -> str:
    """What happens to an input that is left empty, where its default cannot be shown."""
    if attribute.auto:
        return "counted up"
    return "now" if attribute.default is not None and attribute.default.kind == "now" else ""
