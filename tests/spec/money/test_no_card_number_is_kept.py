"""No card data is ever stored: a text that holds what looks like a card number is refused, with the way out."""

import pytest

from myotome.clinic.money.models import Charge, Payment
from myotome.clinic.people.actions import correct_patient, create_patient
from myotome.vocabulary.money import CardNumberRefused, check_no_card_number
from tests.factories import AT, a_patient
from tests.money import a_desk

CARDS = [
    "4111 1111 1111 1111",
    "4111111111111111",
    "5555-5555-5555-4444",
    "2223 0031 2200 3222",
    "3782 822463 10005",
    "6011.1111.1111.1117",
    "visa 4111 1111 1111 1111 exp 12/29",
    "4111 1111 1111 1111 123",
    "4111\u00a01111\u20111111 1111",
    "４１１１１１１１１１１１１１１１",
    "٤١١١١١١١١١١١١١١١",
    "0004111111111111111100",
    "4111_1111_1111_1111",
]
NOT_CARDS = [
    "",
    "WC-2026-0815",
    "4111 1111 1111 1112",
    "604 555 0142, 604 555 0199",
    "claim 0012345678",
    "1234 5678 9012 3452",
    "paid 95.00 on 2026-11-24 at 09:30",
    "12345 6789 RT0001",
]


@pytest.mark.parametrize("text", CARDS)
def test_what_looks_like_a_card_number_is_refused_however_it_is_written(text):
    with pytest.raises(CardNumberRefused, match="never kept") as refused:
        check_no_card_number(text, field="note")
    assert refused.value.field == "note"


@pytest.mark.parametrize("text", NOT_CARDS)
def test_other_numbers_are_left_alone(text):
    check_no_card_number(text, field="note")


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["insurer", "claim_number", "reference"])
def test_no_text_of_a_receipt_holds_a_card_number(field):
    desk = a_desk()
    charge = desk.charge()
    given = {"insurance": "auto", "insurer": "ICBC", "claim_number": "A-1"} | {field: "4111 1111 1111 1111"}
    with pytest.raises(CardNumberRefused) as refused:
        desk.pay(charge, **given)
    assert refused.value.field == field
    assert Payment.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["insurer", "claim_number", "reason"])
def test_no_text_of_a_charge_holds_a_card_number(field):
    desk = a_desk()
    given = {"insurance": "auto", "insurer": "ICBC", "claim_number": "A-1"} | {field: "5555 5555 5555 4444"}
    with pytest.raises(CardNumberRefused):
        desk.charge(**given)
    assert Charge.objects.count() == 0


@pytest.mark.django_db
def test_the_notes_of_the_desk_hold_none_either():
    desk = a_desk()
    patient = a_patient(desk.clinic)
    note = "her card 4111 1111 1111 1111"
    with pytest.raises(CardNumberRefused):
        correct_patient(by=desk.robin, at=AT, patient_id=patient.pk, version=1, note_for_desk=note)
    with pytest.raises(CardNumberRefused):
        create_patient(
            by=desk.robin, at=AT, given_name="A", family_name="B", born_on=patient.born_on, note_for_desk=note
        )
    visit = desk.visit()
    visit.note_for_desk = note
    with pytest.raises(CardNumberRefused):
        visit.save()
