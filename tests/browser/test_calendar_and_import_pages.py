"""An address for a calendar and a file of patients, made and handed in by a person in Chromium. Each page judged by axe."""

from urllib.request import urlopen

import pytest
from django.core.cache import cache

from myotome.clinic.people.models import Patient
from tests.browser.test_first_patient import Walk
from tests.factories import a_clinic, a_practitioner, a_receptionist

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def house(browser, live_server, settings, axe):
    """A browser at the door of a clinic with one practitioner."""
    cache.clear()
    settings.PUBLIC_URL = live_server.url
    walk = Walk(browser, live_server.url, axe)
    walk.clinic = a_clinic(idle_lock_minutes=60)
    walk.elena = a_practitioner(walk.clinic)
    return walk


def test_an_address_is_made_by_keyboard_read_by_a_calendar_and_ended(house):
    house.log_in(house.elena.user.email)
    house.open("/alder/book/calendars/")
    name = house.page.get_by_label("For which device")
    name.focus()
    house.page.keyboard.type("My telephone")
    house.page.keyboard.press("Enter")
    address = house.page.get_by_label("Address", exact=True)
    address.wait_for()
    house.look("calendar-address")
    url = address.input_value()
    assert urlopen(url, timeout=30).read().startswith(b"BEGIN:VCALENDAR")
    house.page.get_by_role("button", name="End “My telephone”").click()
    house.page.get_by_text("Its address leads nowhere now.").wait_for()
    house.look("calendars")
    assert url not in house.page.content()


def test_a_file_is_looked_through_put_right_and_imported(house, tmp_path):
    file = tmp_path / "patients.csv"
    file.write_text("First name,Last name,Date of birth\nZoë,Tremblay,03/04/1980\n")
    house.log_in(a_receptionist(house.clinic).email)
    house.open("/alder/book/import/")
    house.look("import")
    house.page.get_by_label("File").set_input_files(str(file))
    house.page.get_by_role("button", name="Look it through").click()
    house.page.get_by_text("may be two days").wait_for()
    house.look("import-faults")
    house.page.get_by_label("File").set_input_files(str(file))
    house.page.get_by_label("In a date like 3/4/1968").select_option("day")
    house.page.get_by_role("button", name="Look it through").click()
    house.page.get_by_role("button", name="Import 1 row").click()
    house.page.get_by_text("Imported: 1 new").wait_for()
    assert Patient.objects.get().born_on.isoformat() == "1980-04-03"
