"""Words and small drawings of the needle chart."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from myotome.clinic.needling.hearing import is_silent as not_heard
from myotome.clinic.planning.queries import standing as gravest_of
from myotome.knowledge.cautions import facts
from myotome.knowledge.consents import consent_text
from myotome.pages.needling import how, sizes
from myotome.pages.needling.drawn import drawn_once, what_it_shows
from myotome.pages.needling.forms import mirrored
from myotome.pages.needling.incidents import incident_words
from myotome.pages.needling.sites import CURRENT, name_of, site_key
from myotome.science.needling.areas import AREAS, LIMBS, areas_of, checked_areas, limbs_of
from myotome.science.needling.asks import Warning
from myotome.science.needling.shorthand import marked_words
from myotome.vocabulary.anatomy import NeedleRegion
from myotome.vocabulary.needling import NeedleState, Technique
from myotome.vocabulary.sentences import in_readers_language

register = template.Library()


@register.filter
def words(code: object) -> str:
    """A code as words: `needle_fault` is "Needle fault"."""
    text = str(getattr(code, "value", code)).replace("_", " ")
    return in_readers_language(text[:1].upper() + text[1:])


@register.simple_tag(takes_context=True)
def needle_row(context: Any, needle: Any, name: str) -> SafeString:
    """One needle in the list; of a needle that is in, or whose act was refused, it is drawn each time."""

    def draw() -> str:
        with context.push(needle=needle, name=name):
            return context.template.engine.get_template("needling/row.html").render(context)

    refused = context.get("refused")
    if needle.state == NeedleState.IN.value or (refused is not None and refused.number == needle.number):
        return draw()
    where = (get_language(), timezone.get_current_timezone_name(), context["clinic"].slug, name)
    key = (*where, context["visit"].closed_at is not None, *what_it_shows(needle))
    return drawn_once(key, draw, token=str(context.get("csrf_token", "")))


@register.filter
def fact_words(code: str) -> str:
    """A patient fact in the words of the cautions."""
    row = facts().get(code)
    return row.words if row else words(code)


@register.filter
def consent_title(text_id: str) -> str:
    """What was agreed to: the title of the newest version of the text; its id where there is none (any more)."""
    try:
        return in_readers_language(consent_text(text_id).title)
    except KeyError:
        return words(text_id)


@register.filter
def side_words(side: str) -> str:
    """The side in words; nothing for the midline."""
    return {"left": _("left"), "right": _("right")}.get(str(side), "")


@register.filter
def area_words(areas: Iterable[str]) -> str:
    """Areas in words: left arm, right arm."""
    parts = (area.partition(":") for area in areas)
    return ", ".join(f"{side_words(side)} {words(place).lower()}" for place, _colon, side in parts)


@register.filter
def areas_to_name(warning: Warning, typed: Any = None) -> list[dict[str, object]]:
    """The areas that may be named of the fact behind a warning: its region, the limb that it is a part of, and those named
    before or just now.
    """
    named: Sequence[str] = warning.areas or ()
    if typed and typed.get("fact_code") == warning.fact:
        named = [area for area in typed.getlist("fact_area") if area in AREAS or area.partition(":")[0] in LIMBS]
    region = NeedleRegion(warning.place.partition(":")[0])
    keys = dict.fromkeys((*areas_of(region), *limbs_of(region), *named))
    return [
        {"key": key, "words": area_words([key]), "covers": " ".join(checked_areas([key])), "is_named": key in named}
        for key in keys
    ]


@register.filter
def own_key(needle: Any) -> str:
    """The form key of a needle's site."""
    return site_key(needle)


@register.filter
def key_side(key: str) -> str:
    """The side of a form key, in words."""
    return side_words(key.rsplit(":", 1)[-1])


@register.filter
def needle_site(needle: Any) -> str:
    """Site and side of a needle."""
    return f"{name_of(needle)} {side_words(needle.side)}"


@register.filter
def size_words(needle: Any) -> str:
    """Gauge and length as printed on the packet: .30×50."""
    if not needle.gauge_mm or not needle.length_mm:
        return ""
    return f"{needle.gauge_mm:.2f}".lstrip("0") + f"×{needle.length_mm}"


@register.filter
def current_words(needle: Any) -> str:
    """The current of a needle as far as it is charted: 2 Hz, 1.5 mA; nothing without current."""
    if needle.technique != Technique.ELECTRICAL.value:
        return ""
    said = [(getattr(needle, name), unit) for name, unit, _top in CURRENT]
    return ", ".join(f"{value:g} {unit}" for value, unit in said if value is not None) or str(_("Current"))


@register.filter
def how_and_current(needle: Any) -> str:
    """How the needle was moved and what was sought where that was more than usual, and its current."""
    return ", ".join(filter(None, (*how.how_words(needle), current_words(needle))))


@register.filter
def positions_line(rows: Sequence[tuple[Any, str]]) -> str:
    """How she lay, of the rows (needle, name) of a visit."""
    return how.positions_line([needle for needle, _name in rows])


@register.filter
def response_words(needle: Any) -> str:
    """What the needle met, in the order in which it is said."""
    said = []
    if needle.state == "in":
        said.append(_("in"))
    if needle.state == "left_in":
        said.append(_("left in on purpose"))
    if needle.state == "fragment":
        said.append(_("broken or stuck"))
    if needle.state == "missing":
        said.append(_("not found, signed for"))
    if needle.painless:
        said.append(_("painless"))
    if needle.grasp is not None:
        said.append(_("grasp %(n)s") % {"n": needle.grasp})
    if needle.cramp is not None:
        said.append(_("cramp %(n)s") % {"n": needle.cramp})
    if needle.twitches:
        said.append(_("twitch"))
    if needle.twitches == 0:
        said.append(_("no twitch"))
    if needle.deqi:
        felt = [str(how.DEQI_WORDS.get(code, code)).lower() for code in needle.deqi if code != "de_qi"]
        said.append(f"{_('de qi')} ({'; '.join(felt)})" if felt else _("de qi"))
    if needle.release:
        said.append(_("release"))
    if needle.release is False:
        said.append(_("no release"))
    if needle.seconds is not None:
        said.append(f"{needle.seconds / 60:.0f} min" if needle.seconds >= 120 else f"{needle.seconds:.0f} s")
    return ", ".join(str(word) for word in said)


@register.filter
def elapsed(since: datetime, at: datetime) -> str:
    """Minutes and seconds from `since` to `at`."""
    seconds = max(0, int((at - since).total_seconds()))
    return f"{seconds // 60}:{seconds % 60:02d}"


@register.filter
def incident_kinds(incidents: Iterable[Any]) -> str:
    """The kinds of some incidents, each once, in the order in which they were opened."""
    return ", ".join(dict.fromkeys(words(incident.kind) for incident in incidents))


@register.filter
def is_late(since: datetime | None, visit: Any) -> bool:
    """True when a needle has been in longer than the visit's time."""
    return since is not None and timezone.now() > since + timedelta(minutes=visit.retain_minutes)


@register.filter
def is_silent(heard_at: datetime | None, at: datetime) -> bool:
    """True when the device with these needles was not heard for a minute."""
    return not_heard(heard_at, at)


@register.filter
def short_name(patient: Any) -> str:
    """First name and initial, for the wall."""
    return f"{patient.given_name} {patient.family_name[:1]}."


@register.filter
def initials(patient: Any) -> str:
    """H. L., for a screen that anybody may see."""
    return " ".join(f"{name[:1].upper()}." for name in (patient.given_name, patient.family_name) if name)


REASONS = {
    "pleura": (_("Fold lifted off the ribs"), _("Aimed at bone")),
    "canal": (_("Aimed at the lamina"), _("Close to the spinous process")),
    "vertebral_artery": (_("Aimed at the lamina"),),
    "anticoagulant": (_("I will press 2 min"), _("Her physician agrees")),
    "bleeding_disorder": (_("Her physician agrees"), _("I will press 2 min")),
    "skin_infection": (_("Not at this place"),),
    "implant": (_("Not at this place"),),
    "recent_surgery": (_("Not at this place"), _("The surgeon agrees")),
    "lymphoedema": (_("Not in that limb"),),
    "tumour_area": (_("Not at this place"),),
    "pregnancy": (_("Talked it through with her"),),
    "faints": (_("She lies down"), _("She has eaten")),
}
REASONS |= {
    "lot_expired": (_("The packet says another date"), _("Nothing else at hand")),
    "lot_empty": (_("I hold its packet"), _("The stock is not up to date")),
}
OF_HAND = (_("Supervised today"), _("Certified; the record is behind"))
WEIGHED = (_("Known; I keep clear of it"), _("Talked it through with her"))


@register.filter
def reasons(warning: Any) -> tuple[str, ...]:
    """The reasons offered as one tap for an ASK."""
    if warning.is_of_hand:
        return OF_HAND
    return REASONS.get(warning.code) or REASONS.get(warning.fact) or WEIGHED


register.filter("short_size", sizes.short_size)
register.filter("incident_words", incident_words)


@register.filter
def length_of(size: str) -> int | None:
    """The length in mm of `0.30x50@A123`."""
    length = size.partition("@")[0].partition("x")[2]
    return int(length) if length.isdecimal() else None


@register.filter
def hundredths(p: float) -> int:
    """A probability as "in 100"."""
    return round(100 * p)


@register.filter
def mirror_key(needle: Any) -> str:
    """The key of the same site on the other side."""
    return mirrored(needle)


@register.filter
def count_choices(resting: Any) -> list[int]:
    """The numbers to choose from when she counts what is in her hand: up to one more than are in."""
    n = len(resting)
    return list(range(max(0, n - 3), n + 2))


@register.filter
def near_numbers(needles: Any) -> list[int]:
    """Ten numbers to tap for a count, from a multiple of five: the number of rows is among them, at no fixed place."""
    first = max(0, len(needles) - 3) // 5 * 5
    return list(range(first, first + 10))


@register.filter
def typed_in(typed: Any, name: str) -> str:
    """What was typed in the field of this name; nothing while nothing was."""
    return str(typed.get(name, "")) if typed else ""


@register.filter
def as_list(one: Any) -> list[Any]:
    """One thing as a list of one."""
    return [one]


@register.filter
def marked(line: str) -> tuple[Any, ...]:
    """The words of a shorthand line, read or not."""
    return marked_words(line or "")


@register.simple_tag
def fresh_client_id() -> str:
    """An id for the next needle: a form sent twice is one needle."""
    return secrets.token_hex(8)


@register.filter
def standing(cautions: Any) -> list[Any]:
    """One caution for each fact, the gravest first: what the banner of a clinical page says."""
    return gravest_of(cautions or [])


@register.filter
def age(born_on: Any) -> int:
    """Whole years today, in the clinic's time zone."""
    today = timezone.localdate()
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))
