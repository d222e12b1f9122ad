"""An installation from when a clinic had one service of each kind, brought up to date with all it holds; and two owners at once."""

import json

BEFORE = """
import django; django.setup()
from datetime import timedelta
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from tests import factories as f
from myotome.clinic.booking.models import Service
from myotome.clinic.pathway.actions import patient_booked
from myotome.clinic.people.models import Clinic, Patient, Practitioner
from myotome.clinic.planning.models import Plan
from myotome.clinic.screening.models import Course
from myotome.vocabulary.courses import Role

clinic, elena = Clinic.objects.get(), Practitioner.objects.get()
ims = Service.objects.get(kind="ims")
f.a_clinic("birch")
robin = f.an_actor(f.a_user(clinic, Role.RECEPTIONIST, email="robin@example.org"), clinic)
patient_booked(by=robin, at=f.AT, patient=Patient.objects.get(), service_id=ims.pk, practitioner_id=elena.pk,
    starts_at=f.AT + timedelta(days=7), course_id=Course.objects.get().pk, newcomer=False)
for mode, replaced in (("ims", f.AT), ("ims", None), ("acupuncture", None)):
    Plan.objects.create(clinic=clinic, course=Course.objects.get(), made_by=elena, mode=mode, n_treatments=3,
        price_cents_each=9500, made_at=f.AT, replaced_at=replaced)
call_command("migrate", "planning", "0002", verbosity=0)
call_command("migrate", "booking", "0015", verbosity=0)
old = MigrationExecutor(connection).loader.project_state([("booking", "0015_imported_identities")]).apps
rows = old.get_model("booking", "Service").objects
rows.filter(clinic_id=clinic.pk, kind="acupuncture").update(name="ims", is_active=False)
rows.filter(clinic_id=clinic.pk, kind="assessment_ims").update(name="Élan")
assert rows.count() == 8
"""

AFTER = """
import django; django.setup()
import json
from django.db import IntegrityError, transaction
from myotome.clinic.booking.kept import set_up_of
from myotome.clinic.booking.models import Appointment, Service, SetUpVersion
from myotome.clinic.people.models import Clinic
from myotome.clinic.planning.models import Plan

clinic = Clinic.objects.get(slug="alder")
mine = Service.objects.filter(clinic=clinic).order_by("pk")
found = {
    "services": list(mine.values_list("kind", "name", "search_name", "price_cents", "is_active")),
    "minutes": [row.minutes for row in mine],
    "plans": list(Plan.objects.order_by("pk").values_list("mode", "service__kind", "service__clinic__slug", "price_cents_each")),
    "visits": list(Appointment.objects.values_list("service__kind", "service__name")),
}
try:
    with transaction.atomic():
        Service.objects.create(clinic=clinic, kind="ims", name="IMS", price_cents=1)
except IntegrityError:
    found["the same name"] = "refused"
before = set_up_of(clinic.pk)
Service.objects.create(clinic=clinic, kind="ims", name="IMS 45 minutes", price_cents=1)
found["seen at once"] = len(set_up_of(clinic.pk).services) - len(before.services)
print(json.dumps(found))
"""

TWO_OWNERS = """
import django; django.setup()
from threading import Barrier, Thread
from django.db import connection
from myotome.clinic.booking.models import Service
from myotome.clinic.booking.services import add_service
from myotome.clinic.people.models import Clinic
from myotome.vocabulary.courses import Role
from myotome.vocabulary.errors import InvalidValue
from myotome.vocabulary.scheduling import Phase
from tests import factories as f

clinic = Clinic.objects.get()
owners = [f.an_actor(f.a_user(clinic, Role.OWNER, email=f"{n}@example.org"), clinic) for n in range(4)]
together, said = Barrier(4), []

def add(owner, name):
    together.wait()
    try:
        add_service(by=owner, at=f.AT, kind="ims", name=name, phases=[Phase(45, True, True)], price_cents=1)
        said.append("added")
    except InvalidValue as refusal:
        said.append(refusal.field)
    finally:
        connection.close()

threads = [Thread(target=add, args=(owner, name)) for owner, name in zip(owners, ("Long", "LONG", "long", " Long "))]
for one in threads: one.start()
for one in threads: one.join()
rows = Service.objects.filter(search_name="long")
print(sorted(said), rows.count(), rows.get().minutes)
"""


def test_what_was_described_planned_and_booked_is_there_after_the_update(house):
    house.python(BEFORE)
    house.myotome("migrate")
    found = json.loads(house.python(AFTER))
    assert [row[:3] for row in found["services"]] == [
        ["assessment_ims", "Élan", "elan"],
        ["assessment_acupuncture", "Acupuncture assessment", "acupuncture assessment"],
        ["ims", "IMS", "ims"],
        ["acupuncture", "ims (2)", "ims (2)"],
    ]
    assert [row[3:] for row in found["services"]] == [[14000, True], [13000, True], [9500, True], [9000, False]]
    assert found["minutes"] == [60, 60, 30, 40]
    assert found["plans"] == [
        ["ims", "ims", "alder", 9500],
        ["ims", "ims", "alder", 9500],
        ["acupuncture", "acupuncture", "alder", 9500],
    ]
    assert found["visits"] == [["ims", "IMS"]]
    assert found["the same name"] == "refused"
    assert found["seen at once"] == 1


def test_owners_who_add_one_name_at_once_get_one_service(house):
    assert house.python(TWO_OWNERS) == "['added', 'name', 'name', 'name'] 1 45"
