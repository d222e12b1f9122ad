"""Words and small drawings of the needle chart."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from myotome.knowledge import acupoints as points
from myotome.knowledge.muscles import muscles
from myotome.pages.needling.chart import site_name

register = template.Library()

FACT_WORDS = {
    "fever": _("Fever or feels ill"),
    "anticoagulant": _("Blood thinner"),
    "pregnancy": _("Pregnant or may be"),
    "recent_surgery": _("Operation since"),
    "skin_infection": _("Skin infected or broken"),
    "pacemaker": _("Pacemaker or stimulator"),
}


@register.filter
def words(code: object) -> str:
    """A code as words: `needle_fault` is "Needle fault"."""
    text = str(getattr(code, "value", code)).replace("_", " ")
    return text[:1].upper() + text[1:]


@register.filter
def fact_words(code: str) -> str:
    """A patient fact as it is asked at every visit."""
    return FACT_WORDS.get(code, words(code))


@register.filter
def side_words(side: str) -> str:
    """The side in words; nothing for the midline."""
    return {"left": _("left"), "right": _("right")}.get(str(side), "")


@register.filter
def key_name(key: str) -> str:
    """The site of a form key."""
    kind, site, level, _side = [*key.split(":"), "", "", "", ""][:4]
    return site_name(kind, site, level)


@register.filter
def key_side(key: str) -> str:
    """The side of a form key, in words."""
    return side_words(key.rsplit(":", 1)[-1])


@register.filter
def needle_site(needle: Any) -> str:
    """Site and side of a needle."""
    return f"{site_name(needle.site_kind, needle.site, needle.level)} {side_words(needle.side)}"


@register.filter
def size_words(needle: Any) -> str:
    """Gauge and length as printed on the packet: .30×50."""
    if not needle.gauge_mm or not needle.length_mm:
        return ""
    return f"{needle.gauge_mm:.2f}".lstrip("0") + f"×{needle.length_mm}"


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
    if needle.painless:
        said.append(_("painless"))
    if needle.grasp is not None:
        said.append(_("grasp %(n)s") % {"n": needle.grasp})
    if needle.cramp:
        said.append(_("cramp"))
    if needle.twitches:
        said.append(_("twitch"))
    if needle.deqi:
        said.append(_("de qi"))
    if needle.release:
        said.append(_("release"))
    if needle.release is False:
        said.append(_("no release"))
    if needle.seconds is not None:
        said.append(f"{needle.seconds / 60:.0f} min" if needle.seconds >= 120 else f"{needle.seconds:.0f} s")
    return ", ".join(said)


@register.filter
def elapsed(since: datetime, at: datetime) -> str:
    """Minutes and seconds from `since` to `at`."""
    seconds = max(0, int((at - since).total_seconds()))
    return f"{seconds // 60}:{seconds % 60:02d}"


@register.filter
def is_late(since: datetime | None, visit: Any) -> bool:
    """True when a needle has been in longer than the visit's time."""
    return since is not None and timezone.now() > since + timedelta(minutes=visit.retain_minutes)


@register.filter
def short_name(patient: Any) -> str:
    """First name and initial, for the wall."""
    return f"{patient.given_name} {patient.family_name[:1]}."


@register.simple_tag
def fresh_client_id() -> str:
    """An id for the next needle: a form sent twice is one needle."""
    return secrets.token_hex(8)


@register.simple_tag
def site_options(is_ims: bool, chosen: str) -> SafeString:
    """All muscles (IMS) or points (acupuncture) with their sides, as options."""
    rows: list[tuple[str, str, str]] = []
    if is_ims:
        for row in sorted(muscles().values(), key=lambda m: m.name):
            for level in row.levels or ("",):
                for side in ("left", "right"):
                    key = f"muscle:{row.id}:{level}:{side}"
                    rows.append(
                        (
                            key,
                            " selected" if key == chosen else "",
                            f"{site_name('muscle', row.id, level)}, {side_words(side)}",
                        )
                    )
    else:
        for point in points.acupoints().values():
            for side in ("midline",) if point.midline else ("left", "right"):
                key = f"acupoint:{point.id}::{side}"
                label = f"{site_name('acupoint', point.id)} {side_words(side)}".strip()
                rows.append((key, " selected" if key == chosen else "", label))
    return format_html_join("", '<option value="{}"{}>{}</option>', rows)


@register.filter
def in_hundred(p_within: dict[str, float], n: str) -> str:
    """A probability of the forecast as "58 in 100"."""
    return _("%(n)s in 100") % {"n": round(100 * float(p_within.get(n, 0.0)))}


@register.filter
def stop_rule_words(rule: dict[str, Any]) -> str:
    """The stop rule in words, from the forecast as it was shown."""
    words = _(
        "If visit %(visit)s is still above %(line)s, about one in %(one_in)s courses like this reaches 30 %% relief "
        "later: change the plan or refer."
    )
    return words % {name: rule.get(name) for name in ("visit", "line", "one_in")}


@register.filter
def stop_rule_patient(rule: dict[str, Any]) -> str:
    """The stop rule in words for the patient it was shared with."""
    words = _(
        "If your pain at visit %(visit)s is still above %(line)s, only about one in %(one_in)s people like you eases "
        "by a third later. Then we talk about another plan or another doctor."
    )
    return words % {name: rule.get(name) for name in ("visit", "line", "one_in")}


@register.filter
def forecast_patient(answer: dict[str, Any]) -> str:
    """The forecast in words for the patient it was shared with: ranges with denominators, never one number."""
    left = answer["treatments_left"]
    low, half, high = left["q10"], left["median"], left["q90"]
    if half is None:
        return _("Fewer than half of people like you get where we hope on this plan. We talk about it at the review.")
    if high is None:
        return _("Half of people like you need %(half)s more visits or fewer; some do not get there on this plan.") % {
            "half": half
        }
    return _(
        "Half of people like you need %(half)s more visits or fewer, eight in ten between %(low)s and %(high)s."
    ) % {
        "half": half,
        "low": low,
        "high": high,
    }
