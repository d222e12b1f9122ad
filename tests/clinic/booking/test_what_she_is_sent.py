"""What a patient is sent, and how, chosen at the desk as she told it, under her link, or with her account."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from myotome.clinic.audit.models import AuditEvent
from myotome.clinic.booking.models import ContactWish, Notice
from myotome.clinic.booking.wishes import mail_token
from tests.clinic.booking.test_desk_acts import a_visit, at, clock
from tests.factories import AT, a_page_link, a_patient, a_user

pytestmark = pytest.mark.django_db


def sends(client, person, *ticked, said="phone", seen=None):
    """The answer to what the desk wrote down, from the page as it is now."""
    page = client.get(at("desk:patient", person.clinic, patient=person.pk)).content.decode()
    found = re.search(r'name="seen" value="([^"]*)"', page)[1]
    form = {"send": ticked, "said": said, "seen": found if seen is None else seen}
    return client.post(at("desk:what_we_send", person.clinic, patient=person.pk), form)


def shown(client, person):
    page = client.get(at("desk:patient", person.clinic, patient=person.pk)).content.decode()
    return page.partition('id="what-we-send"')[2].partition("</details>")[0]


def kinds(visit):
    return sorted(Notice.objects.filter(appointment=visit, kind__startswith="reminder").values_list("kind", flat=True))


def test_the_desk_switches_short_messages_on_as_she_said_and_what_is_booked_is_reminded_so(client, desk):
    hannah = desk[4]
    visit = a_visit(desk, clock(10, days=3))
    assert kinds(visit) == ["reminder"]
    assert "reminders by e-mail<" in shown(client, hannah)
    assert "She has not chosen yet" in shown(client, hannah)
    assert sends(client, hannah, "reminders", "offers", "sms").status_code == 302
    assert kinds(visit) == ["reminder", "reminder_sms"]
    page = shown(client, hannah)
    assert "reminders by e-mail and SMS" in page
    assert "She told Robin Clarke on 24 Nov 2026 on the telephone." in page
    event = AuditEvent.objects.filter(act="mail.chosen").get()
    assert (event.patient_id, event.detail["by_sms"], event.detail["said"]) == (hannah.pk, True, "phone")


def test_nothing_is_sent_another_way_without_her_word(client, desk):
    hannah = desk[4]
    for said in ("", "guess"):
        answer = sends(client, hannah, "reminders", "sms", said=said)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "Say how she told you: nothing is sent another way without her word." in page
        assert 'value="sms" checked' in page, "what was ticked stays ticked"
        assert 'value="offers" checked' not in page
    assert not ContactWish.objects.exists()


def test_short_messages_need_a_number_and_the_desk_reads_the_way_out(client, desk):
    ines = a_patient(desk[0], given_name="Ines", phone="")
    answer = sends(client, ines, "reminders", "sms")
    assert answer.status_code == 422
    assert "There is no telephone number for short messages. Correct her details first." in answer.content.decode()
    assert sends(client, ines, "offers", said="letter").status_code == 302
    assert "no reminders" in shown(client, ines)
    assert "in writing." in shown(client, ines)


def test_a_page_from_before_she_chose_herself_does_not_undo_her_choice(client, desk, monkeypatch):
    hannah = desk[4]
    old = re.search(r'name="seen" value="([^"]*)"', shown(client, hannah))[1]
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT + timedelta(minutes=5))
    hers = reverse("booking:mail", kwargs={"clinic": hannah.clinic.slug, "token": mail_token(hannah)})
    Client().post(hers, {"send": ["offers", "questions"]})
    answer = sends(client, hannah, "reminders", "offers", seen=old)
    assert answer.status_code == 409
    said = answer.content.decode()
    assert "Her choice was changed in the meantime." in said
    assert 'value="reminders" checked' not in said
    assert "She chose it herself on 24 Nov 2026." in said
    assert ContactWish.objects.get().no_reminders
    assert sends(client, hannah, "reminders").status_code == 302
    assert not ContactWish.objects.get().no_reminders


def test_she_finds_the_choice_on_her_page_and_under_her_own_hand_nobodys_word_is_noted(client, desk):
    hannah, browser = desk[4], Client()
    sends(client, hannah, "offers")
    where = {"clinic": hannah.clinic.slug, "token": a_page_link(hannah)}
    browser.post(reverse("portal:page", kwargs=where), {"born_on": "1968-03-12"})
    page = browser.get(reverse("portal:page", kwargs=where)).content.decode()
    link = re.search(r'href="([^"]+)">What you send me, and how', page)[1]
    assert 'value="reminders" checked' not in browser.get(link).content.decode()
    browser.post(link, {"send": ["reminders", "sms"]})
    wish = ContactWish.objects.get()
    assert (wish.no_reminders, wish.by_sms, wish.said, wish.noted_by) == (False, True, "", "")


def test_with_her_account_she_chooses_on_a_page_of_her_own(desk):
    hannah, browser = desk[4], Client()
    hannah.user = a_user(hannah.clinic)
    hannah.phone_digits = ""
    hannah.save()
    browser.force_login(hannah.user)
    page = browser.get(reverse("portal:home", kwargs={"clinic": hannah.clinic.slug})).content.decode()
    address = reverse("portal:messages", kwargs={"clinic": hannah.clinic.slug})
    assert f'href="{address}">What you send me, and how' in page
    assert "We have no telephone number of yours" in browser.get(address).content.decode()
    assert browser.post(address, {"send": ["offers"]}).url == address
    assert ContactWish.objects.get().no_reminders
    assert AuditEvent.objects.filter(act="mail.chosen", actor_user_id=hannah.user_id).exists()
