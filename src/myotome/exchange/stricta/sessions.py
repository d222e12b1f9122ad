"""What a course's sessions, plan, rooms and people say for items 1, 3, 4 and 5."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from statistics import mean

from myotome.exchange.stricta.facts import CourseFacts, site_of
from myotome.exchange.stricta.said import NOTHING_YET, Answer, counted, figure, listed, spread
from myotome.knowledge.citations import citation
from myotome.vocabulary.needling import Adjunct, Style
from myotome.vocabulary.sentences import Sentence, joined

YEAR_DAYS = 365.25
STYLES = {
    Style.IMS: Sentence("intramuscular stimulation after Gunn"),
    Style.TRIGGER_POINT: Sentence("dry needling of trigger points"),
    Style.WESTERN: Sentence("western medical acupuncture"),
    Style.CHINESE: Sentence("traditional Chinese acupuncture"),
    Style.JAPANESE: Sentence("Japanese acupuncture"),
    Style.KOREAN: Sentence("Korean acupuncture"),
    Style.FIVE_ELEMENT: Sentence("five-element acupuncture"),
    Style.EAR: Sentence("ear acupuncture"),
}
ADJUNCTS = {
    Adjunct.NOTHING: Sentence("nothing else"),
    Adjunct.EXERCISE: Sentence("exercises"),
    Adjunct.STRETCHING: Sentence("stretching"),
    Adjunct.HEAT: Sentence("heat"),
    Adjunct.MASSAGE: Sentence("massage"),
    Adjunct.CUPPING: Sentence("cupping"),
    Adjunct.MOXA: Sentence("moxa"),
    Adjunct.EDUCATION: Sentence("teaching"),
}


def style(facts: CourseFacts) -> Answer:
    """1a: as the plans say; IMS is a style by itself."""
    wanted = Sentence("Name the style in the plan.")
    if not facts.styles:
        return Answer(False, NOTHING_YET, wanted)
    says = Sentence("Style: {styles}.", styles=joined([STYLES[one] for one in facts.styles], "; "))
    return Answer(True, says, wanted, {"styles": [one.value for one in facts.styles]})


def reasoning(facts: CourseFacts) -> Answer:
    """1b: the plan's own words, the reasons of its sites, and the sources that those rest on."""
    wanted = Sentence("Make a plan: it says why.")
    if not (facts.rationale or facts.reasons):
        return Answer(False, NOTHING_YET, wanted)
    parts: list[str] = [facts.rationale] if facts.rationale else []
    if facts.reasons:
        parts.append(Sentence("Reasons of the planned places: {reasons}.", reasons=listed(counted(facts.reasons))))
    if facts.sources:
        works = joined([citation(key).words for key in facts.sources], " ")
        parts.append(Sentence("Sources: {works}", works=works))
    return Answer(True, joined(parts, " "), wanted, {"reasons": counted(facts.reasons), "sources": list(facts.sources)})


def variation(facts: CourseFacts) -> Answer:
    """1c: planned places against needled ones, and how places changed from one session to the next."""
    wanted = Sentence("Chart a visit with a plan, or two visits.")
    given = [frozenset(map(site_of, session.needles)) for session in facts.sessions if session.needles]
    pairs = list(_planned_and_given(facts))
    parts: list[str] = []
    figures: dict[str, float] = {}
    if pairs:
        figures["share_of_planned_needled"] = round(mean(len(p & g) / len(p) for p, g in pairs), 3)
        figures["unplanned_places_a_session"] = round(mean(len(g - p) for p, g in pairs), 2)
        parts.append(
            Sentence(
                "Of the planned places {share} in 100 were needled in a session; {n} places a session were not in the plan.",
                share=round(100 * figures["share_of_planned_needled"]),
                n=figure(figures["unplanned_places_a_session"]),
            )
        )
    if len(given) > 1:
        n_changed = sum(a != b for a, b in pairwise(given))
        figures |= {"n_changes": n_changed, "n_steps": len(given) - 1}
        parts.append(
            Sentence("Places changed from one session to the next {n} of {k} times.", n=n_changed, k=len(given) - 1)
        )
    return Answer(bool(parts), joined(parts, " ") or NOTHING_YET, wanted, dict(figures))


def _planned_and_given(facts: CourseFacts) -> Iterator[tuple[frozenset, frozenset]]:
    for session in facts.sessions:
        if session.planned and session.needles:
            yield session.planned, frozenset(map(site_of, session.needles))


def how_many(facts: CourseFacts) -> Answer:
    """3a: sessions given, beside those planned."""
    wanted = Sentence("Open a visit.")
    n = len(facts.sessions)
    if not n:
        return Answer(False, NOTHING_YET, wanted)
    if facts.n_planned is None:
        says = Sentence("{n} sessions were given; no number was planned.", n=n)
    else:
        says = Sentence("{n} sessions were given, {planned} were planned.", n=n, planned=facts.n_planned)
    return Answer(True, says, wanted, {"n_given": n, "n_planned": facts.n_planned})


def frequency(facts: CourseFacts) -> Answer:
    """3b: days between sessions as planned and as they came, and minutes from opening to closing."""
    wanted = Sentence("Close the visits: their length is known then.")
    days = [session.day for session in facts.sessions]
    gaps = spread([b - a for a, b in pairwise(days)])
    lengths = spread([session.minutes for session in facts.sessions if session.minutes is not None])
    parts: list[str] = []
    if facts.interval_days is not None:
        parts.append(Sentence("Planned every {n} days.", n=facts.interval_days))
    if gaps:
        parts.append(
            Sentence(
                "Sessions were {mean} days apart on average, {least} to {most}.",
                mean=figure(gaps["mean"]),
                least=gaps["least"],
                most=gaps["most"],
            )
        )
    if lengths:
        parts.append(
            Sentence(
                "A session took {mean} minutes on average, {least} to {most}.",
                mean=figure(lengths["mean"]),
                least=round(lengths["least"]),
                most=round(lengths["most"]),
            )
        )
    is_told = bool(lengths) and (bool(gaps) or facts.interval_days is not None or len(days) == 1)
    return Answer(is_told, joined(parts, " ") or NOTHING_YET, wanted, {"days_apart": gaps, "minutes": lengths})


def besides(facts: CourseFacts) -> Answer:
    """4a: what else was given, as said at closing; advice counts."""
    wanted = Sentence("Say at closing what else was given, or nothing.")
    counts = counted(code.value for session in facts.sessions for code in session.adjuncts)
    n_advised = sum(session.has_advice for session in facts.sessions)
    if not counts and not n_advised:
        return Answer(False, NOTHING_YET, wanted)
    parts: list[str] = []
    if counts:
        said = listed({ADJUNCTS[Adjunct(code)]: n for code, n in counts.items()})
        parts.append(Sentence("Beside needles, by session: {said}.", said=said))
    if n_advised:
        parts.append(Sentence("Advice is noted for {n} of {k} sessions.", n=n_advised, k=len(facts.sessions)))
    return Answer(True, joined(parts, " "), wanted, {"besides": counts, "n_advised": n_advised})


def setting(facts: CourseFacts) -> Answer:
    """4b: where sessions were, and which texts the patient had agreed to, by version and language."""
    wanted = Sentence("Record the consent, and open visits in a room.")
    where = counted(session.place for session in facts.sessions if session.place)
    parts: list[str] = []
    if where:
        parts.append(Sentence("Sessions by place: {places}.", places=listed(where)))
    if facts.consents:
        parts.append(Sentence("Texts explained and agreed to: {texts}.", texts=", ".join(facts.consents)))
    figures = {"places": where, "texts": list(facts.consents)}
    return Answer(bool(where and facts.consents), joined(parts, " ") or NOTHING_YET, wanted, figures)


def practitioners(facts: CourseFacts) -> Answer:
    """5: registration and certificates of everybody who treated, without a name."""
    wanted = Sentence("The owner notes registration and certificates in the clinic's set-up.")
    if not facts.practitioners:
        return Answer(False, NOTHING_YET, wanted)
    parts: list[str] = [Sentence("Treated by {n}.", n=len(facts.practitioners))]
    rows = []
    for n, one in enumerate(facts.practitioners, start=1):
        years = None
        if one.first_issued_on and facts.as_of:
            years = int((facts.as_of - one.first_issued_on).days / YEAR_DAYS)
        rows.append({"registered_with": one.registered_with, "programmes": list(one.programmes), "years": years})
        what = joined([part for part in (one.registered_with, *one.programmes) if part], ", ")
        if what and years is not None:
            parts.append(
                Sentence("Practitioner {n}: {what}; first certificate {years} years ago.", n=n, what=what, years=years)
            )
        elif what:
            parts.append(Sentence("Practitioner {n}: {what}.", n=n, what=what))
    is_told = all(one.is_known for one in facts.practitioners)
    return Answer(is_told, joined(parts, " "), wanted, {"practitioners": rows})
