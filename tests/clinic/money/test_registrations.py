"""A practitioner without a registration number: her receipts are written, and whoever writes them is told where to add it."""

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.booking.registrations import set_registration, unregistered
from myotome.clinic.money.models import Payment
from myotome.clinic.people.models import Practitioner, User
from myotome.pages.money.views import document_page
from myotome.vocabulary.errors import InvalidValue, NotAllowed, NotFound
from tests.factories import AT, a_clinic, a_practitioner
from tests.money import a_desk

pytestmark = pytest.mark.django_db
MISSING = "Elena Marchetti has no registration number on file"
WITHOUT = "This receipt has no registration number"


@pytest.fixture
def desk():
    made = a_desk()
    Practitioner.objects.filter(pk=made.elena.pk).update(registration_number="", registration_body="")
    return made


def signed_in(actor):
    client = Client()
    client.force_login(User.objects.get(pk=actor.user_id))
    return client


def url(name, desk, **ids):
    return reverse(name, kwargs={"clinic": desk.clinic.slug, **ids})


def page_of(client, *where, **ids):
    return client.get(url(*where, **ids)).content.decode()


def paid(client, desk, key="form 1"):
    charge = desk.charge(
        desk.visit(starts_at=timezone.now().replace(minute=0, second=0, microsecond=0)), at=timezone.now()
    )
    form = {f"part-{charge.pk}": "95.00", "method": "debit", "key": key}
    before = page_of(client, "money:pay", desk, patient=charge.patient_id)
    answer = client.post(url("money:pay", desk, patient=charge.patient_id), form)
    assert answer.status_code == 302
    return before, client.get(answer.url).content.decode()


def test_the_desk_is_told_before_and_on_the_receipt_and_nothing_is_held_up(desk):
    before, after = paid(signed_in(desk.robin), desk)
    assert MISSING in before
    assert WITHOUT in after
    assert "The owner adds it" in before
    assert "The owner adds it" in after
    assert url("booking:set_up", desk) not in before + after
    assert Payment.objects.count() == 1


def test_the_owner_is_led_to_where_it_is_added_and_then_nothing_is_said_any_more(desk):
    client = signed_in(desk.olive)
    before, after = paid(client, desk)
    link = f"{url('booking:set_up', desk)}#registration-{desk.elena.pk}"
    assert link in before
    assert link in after
    page = page_of(client, "booking:set_up", desk)
    assert f'id="registration-{desk.elena.pk}"' in page
    assert "no registration number on file" in page
    assert "No registration number is on file for Elena Marchetti" in page_of(client, "owner:overview", desk)
    form = {"practitioner": desk.elena.pk, "body": " College of  Physical Therapists ", "number": " PT-1 "}
    assert client.post(url("booking:change", desk, what="registration"), form).status_code == 302
    row = Practitioner.objects.get(pk=desk.elena.pk)
    assert (row.registration_body, row.registration_number) == ("College of Physical Therapists", "PT-1")
    assert AuditEvent.objects.filter(act="registration.changed").count() == 1
    assert "is on file for" not in page_of(client, "owner:overview", desk)
    old = page_of(client, "money:document", desk, payment=Payment.objects.get().pk)
    assert "was written before the registration number of Elena Marchetti was on file" in old
    before, after = paid(client, desk, key="form 2")
    assert MISSING not in before
    assert "This receipt" not in after
    assert "registration no. PT-1" in after


def test_who_empties_a_number_is_told_what_receipts_will_lack(desk):
    client = signed_in(desk.olive)
    url_of = url("booking:change", desk, what="registration")
    lacks = "Receipts of Elena Marchetti carry no registration number from now on"
    form = {"practitioner": desk.elena.pk, "body": "College", "number": "PT-1"}
    assert lacks not in client.post(url_of, form, follow=True).content.decode()
    assert lacks in client.post(url_of, form | {"number": " "}, follow=True).content.decode()


def test_the_paper_for_the_insurer_carries_no_note_of_the_desk(desk):
    client = signed_in(desk.robin)
    paid(client, desk)

    html = render_to_string("money/paper.html", document_page(desk.robin, Payment.objects.get().pk))
    assert "Elena Marchetti" in html
    assert "registration" not in html


def test_what_does_not_fit_is_refused_at_its_form_with_the_typing_kept(desk):
    form = {"practitioner": desk.elena.pk, "body": "College", "number": "9" * 41}
    answer = signed_in(desk.olive).post(url("booking:change", desk, what="registration"), form)
    assert answer.status_code == 422
    assert "At most 40 characters" in answer.content.decode()
    assert "9" * 41 in answer.content.decode()
    assert not Practitioner.objects.get(pk=desk.elena.pk).registration_number


def test_only_the_owner_of_the_clinic_says_it(desk):
    other = a_practitioner(a_clinic("birch"))
    what = {"at": AT, "body": "College", "number": "1"}
    with pytest.raises(NotAllowed):
        set_registration(by=desk.robin, practitioner_id=desk.elena.pk, **what)
    with pytest.raises(NotFound):
        set_registration(by=desk.olive, practitioner_id=other.pk, **what)
    with pytest.raises(InvalidValue):
        set_registration(by=desk.olive, practitioner_id=desk.elena.pk, at=AT, body="a\x07", number="1")


def test_who_no_longer_treats_here_is_not_missed(desk):
    assert unregistered(desk.olive) == [desk.elena]
    Practitioner.objects.filter(pk=desk.elena.pk).update(is_active=False)
    assert unregistered(desk.olive) == []
