"""An open visit with a plan and consent, the address of each of its acts, and the form of a needle."""

from __future__ import annotations

from django.urls import reverse

from myotome.clinic.needling.actions import open_visit
from myotome.clinic.needling.models import TreatmentVisit
from myotome.clinic.planning.actions import SiteChoice, make_plan
from myotome.vocabulary.anatomy import NeedleRegion, Side
from myotome.vocabulary.needling import SiteKind, TreatmentMode
from tests.factories import (
    AT,
    a_consent,
    a_course,
    a_patient,
    an_actor,
)

OVER_LUNG = [("rhomboid_major", "", "left", "upper_back")]
BUTTOCK = [("gluteus_maximus", "", "left", "buttock"), ("gluteus_medius", "", "left", "buttock")]
POINTS = [("LI4", "", "left", "forearm_hand"), ("ST36", "", "left", "lower_leg"), ("SP6", "", "left", "lower_leg")]
GLMAX, GLMED = "muscle:gluteus_maximus::left", "muscle:gluteus_medius::left"


def visit_of(clinic, practitioner, *, mode="ims", sites=BUTTOCK, kind=SiteKind.MUSCLE, number_of_visits=1):
    """The last of `number_of_visits` open visits of a course with a plan and consent; earlier ones are empty."""
    course = a_course(clinic, a_patient(clinic, in_care_of=practitioner))
    a_consent(course, "course", mode=TreatmentMode(mode).value)
    actor = an_actor(practitioner.user, clinic)
    chosen = [
        SiteChoice(site_kind=kind, site=s, level=level, side=Side(side), region=NeedleRegion(region))
        for s, level, side, region in sites
    ]
    mode = TreatmentMode(mode)
    plan = make_plan(
        by=actor, at=AT, course_id=course.pk, mode=mode, n_treatments=8, price_cents_each=9500, sites=chosen
    )
    for _ in range(number_of_visits):
        visit = open_visit(by=actor, at=AT, course_id=course.pk, mode=mode, plan_id=plan.pk)
    TreatmentVisit.objects.filter(pk=visit.pk).update(reask_at=AT)
    return visit, actor


def at(name, visit, **ids):
    return reverse(f"needling:{name}", kwargs={"clinic": visit.clinic.slug, "visit": visit.pk, **ids})


def needle_form(site=GLMAX, **values):
    return {"site": site, "client_id": "tablet-1", "size": "0.30x60", "depth_mm": "50", "state": "out"} | values
