"""The desk's money over HTTP: a visit charged and paid in two forms, its receipt on paper, the day's end; typing is kept."""

import subprocess
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.booking.models import DiaryRules, Service
from myotome.clinic.money.models import Charge, DayClose, Payment, ServiceTax
from myotome.clinic.needling.actions import record_insertion
from myotome.clinic.needling.models import Incident, TreatmentVisit
from myotome.clinic.people.days import clinic_day
from myotome.clinic.people.models import User
from tests.factories import PASSWORD, a_needle, a_patient, a_practitioner, an_open_visit
from tests.money import a_desk

pytestmark = pytest.mark.django_db
CARD = "4111 1111 1111 1111"


@pytest.fixture
def desk(client):
    made = a_desk()
    client.force_login(User.objects.get(pk=made.robin.user_id))
    return made


def at(name, desk, **ids):
    return reverse(name, kwargs={"clinic": desk.clinic.slug, **ids})


def visit_of_today(desk, **values):
    return desk.visit(starts_at=timezone.now().replace(minute=0, second=0, microsecond=0), **values)


def charge_of_today(desk, **values):
    return desk.charge(visit_of_today(desk, **values), at=timezone.now())


def pay(client, desk, charge, amount="95.00", **values):
    values = {f"part-{charge.pk}": amount, "method": "debit", "key": f"form {Payment.objects.count()}"} | values
    return client.post(at("money:pay", desk, patient=charge.patient_id), values)


def text_of(pdf: bytes) -> str:
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())


def test_a_visit_is_charged_and_paid_in_two_forms_and_the_receipt_is_there(client, desk):
    visit = visit_of_today(desk)
    page = client.get(at("money:charge", desk, appointment=visit.pk)).content.decode()
    assert 'value="95.00"' in page
    answer = client.post(at("money:charge", desk, appointment=visit.pk), {"price": "95.00"})
    assert answer.url == at("money:pay", desk, patient=visit.patient_id)
    page = client.get(answer.url).content.decode()
    assert "$95.00 is owed" in page
    answer = pay(client, desk, Charge.objects.get())
    receipt = Payment.objects.get()
    assert answer.url == at("money:document", desk, payment=receipt.pk)
    page = client.get(answer.url).content.decode()
    assert "Receipt 1" in page
    assert "PT-04417" in page


def test_the_receipt_on_paper_says_all_that_an_insurer_asks_for(client, desk, settings):
    ims = Service.objects.get(clinic=desk.clinic, kind="ims")
    ServiceTax.objects.create(clinic=desk.clinic, service=ims, kind="rated", name="GST", rate=5000)
    charge = charge_of_today(desk)
    pay(
        client, desk, charge, "99.75", method="cash", insurance="workers_compensation", insurer="WorkSafeBC",
        claim_number="WC-2026-0815",
    )  # fmt: skip
    answer = client.get(at("money:paper", desk, payment=Payment.objects.get().pk))
    assert answer["Content-Type"] == "application/pdf"
    text = text_of(answer.content)
    day = f"{charge.service_on:%-d %B %Y}"
    for words in (
        "Receipt 1", "Alder Street Clinic", "14 Alder Street, British Columbia", "604 555 0142", "Hannah Lindqvist",
        "12 March 1968", "Elena Marchetti", "College of Physical Therapists of BC", "registration no. PT-04417", day, "IMS",
        "30", "$95.00", "GST 5 %", "$4.75", "$99.75", "Paid: $99.75 CAD", "Workers' compensation", "WorkSafeBC",
        "claim no. WC-2026-0815", "Cash", "Still owed for these: $0.00", "Written by Robin Clarke",
    ):  # fmt: skip
        assert words in text, (words, text)
    info = subprocess.run(["pdfinfo", "-"], input=answer.content, capture_output=True, check=True).stdout.decode()
    assert "Tagged:          yes" in info
    assert "Receipt 1, Hannah Lindqvist" in info


@pytest.mark.parametrize(
    ("kind", "words"), [(None, "Exempt from tax"), ("zero", "Zero-rated"), ("rated", "GST 5 %: $4.75")]
)
def test_how_a_visit_is_taxed_is_said_on_paper(client, desk, kind, words):
    if kind:
        rated = {"name": "GST", "rate": 5000} if kind == "rated" else {}
        ims = Service.objects.get(clinic=desk.clinic, kind="ims")
        ServiceTax.objects.create(clinic=desk.clinic, service=ims, kind=kind, **rated)
    charge = charge_of_today(desk)
    pay(client, desk, charge, f"{charge.total_cents / 100:.2f}")
    assert words in text_of(client.get(at("money:paper", desk, payment=Payment.objects.get().pk)).content)


def test_a_fee_for_a_visit_not_kept_is_no_treatment_on_paper(client, desk):
    DiaryRules.objects.create(clinic=desk.clinic, no_show_fee_cents=5000)
    charge = charge_of_today(desk, status="no_show")
    pay(client, desk, charge, "50")
    text = text_of(client.get(at("money:paper", desk, payment=Payment.objects.get().pk)).content)
    assert "Fee for a visit not kept: IMS" in text
    assert "not a treatment" in text


def test_a_visit_paid_before_its_day_is_said_on_paper_to_be_paid_in_advance(client, desk):
    now = timezone.now()
    visit = desk.visit(starts_at=now + timedelta(days=8), status="booked")
    charge = desk.charge(visit, at=now)
    pay(client, desk, charge)
    page = client.get(at("money:document", desk, payment=Payment.objects.get().pk)).content.decode()
    on = charge.service_on
    assert f"paid in advance for the visit of {on.day} {on:%B %Y}" in page
    charge = charge_of_today(desk)
    pay(client, desk, charge)
    page = client.get(at("money:document", desk, payment=Payment.objects.latest("pk").pk)).content.decode()
    assert "in advance" not in page


def test_a_charge_of_the_other_kind_is_named_where_the_fee_would_be_charged(client, desk):
    DiaryRules.objects.create(clinic=desk.clinic, no_show_fee_cents=5000)
    visit = visit_of_today(desk, status="booked")
    desk.charge(visit, at=timezone.now())
    visit.status = "no_show"
    visit.save()
    page = client.get(at("money:charge", desk, appointment=visit.pk)).content.decode()
    assert "take that charge back first, then charge the fee" in page
    assert 'name="price"' not in page
    answer = client.post(at("money:charge", desk, appointment=visit.pk), {"price": "50.00"})
    assert answer.status_code == 409
    assert Charge.objects.count() == 1


def test_a_refund_is_a_paper_of_its_own_and_the_receipt_says_so(client, desk):
    charge = charge_of_today(desk)
    pay(client, desk, charge)
    receipt = Payment.objects.get()
    page = client.get(at("money:refund", desk, payment=receipt.pk)).content.decode()
    assert 'value="95.00"' in page
    given = {f"part-{charge.pk}": "20.00", "method": "debit", "reason": "came late", "key": "back"}
    answer = client.post(at("money:refund", desk, payment=receipt.pk), given)
    back = Payment.objects.get(kind="refund")
    assert answer.url == at("money:document", desk, payment=back.pk)
    text = text_of(client.get(at("money:paper", desk, payment=back.pk)).content)
    assert "Refund 2 of receipt 1" in text
    assert "Given back: $20.00 CAD" in text
    assert "came late" in text
    assert "Refund 2 of" in client.get(at("money:document", desk, payment=receipt.pk)).content.decode()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"price": ""}, "price"),
        ({"price": "-95"}, "price"),
        ({"price": "95.005"}, "price"),
        ({"price": "1e3"}, "price"),
        ({"price": "NaN"}, "price"),
        ({"price": "９５"}, "price"),
        ({"price": "9" * 30}, "price"),
        ({"price": "0"}, "price"),
        ({"price": "95", "reason": CARD}, "reason"),
        ({"price": "95", "reason": "nul \x00"}, "reason"),
        ({"price": "95", "reason": "x" * 201}, "reason"),
        ({"price": "95", "insurance": "auto", "insurer": "ICBC"}, "claim_number"),
        ({"price": "95", "insurance": "auto", "insurer": CARD, "claim_number": "1"}, "insurer"),
        ({"price": "95", "insurance": "auto", "insurer": "ICBC", "claim_number": CARD}, "claim_number"),
        ({"price": "95", "on": "yesterday"}, "on"),
        ({"price": "95", "on": "9999-12-31"}, "on"),
        ({"price": "95", "on": "2019-01-01"}, "on"),
    ],
)
def test_a_wrong_charge_names_its_field_keeps_the_typing_and_writes_nothing(client, desk, typed, field):
    visit = visit_of_today(desk)
    answer = client.post(at("money:charge", desk, appointment=visit.pk), typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'id="{field}-error"' in page, page
    if "<" not in typed["price"]:
        assert f'value="{typed["price"]}"' in page
    assert Charge.objects.count() == 0


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"method": "barter"}, "method"),
        ({"amount": "95.01"}, "amount"),
        ({"amount": ""}, "charge"),
        ({"amount": "abc"}, "part"),
        ({"amount": "-1"}, "part"),
        ({"reference": CARD}, "reference"),
        ({"insurance": "workers_compensation", "insurer": "WorkSafeBC"}, "claim_number"),
    ],
)
def test_a_wrong_payment_says_so_and_takes_no_number(client, desk, typed, field):
    charge = charge_of_today(desk)
    typed = dict(typed)
    answer = pay(client, desk, charge, typed.pop("amount", "95.00"), **typed)
    assert answer.status_code in {409, 422}
    assert "field-error" in answer.content.decode()
    assert Payment.objects.count() == 0
    assert pay(client, desk, charge).status_code == 302
    assert Payment.objects.get().number == 1


def test_a_form_sent_twice_writes_one_receipt(client, desk):
    charge = charge_of_today(desk)
    answers = [pay(client, desk, charge, "40.00", key="form") for _ in range(2)]
    assert answers[0].url == answers[1].url
    assert Payment.objects.count() == 1
    assert pay(client, desk, charge, "41.00", key="form").status_code == 409


def test_what_somebody_else_has_taken_meanwhile_is_not_taken_again(client, desk):
    charge = charge_of_today(desk)
    pay(client, desk, charge, key="first tab")
    answer = pay(client, desk, charge, key="second tab")
    assert answer.status_code == 409
    assert "0.00 CAD" in answer.content.decode()


def test_another_patients_charge_cannot_be_paid_through_a_changed_form(client, desk):
    charge = charge_of_today(desk)
    omar = a_patient(desk.clinic, given_name="Omar")
    answer = client.post(
        at("money:pay", desk, patient=omar.pk), {f"part-{charge.pk}": "95", "method": "cash", "key": "k"}
    )
    assert answer.status_code == 404
    assert Payment.objects.count() == 0


def test_the_day_is_closed_with_what_was_counted_and_then_points_to_the_next(client, desk):
    charge = charge_of_today(desk)
    pay(client, desk, charge, "40.00", method="cash")
    today = Payment.objects.get().on
    answer = client.post(at("money:close", desk), {"on": today, "cash": "35.00"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "-5.00 CAD" in page
    assert 'value="35.00"' in page
    answer = client.post(at("money:close", desk), {"on": today, "cash": "35.00", "note": "parking meter"})
    assert answer.status_code == 302
    page = client.get(answer.url).content.decode()
    assert "−$5.00" in page
    assert "Robin Clarke" in page
    answer = pay(client, desk, charge, "10.00")
    page = answer.content.decode()
    assert answer.status_code == 409
    tomorrow = (today + timedelta(days=1)).isoformat()
    assert f'value="{tomorrow}"' in page
    assert pay(client, desk, charge, "10.00", on=tomorrow).status_code == 302
    assert Payment.objects.get(number=2).on.isoformat() == tomorrow
    assert DayClose.objects.count() == 1


@pytest.mark.parametrize(
    "typed", [{}, {"on": "x"}, {"cash": "ten"}, {"cash": "0", "note": CARD}, {"cash": "0", "on": "2999-01-01"}]
)
def test_a_day_closed_wrongly_stays_open(client, desk, typed):
    answer = client.post(at("money:close", desk), {"on": clinic_day(desk.clinic, timezone.now()).isoformat()} | typed)
    assert answer.status_code == 422
    assert DayClose.objects.count() == 0


def test_visits_that_nobody_charged_are_listed_beside_what_is_owed(client, desk):
    charged, forgotten = charge_of_today(desk), visit_of_today(desk, patient=a_patient(desk.clinic, given_name="Omar"))
    page = client.get(at("money:owed", desk)).content.decode()
    assert at("money:charge", desk, appointment=forgotten.pk) in page
    assert at("money:charge", desk, appointment=charged.appointment_id) not in page
    assert "1 visit, $95.00" in page


def test_a_practitioner_reads_her_own_and_finds_no_form_to_write(client, desk):
    charge = charge_of_today(desk)
    pay(client, desk, charge)
    david = a_practitioner(desk.clinic, name="David Okafor")
    for user, n in ((desk.elena.user, 1), (david.user, 0)):
        client.force_login(user)
        page = client.get(at("money:day", desk)).content.decode()
        assert page.count("Hannah Lindqvist") == n
        assert "Close this day" not in page
        assert client.post(at("money:close", desk), {"on": "2026-11-24", "cash": "0"}).status_code == 403
    assert client.get(at("money:document", desk, payment=Payment.objects.get().pk)).status_code == 404


def test_the_owner_sets_prices_taxes_and_the_words_on_receipts(client, desk):
    client.force_login(User.objects.get(pk=desk.olive.user_id))
    ims = Service.objects.get(clinic=desk.clinic, kind="ims")
    given = {"service": ims.pk, "price": "102.50", "tax_kind": "rated", "tax_name": "QST", "tax_rate": "9.975"}
    url = at("money:change", desk, what="price")
    assert client.post(url, given).status_code == 302
    ims.refresh_from_db()
    assert (ims.price_cents, ims.tax.rate) == (10250, 9975)
    for wrong in (
        {"price": "x"},
        {"tax_rate": "55"},
        {"tax_rate": ""},
        {"tax_name": " "},
        {"tax_kind": "often"},
        {"price": "-1"},
    ):
        answer = client.post(url, given | wrong)
        assert answer.status_code == 422, wrong
        assert answer.content.decode().count("summary-of-errors") == 1
    ims.refresh_from_db()
    assert ims.price_cents == 10250
    url = at("money:change", desk, what="book")
    given = {"version": "1", "tax_number": "12345 6789 RT0001", "foot": "Thank you.", "tax_kind": "exempt"}
    assert client.post(url, given).status_code == 302
    assert client.post(url, given).status_code == 409
    assert client.post(url, given | {"version": "2", "foot": CARD}).status_code == 422


def test_the_day_says_whose_needle_is_in_and_closes_when_a_second_person_signs(client, desk):
    visit, elena = an_open_visit(desk.clinic)
    now = timezone.now()
    TreatmentVisit.objects.filter(pk=visit.pk).update(opened_at=now)
    record_insertion(by=elena, at=now, visit_id=visit.pk, needle=a_needle())
    on = str(clinic_day(desk.clinic, now))
    page = client.get(at("money:day", desk)).content.decode()
    assert "Hannah L." in page
    assert "1 needle in" in page
    form = {"on": on, "cash": "0.00", "note": "quiet day"}
    answer = client.post(at("money:close", desk), form)
    assert answer.status_code == 409
    assert "1 not out yet" in answer.content.decode()
    assert 'value="quiet day"' in answer.content.decode()
    signed = form | {"needles_reason": "not found", "witness_email": User.objects.get(pk=elena.user_id).email}
    wrong = client.post(at("money:close", desk), signed | {"witness_password": "wrong"})
    assert wrong.status_code == 422
    assert 'value="not found"' in wrong.content.decode()
    assert not DayClose.objects.exists()
    client.post(at("money:close", desk), signed | {"witness_password": PASSWORD})
    assert str(DayClose.objects.get().on) == on
    assert Incident.objects.get(kind="day_closed_over_a_needle").witnessed_by == elena.name
