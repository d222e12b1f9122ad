"""What the needles of a course say for items 2a to 2g."""

from __future__ import annotations

from collections import defaultdict

from myotome.exchange.stricta.facts import CourseFacts
from myotome.exchange.stricta.said import NOTHING_YET, Answer, counted, figure, is_enough, listed, spread
from myotome.knowledge.acupoints import acupoints
from myotome.knowledge.muscles import muscles
from myotome.vocabulary.needling import NeedleInsertion, NeedleState, SiteKind, Technique, TreatmentMode
from myotome.vocabulary.sentences import Sentence, joined

SOUGHT = {
    TreatmentMode.IMS: Sentence("Sought in IMS: the grasp of a shortened muscle, then its release."),
    TreatmentMode.ACUPUNCTURE: Sentence("Sought in acupuncture: de qi."),
}
"""What a treatment of this kind looks for, where the row of a needle names nothing else."""
TECHNIQUES = {
    Technique.IN_OUT: Sentence("in and out"),
    Technique.PECK: Sentence("pecking"),
    Technique.HOLD: Sentence("held still"),
    Technique.ROTATE: Sentence("turned by hand"),
    Technique.ELECTRICAL: Sentence("electrical current"),
}
AT_ONCE = frozenset({Technique.IN_OUT, Technique.PECK})
SIDES = {
    frozenset({"left"}): Sentence("left"),
    frozenset({"right"}): Sentence("right"),
    frozenset({"left", "right"}): Sentence("both sides"),
}


def insertions(facts: CourseFacts) -> Answer:
    """2a: mean and range of insertions in a session."""
    counts = [len(session.needles) for session in facts.sessions]
    wanted = Sentence("Chart the needles of a visit.")
    if not sum(counts):
        return Answer(False, NOTHING_YET, wanted)
    found = spread(counts)
    says = Sentence(
        "{n} insertions in {k} sessions: on average {mean} in a session, {least} to {most}.",
        n=sum(counts), k=len(counts), mean=figure(found["mean"]), least=found["least"], most=found["most"],
    )  # fmt: skip
    return Answer(True, says, wanted, {"n_insertions": sum(counts), "n_sessions": len(counts), **found})


def site_name(kind: str, site: str, level: str, nearest: str = "") -> str:
    """The place as a report names it: Multifidus L5, ST36 Zúsānlǐ, or the words of a free place and what is nearest to it."""
    if nearest:
        id, _dash, of_level = nearest.partition("-")
        kind_of = SiteKind.ACUPOINT if id in acupoints() else SiteKind.MUSCLE
        named = site_name(kind_of.value, id, of_level)
        return Sentence("{place}, nearest {named}", place=site.replace("_", " "), named=named)
    if kind == SiteKind.ACUPOINT.value:
        point = acupoints().get(site)
        return f"{site} {point.pinyin}" if point else site
    row = muscles().get(site)
    name: str = row.name if row else site.replace("_", " ")
    return f"{name} {level}".strip()


def places(facts: CourseFacts) -> Answer:
    """2b: every place with how often it was needled and on which sides."""
    wanted = Sentence("Chart the needles of a visit.")
    if not facts.needles:
        return Answer(False, NOTHING_YET, wanted)
    sides: dict[tuple[str, str, str, str], set[str]] = defaultdict(set)
    for needle in facts.needles:
        sides[_place(needle)].add(needle.side.value)
    counts = counted(site_name(*_place(needle)) for needle in facts.needles)
    by_name = {site_name(*place): found for place, found in sides.items()}
    named = {}
    for name, n in counts.items():
        where = SIDES.get(frozenset(by_name[name] - {"midline"}))
        named[Sentence("{place}, {sides}", place=name, sides=where) if where else name] = n
    n_two = sum(found >= {"left", "right"} for found in by_name.values())
    says = joined([Sentence("Insertions by place: {places}.", places=listed(named))], " ")
    figures = {"places": [{"place": name, "n": n, "sides": sorted(by_name[name])} for name, n in counts.items()]}
    return Answer(True, says, wanted, figures | {"n_places": len(counts), "n_two_sided": n_two})


def _place(needle: NeedleInsertion) -> tuple[str, str, str, str]:
    return needle.site_kind.value, needle.site, needle.level or "", needle.nearest


def depth(facts: CourseFacts) -> Answer:
    """2c: depth in mm below the skin, of the needles whose depth is charted."""
    depths = [needle.depth_mm for needle in facts.needles if needle.depth_mm is not None]
    wanted = Sentence("Chart the depth of the needles.")
    if not depths:
        return Answer(False, NOTHING_YET, wanted)
    found = spread(depths)
    says = Sentence(
        "Median {median} mm below the skin, {least} to {most} mm; charted for {n} of {all} insertions.",
        median=figure(found["median"]), least=found["least"], most=found["most"], n=len(depths), all=len(facts.needles),
    )  # fmt: skip
    return Answer(is_enough(len(depths), len(facts.needles)), says, wanted, {"n": len(depths), "unit": "mm", **found})


def met(needle: NeedleInsertion) -> tuple[str, ...]:
    """The codes of what one needle met; empty when nothing is charted."""
    found = ["painless"] * bool(needle.painless)
    found += ["grasp"] * bool(needle.grasp) + ["no_grasp"] * (needle.grasp == 0)
    found += ["cramp"] * bool(needle.cramp) + ["twitch"] * bool(needle.twitches)
    found += ["de_qi"] * bool(needle.deqi) + ["release"] * bool(needle.release)
    return (*found, *["no_release"] * (needle.release is False))


RESPONSES = {
    "painless": Sentence("painless"), "grasp": Sentence("grasp"), "no_grasp": Sentence("no grasp"),
    "cramp": Sentence("cramp"), "twitch": Sentence("twitch"), "de_qi": Sentence("de qi"),
    "release": Sentence("release"), "no_release": Sentence("no release"),
}  # fmt: skip


def response(facts: CourseFacts) -> Answer:
    """2d: what was sought, and what each needle met."""
    wanted = Sentence("Chart what the needles met.")
    told = [codes for needle in facts.needles if (codes := met(needle))]
    if not told:
        return Answer(False, NOTHING_YET, wanted)
    counts = counted(code for codes in told for code in codes)
    named = counted(needle.response_sought for needle in facts.needles if needle.response_sought)
    modes = dict.fromkeys(session.mode for session in facts.sessions if session.needles)
    parts = [SOUGHT[mode] for mode in modes]
    if named:
        parts.append(Sentence("Named on the needle: {sought}.", sought=listed(named)))
    parts.append(
        Sentence(
            "Met: {met}; charted for {n} of {all} insertions.",
            met=listed({RESPONSES[code]: n for code, n in counts.items()}),
            n=len(told),
            all=len(facts.needles),
        )
    )
    figures = {"n": len(told), "met": counts, "sought": named or {mode.value: "by treatment" for mode in modes}}
    return Answer(is_enough(len(told), len(facts.needles)), joined(parts, " "), wanted, figures)


def stimulation(facts: CourseFacts) -> Answer:
    """2e: how needles were moved, and the current where there was one."""
    wanted = Sentence("Chart the frequency of the current.")
    if not facts.needles:
        return Answer(False, NOTHING_YET, Sentence("Chart the needles of a visit."))
    counts = counted(needle.technique.value for needle in facts.needles)
    parts = [Sentence("Needles were {moved}.", moved=listed({TECHNIQUES[Technique(c)]: n for c, n in counts.items()}))]
    electrical = [needle for needle in facts.needles if needle.technique is Technique.ELECTRICAL]
    currents = counted(
        f"{needle.electrical_hz:g} Hz"
        + (f", {needle.electrical_ms:g} ms" if needle.electrical_ms is not None else "")
        + (f", {needle.electrical_ma:g} mA" if needle.electrical_ma is not None else "")
        + (f", {needle.electrical_min:g} min" if needle.electrical_min is not None else "")
        for needle in electrical
        if needle.electrical_hz is not None
    )
    if currents:
        parts.append(Sentence("Current: {currents}.", currents=listed(currents)))
    is_told = not electrical or is_enough(sum(currents.values()), len(electrical))
    return Answer(is_told, joined(parts, " "), wanted, {"techniques": counts, "currents": currents})


def stayed_s(needle: NeedleInsertion) -> float | None:
    """Seconds in the tissue as measured, else from its two times; None when neither tells."""
    if needle.seconds is not None:
        return needle.seconds
    if needle.in_at and needle.out_at and needle.out_at > needle.in_at:
        return (needle.out_at - needle.in_at).total_seconds()
    return None


def retention(facts: CourseFacts) -> Answer:
    """2f: seconds or minutes in the tissue; a needle moved in and out at once is told as such."""
    wanted = Sentence("Chart when needles go in and come out.")
    if not facts.needles:
        return Answer(False, NOTHING_YET, wanted)
    times = [seconds for needle in facts.needles if (seconds := stayed_s(needle)) is not None]
    at_once = [
        needle
        for needle in facts.needles
        if stayed_s(needle) is None and needle.technique in AT_ONCE and needle.state is NeedleState.OUT
    ]
    stays = [needle for needle in facts.needles if needle.state is NeedleState.LEFT_IN]
    short, long = [t for t in times if t < 120], [t / 60 for t in times if t >= 120]
    parts: list[str] = []
    for values, words in (
        (short, Sentence("{n} insertions stayed a median of {median} s ({least} to {most} s).")),
        (long, Sentence("{n} insertions stayed a median of {median} min ({least} to {most} min).")),
    ):
        if values:
            found = {name: figure(round(value, 1)) for name, value in spread(values).items()}
            parts.append(words.filled(n=len(values), **found))
    if at_once:
        parts.append(Sentence("{n} went in and out at once.", n=len(at_once)))
    if stays:
        parts.append(Sentence("{n} were left in on purpose.", n=len(stays)))
    known = len(times) + len(at_once) + sum(stayed_s(needle) is None for needle in stays)
    figures = {"n_timed": len(times), "n_at_once": len(at_once), "n_left_in": len(stays), "seconds": spread(times)}
    return Answer(is_enough(known, len(facts.needles)), joined(parts, " ") or NOTHING_YET, wanted, figures)


def kind_of_needle(facts: CourseFacts) -> Answer:
    """2g: diameter, length and lot; the maker stands with the lot in the clinic's stock."""
    wanted = Sentence("Chart needles with diameter, length and lot.")
    sizes = counted(
        f"{needle.gauge_mm:.2f} × {needle.length_mm} mm"
        for needle in facts.needles
        if needle.gauge_mm and needle.length_mm
    )
    if not sizes:
        return Answer(False, NOTHING_YET, wanted)
    lots = counted(needle.lot for needle in facts.needles if needle.lot)
    parts = [Sentence("Diameter and length: {sizes}.", sizes=listed(sizes))]
    parts.append(Sentence("Lots: {lots}.", lots=listed(lots)) if lots else Sentence("No lot is charted."))
    n = len(facts.needles)
    is_told = is_enough(sum(sizes.values()), n) and is_enough(sum(lots.values()), n)
    return Answer(is_told, joined(parts, " "), wanted, {"sizes": sizes, "lots": lots})
