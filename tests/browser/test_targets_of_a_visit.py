"""Every target of the visit is at least 44 px, in each state of its page, header and fields included; the smallest is a figure."""

from __future__ import annotations

import pytest
from django.utils import timezone

from myotome.clinic.needling.actions import call_all_out, close_visit, record_insertion
from myotome.clinic.needling.adverse import report_adverse_event
from myotome.clinic.needling.models import TreatmentVisit
from myotome.vocabulary.courses import AdverseGrade, AdverseKind
from myotome.vocabulary.needling import NeedleState, SiteKind, TreatmentMode
from tests.browser.targets import LEAST_PX, targets, too_small
from tests.browser.test_needle_chart import POINTS, TWELVE, a_visit, answer_everything, chart_url, log_in, write_figures
from tests.factories import a_needle, boxed

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def asked(visit):
    TreatmentVisit.objects.filter(pk=visit.pk).update(reask_at=timezone.now())


def test_every_target_of_a_visit_is_wide_enough_for_a_glove_in_every_state(page, live_server):
    visit, actor, elena = a_visit(sites=TWELVE[:3])
    measured = {}

    def measure(state, *, unfolded=False):
        measured[state] = targets(page, unfolded=unfolded)

    log_in(page, live_server, elena)
    page.goto(chart_url(live_server, visit))
    page.wait_for_selector("#reask")
    measure("not asked yet")
    asked(visit)
    page.reload()
    page.wait_for_selector(".blocked-keys")
    measure("something asked before the first needle", unfolded=True)
    answer_everything(actor, visit)
    page.reload()
    page.wait_for_selector("#needle")
    measure("before the first needle")
    measure("every fold open", unfolded=True)
    page.locator("#id_line").fill("L glmed 50 gasp2")
    page.locator("#line-form button:has-text('Add line')").tap()
    page.wait_for_selector("#line-error")
    measure("a line refused")
    for state in (NeedleState.OUT, NeedleState.IN):
        record_insertion(by=actor, at=timezone.now(), visit_id=visit.pk, needle=a_needle(state=state))
    page.goto(chart_url(live_server, visit))
    page.locator("#id_depth_mm").fill("151")
    page.evaluate("document.querySelector('#needle').noValidate = true")
    page.locator("button.needle-out").tap()
    page.wait_for_selector(".summary-of-errors a")
    measure("a needle refused, one in, one out", unfolded=True)
    call_all_out(by=actor, at=timezone.now(), visit_id=visit.pk, client_id="all")
    page.goto(chart_url(live_server, visit))
    page.wait_for_selector("text=Now count")
    measure("all out, to be counted")
    page.locator("label.choice:has(input[name=out])").first.tap()
    page.locator('button.act:has-text("Counted")').tap()
    page.wait_for_selector("#closing")
    report_adverse_event(
        by=actor, at=timezone.now(), visit_id=visit.pk, client_id="e", kind=AdverseKind.BLEEDING,
        grade=AdverseGrade.MILD,
    )  # fmt: skip
    close_visit(
        by=actor, at=timezone.now(), visit_id=visit.pk, version=TreatmentVisit.objects.get().version, **boxed(2)
    )
    page.goto(chart_url(live_server, visit))
    page.wait_for_selector("#stricta a")
    measure("closed", unfolded=True)
    assert {state: small for state, rows in measured.items() if (small := too_small(rows))} == {}
    assert all(any(name.startswith("a To the day") for name, _px in rows) for rows in measured.values())
    smallest = min(px for rows in measured.values() for _name, px in rows)
    write_figures({"smallest_target_px": smallest})
    assert smallest >= LEAST_PX


def test_every_target_of_a_set_is_wide_enough_for_a_glove(page, live_server):
    visit, actor, elena = a_visit(sites=POINTS, kind=SiteKind.ACUPOINT, mode=TreatmentMode.ACUPUNCTURE)
    asked(visit)
    answer_everything(actor, visit)
    log_in(page, live_server, elena)
    page.goto(chart_url(live_server, visit))
    page.wait_for_selector("#set")
    before = targets(page, unfolded=True)
    record_insertion(by=actor, at=timezone.now(), visit_id=visit.pk, needle=a_needle())
    page.goto(chart_url(live_server, visit))
    page.wait_for_selector("#counting-out")
    resting = targets(page, unfolded=True)
    assert {"before": too_small(before), "resting": too_small(resting)} == {"before": [], "resting": []}
