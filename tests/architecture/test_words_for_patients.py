"""Words that patients never read here, in templates and in knowledge: promises, verdicts and depths."""

import re
from pathlib import Path

import pytest

import myotome
from myotome.knowledge.aftercare import after_check
from myotome.knowledge.consents import consent_texts
from myotome.knowledge.evidence import evidence
from myotome.knowledge.screening import content

PAGES = Path(myotome.__file__).parent / "pages"
FOR_PATIENTS = ("public", "screening", "booking", "portal")
FORBIDDEN = re.compile(
    r"diagnos|\bcandidates?\b|\bproven\b|\bcur(?:e|es|ed|ing)\b|safe depth|full recovery|guarantee|\b8\.2\b|\b20 years",
    re.IGNORECASE,
)


def patient_texts():
    """Every sentence a patient may read, as (where it stands, text)."""
    for stage in FOR_PATIENTS:
        for template in sorted((PAGES / stage).glob("templates/**/*.html")):
            yield str(template.relative_to(PAGES)), template.read_text(encoding="utf-8")
        for module in sorted((PAGES / stage).glob("*.py")):
            yield str(module.relative_to(PAGES)), module.read_text(encoding="utf-8")
    for text in consent_texts():
        yield text.id, " ".join([text.title, text.ask, *(f"{part.title} {part.body}" for part in text.parts)])
    for one in evidence().statements:
        yield one.code, " ".join([one.short, one.says, one.figures, one.limit])
    for question in after_check().questions:
        yield question.code, " ".join([question.asks, *(choice.label for choice in question.choices)])
    found = content()
    for flag in found.flags:
        yield flag.code, flag.question
    for step in found.steps:
        yield step.code, " ".join([step.title, step.hint, *(f.label for f in step.fields)])
        yield from ((f.name, o.label) for f in step.fields for o in f.options)
    for table in (found.fixed, found.problems, found.again):
        yield from table.items()
    yield from ((reason.code, reason.sentence) for reason in found.reasons)


def test_no_text_for_patients_promises_judges_or_names_a_depth():
    found = [(where, match.group()) for where, text in patient_texts() if (match := FORBIDDEN.search(text))]
    assert found == []


@pytest.mark.parametrize(
    "planted",
    [
        "Your diagnosis is sciatica", "You are a good candidate", "a proven treatment", "this will cure you",
        "the safe depth is 20 mm", "Full recovery expected", "8.2 treatments on average", "pain-free for 20 years",
    ],
)  # fmt: skip
def test_the_rule_would_notice(planted):
    assert FORBIDDEN.search(planted)


def test_ordinary_words_pass():
    assert not FORBIDDEN.search("secure, accurate, obscure, procedure, 18.25, 7.9 treatments, 120 years, improvement")
