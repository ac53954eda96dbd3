"""The ARRIVE checklist 2.0, filled with what is recorded.

The items are those of Percie du Sert et al. (2020), The ARRIVE guidelines 2.0, PLoS Biology 18(7): e3000410, told in
words of our own: ten that are essential and eleven that are recommended.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import labwright as lw

NOT_RECORDED: Final = "Not recorded"

_MARKS: Final = re.compile(r"[\\`*_{}\[\]()<>#+\-!|&~=:@]|(?<=\d)\.|\.(?=\S)")
"""What means something in Markdown; dots begin lists and are within addresses."""

Answer = str | Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the checklist.

    Parameters
    ----------
    number : int
        From 1 to 21.
    group : str
        ``'essential'`` or ``'recommended'``.
    title : str
    questions : mapping from str to str
        What is to be reported, by the item's letters: ``{"1a": ..., "1b": ...}``, or ``{"5": ...}`` where it has none.
    sources : tuple of str
        Tables of a lab that know it. Where there are none, it is for people to write.

    Examples
    --------
    >>> ITEMS[3].title, list(ITEMS[3].questions), ITEMS[3].sources
    ('Randomisation', ['4a', '4b'], ('AllocationPlan', 'OrderPlan'))
    """

    number: int
    group: Literal["essential", "recommended"]
    title: str
    questions: Mapping[str, str]
    sources: tuple[str, ...] = ()


def _item(number: int, title: str, questions: Sequence[str], *sources: str) -> Item:
    letters = "abcd" if len(questions) > 1 else [""]
    named = {f"{number}{letter}": question for letter, question in zip(letters, questions, strict=False)}
    return Item(number, "essential" if number <= 10 else "recommended", title, named, sources)


ITEMS: Final = (
    _item(1, "Study design", [
        "Which groups were compared, controls among them; if there was no control, why.",
        "What the experimental unit was: one animal, a litter, a cage.",
    ], "DesignVersion"),
    _item(2, "Sample size", [
        "How many experimental units each group had, how many there were in all, and how many animals.",
        "How the number was decided on, with the calculation where there was one.",
    ], "SampleSizeCalculation", "Allocation"),
    _item(3, "Inclusion and exclusion criteria", [
        "By which rules animals, units or data were taken in or left out, and whether these were set beforehand.",
        "What was left out in each group, and why; or that nothing was.",
        "The number analysed in each group, for each analysis.",
    ], "CriterionRule", "Exclusion"),
    _item(4, "Randomisation", [
        "Whether chance allocated units to groups, and by what method the random sequence was made.",
        "What was done against confounding, as by the order of treatments and measurements or the place of cages.",
    ], "AllocationPlan", "OrderPlan"),
    _item(5, "Blinding", [
        "Who knew the groups at each stage: allocation, conduct, assessment of outcome, analysis.",
    ], "BlindCode", "UnblindingEvent"),
    _item(6, "Outcome measures", [
        "Everything that was measured as an outcome.",
        "For a test of a hypothesis, the primary outcome: the one that the sample size was decided by.",
    ], "OutcomeMeasure"),
    _item(7, "Statistical methods", [
        "The methods of each analysis, with the software.",
        "How the assumptions of these methods were checked, and what was done where they did not hold.",
    ], "Analysis"),
    _item(8, "Experimental animals", [
        "Species, strain and substrain, sex, age or stage, and weight where it matters.",
        "Where animals came from, their health, genotype and modification, and what was done with them before.",
    ], "Subject", "Genotype", "Strain", "Weight"),
    _item(9, "Experimental procedures", [
        "What was done to each group, how, and with what, in enough detail to be repeated.",
        "When, and how often.",
        "Where, with times of getting used to the place.",
        "Why it was done so.",
    ], "Procedure", "Session"),
    _item(10, "Results", [
        "For each experiment and group the summary with its variability, such as mean and standard deviation.",
        "Where it applies, the size of the effect with a confidence interval.",
    ], "Result"),
    _item(11, "Abstract", [
        "A faithful summary: aims, species and strain, sex, main methods, findings, conclusions.",
    ]),
    _item(12, "Background", [
        "What was known, and why this was the experiment to do.",
        "Why this species and model serve the aims, and what they have to do with people or animals at large.",
    ]),
    _item(13, "Objectives", [
        "The question of the research, its aims and, where there were any, the hypotheses tested.",
    ], "Hypothesis"),
    _item(14, "Ethical statement", [
        "The committee or authority that approved the use of these animals, and the licence or protocol; if none, why.",
    ], "ProtocolVersion"),
    _item(15, "Housing and husbandry", [
        "How animals were housed and fed, what the surroundings were like, and how these were enriched.",
    ], "Cage", "Enrichment"),
    _item(16, "Animal care and monitoring", [
        "What was done against pain, suffering and distress.",
        "Adverse events, expected or not.",
        "The humane endpoints, the signs that were watched, and how often; if there were none, why.",
    ], "HealthCheck", "HumaneEndpoint"),
    _item(17, "Interpretation", [
        "What the results mean in view of the aims, the theory and other studies.",
        "Limits: of the model, by possible bias, by imprecision.",
    ]),
    _item(18, "Generalisability", [
        "Whether, and how far, the findings hold for other species or conditions, people among them.",
    ]),
    _item(19, "Protocol registration", [
        "Whether question, design and plan of analysis were written down beforehand, and where they are registered.",
    ], "Registration"),
    _item(20, "Data access", [
        "Whether the data are to be had, and where.",
    ], "Dataset"),
    _item(21, "Declaration of interests", [
        "Interests that might be thought to conflict; if none, that there are none.",
        "Who paid, the grants, and what part the funder had in the work.",
    ]),
)  # fmt: skip
"""The 21 items, in their order."""


@dataclass(frozen=True, slots=True)
class Checklist:
    """The checklist of one experiment.

    Parameters
    ----------
    title : str
    answers : mapping from str to tuple of str
        Sentences by the letters of items: ``{"1b": ("The cage.",)}``.

    Examples
    --------
    >>> found = checklist("Fear", {"1b": "The cage.", "5": None})
    >>> print(found.to_markdown()[:28])
    # ARRIVE 2.0 checklist: Fear
    >>> len(found.missing())
    37
    """

    title: str
    answers: Mapping[str, tuple[str, ...]]

    def missing(self) -> tuple[str, ...]:
        """The letters of what is not recorded."""
        return tuple(letter for item in ITEMS for letter in item.questions if letter not in self.answers)

    def to_markdown(self) -> str:
        """The checklist as Markdown, in which what was recorded stays text: it makes no links, headings or HTML."""
        lines = [f"# ARRIVE 2.0 checklist: {_escaped(self.title)}", "", self._summary()]
        for item in ITEMS:
            lines += [*_heading(item, "## "), f"### {item.number}. {item.title}", ""]
            for letter, question in item.questions.items():
                answers = [_escaped(answer) for answer in self.answers.get(letter, ())] or [f"**{NOT_RECORDED}**"]
                lines += [f"**{letter}** *{question}*", "", *(f"- {answer}" for answer in answers), ""]
        return "\n".join(lines)

    def to_text(self) -> str:
        """The checklist as plain text."""
        lines = [f"ARRIVE 2.0 checklist: {_one_line(self.title)}", "", self._summary()]
        for item in ITEMS:
            lines += [*_heading(item, ""), f"{item.number}. {item.title}"]
            for letter, question in item.questions.items():
                answers = [_one_line(answer) for answer in self.answers.get(letter, ())] or [NOT_RECORDED]
                lines += [f"  {letter} {question}", *(f"     {answer}" for answer in answers)]
            lines.append("")
        return "\n".join(lines)

    def _summary(self) -> str:
        total = sum(len(item.questions) for item in ITEMS)
        return f"Recorded: {total - len(self.missing())} of {total}."


def checklist(title: str, answers: Mapping[str, Answer]) -> Checklist:
    """Fill the checklist.

    Parameters
    ----------
    title : str
        Of the experiment.
    answers : mapping from str to text or sequence of text
        By the letters of items, as ``"1a"`` or ``"5"``. What is empty or None counts as not recorded.

    Returns
    -------
    Checklist

    Raises
    ------
    DataError
        When there is no such item.

    Examples
    --------
    >>> checklist("Fear", {"2a": ["8 cages a group.", "16 cages, 64 animals."]}).answers["2a"][1]
    '16 cages, 64 animals.'
    >>> checklist("Fear", {"2c": "?"})
    Traceback (most recent call last):
        ...
    labwright.core.errors.DataError: ARRIVE has no item 2c. Its items are 1a, 1b, 2a, 2b, 3a, 3b, 3c, ...
    """
    letters = [letter for item in ITEMS for letter in item.questions]
    if unknown := sorted(set(answers) - set(letters)):
        raise lw.errors.DataError(f"ARRIVE has no item {', '.join(unknown)}. Its items are {', '.join(letters)}.")
    return Checklist(title, {letter: found for letter in letters if (found := _given(answers.get(letter)))})


def _given(answer: Answer) -> tuple[str, ...]:
    sentences = (answer,) if isinstance(answer, str) else tuple(answer or ())
    return tuple(sentence.strip() for sentence in sentences if sentence and sentence.strip())


def _heading(item: Item, mark: str) -> list[str]:
    return {1: ["", f"{mark}The essential ten", ""], 11: ["", f"{mark}Recommended", ""]}.get(item.number, [])


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _escaped(text: str) -> str:
    return _MARKS.sub(r"\\\g<0>", _one_line(text))
