"""One writer of a race, as the crowd runs it: an order is `WHAT N_ATTEMPTS`, its outcomes are counted.

They are `won`, `refused` (409), anything else by the name of its error. WHAT is

    book       a shared afternoon, most of it given back      move      what is there, moved to that afternoon
    place      all writers after one place each week          confirm   the same appointments, each confirmed and cancelled
    series     weekly series over the same weeks, all or none waitlist  the same offers of the waiting list, each said yes to
    own        all writers after one place each week, each a patient in care with her own link
    import     rows of a file, all writers the same one       blind     as place, but written without looking
    files      rows of a file each, for the same places, every writer's of a patient of her own
    herself    the first practitioner's time, and as a patient her own; one writer says first that the two are one
    tied       the same, while visits of hers are moved and taken back
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import django

django.setup()

from django.db import transaction  # noqa: E402

from myotome.clinic.booking import actions  # noqa: E402
from myotome.clinic.booking.answers import say_yes  # noqa: E402
from myotome.clinic.booking.claims import TAKEN, occupy, spans_for  # noqa: E402
from myotome.clinic.booking.importing import hand_in, import_file  # noqa: E402
from myotome.clinic.booking.importing_rows import Outcome  # noqa: E402
from myotome.clinic.booking.models import Appointment, DeskAct, Offered, Service  # noqa: E402
from myotome.clinic.booking.own_records import tie_own_record  # noqa: E402
from myotome.clinic.booking.queries import phases_of  # noqa: E402
from myotome.clinic.booking.series import book_series  # noqa: E402
from myotome.clinic.booking.undo import undo  # noqa: E402
from myotome.clinic.pathway.own_booking import own_visit_booked  # noqa: E402
from myotome.clinic.people.models import Clinic, Patient, Place, Practitioner, Room  # noqa: E402
from myotome.clinic.people.queries import actor_of, patient_by_link, system_actor  # noqa: E402
from myotome.vocabulary.errors import AlreadyBooked, MyotomeError  # noqa: E402
from myotome.vocabulary.scheduling import AppointmentStatus  # noqa: E402

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
"""09:00 in Vancouver, the moment the races take place in."""
HERE = ZoneInfo("America/Vancouver")
AFTERNOON = NOON + timedelta(hours=1)
WEEK = timedelta(days=7)
MOST_WEEKS = 50


class Writer:
    """What one process needs for its attempts."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self.clinic = Clinic.objects.get()
        self.actor = system_actor(self.clinic, name=f"writer {seed}")
        self.desk = actor_of(Practitioner.objects.order_by("pk")[0].user, self.clinic)
        self.service = Service.objects.prefetch_related("phases").get(kind="assessment_ims")
        self.patients = list(Patient.objects.order_by("pk").values_list("pk", flat=True))
        self.practitioners = list(Practitioner.objects.order_by("pk").values_list("pk", flat=True))
        self.common: dict[str, object] = {"by": self.actor, "at": NOON}
        self.known: list[tuple[int, int]] = []

    def set_up(self, what: str) -> None:
        """Reads once what all attempts of a race choose from."""
        if what == "waitlist":
            self.known = list(Offered.objects.order_by("pk").values_list("pk", "opening_id"))
        else:
            self.known = list(Appointment.objects.order_by("pk").values_list("pk", "version"))

    def _hot(self) -> datetime:
        return AFTERNOON + timedelta(minutes=5 * self.chance.randrange(48))

    def _book(self, starts_at: datetime, *, patient: int, practitioner: int, key: str | None = None) -> Appointment:
        return actions.book(
            by=self.actor,
            at=NOON,
            patient_id=patient,
            service_id=self.service.pk,
            practitioner_id=practitioner,
            starts_at=starts_at,
            key=key,
        )

    def book(self, n: int) -> None:
        """A time of the shared afternoon; seven in ten are given back at once."""
        made = self._book(
            self._hot(), patient=self.chance.choice(self.patients), practitioner=self.chance.choice(self.practitioners)
        )
        if self.chance.random() < 0.7:
            actions.cancel(by=self.actor, at=NOON, appointment_id=made.pk)

    def move(self, n: int) -> None:
        """One of the appointments to a time of the shared afternoon."""
        pk, _ = self.chance.choice(self.known)
        version = Appointment.objects.values_list("version", flat=True).get(pk=pk)
        actions.move(by=self.actor, at=NOON, appointment_id=pk, version=version, starts_at=self._hot())

    def place(self, n: int) -> None:
        """The one place of week n, with a patient of one's own."""
        week = AFTERNOON + WEEK * (n % MOST_WEEKS) + timedelta(hours=2 * (n // MOST_WEEKS % 3))
        week += timedelta(days=n // (3 * MOST_WEEKS) % 3)
        self._book(week, patient=self.patients[self.seed], practitioner=self.practitioners[0])

    def own(self, n: int) -> None:
        """The one place of week n, wanted by a patient in care for herself; given back, so that her plan has room again."""
        mine = self.patients[self.seed]
        me = patient_by_link(Patient.objects.get(pk=mine), self.clinic)
        ims = Service.objects.get(kind="ims")
        starts_at = AFTERNOON + WEEK * (n % MOST_WEEKS) + timedelta(hours=n // MOST_WEEKS % 5)
        made = own_visit_booked(
            by=me,
            at=NOON,
            service_id=ims.pk,
            practitioner_id=self.practitioners[0],
            starts_at=starts_at,
            key=f"{self.seed}-{n}",
        )
        if self.chance.random() < 0.7 or Appointment.objects.filter(patient_id=mine, status="booked").count() > 3:
            actions.cancel(by=me, at=NOON, appointment_id=made.pk)

    def confirm(self, n: int) -> None:
        """One of the appointments confirmed as arrived, by one writer, or cancelled, by another."""
        pk, _ = self.known[n % len(self.known)]
        if self.chance.random() < 0.5:
            actions.cancel(by=self.actor, at=NOON, appointment_id=pk)
        else:
            actions.step(by=self.actor, at=NOON, appointment_id=pk, to=AppointmentStatus.ARRIVED)

    def series(self, n: int) -> None:
        """Four weeks at one time of the shared afternoon, all of them or none; then given back."""
        first = self._hot() + WEEK * self.chance.randrange(3)
        done = book_series(
            by=self.actor,
            at=NOON,
            patient_id=self.chance.choice(self.patients),
            service_id=self.service.pk,
            practitioner_id=self.chance.choice(self.practitioners),
            starts=[first + WEEK * k for k in range(4)],
        )
        for made in done.booked if self.chance.random() < 0.7 else ():
            actions.cancel(by=self.actor, at=NOON, appointment_id=made.pk)

    def waitlist(self, n: int) -> None:
        """A yes to one of the offers of opening n."""
        openings = sorted({opening for _, opening in self.known})
        mine = [pk for pk, opening in self.known if opening == openings[n % len(openings)]]
        say_yes(by=self.actor, at=NOON, offer_id=mine[self.seed % len(mine)])

    def herself(self, n: int) -> None:
        """Hour n with the first practitioner, or for her as a patient with the second; the first act of the first writer ties her."""
        if self.seed == 0 and n == 0:
            tie_own_record(by=self.actor, at=NOON, patient_id=self.patients[0], practitioner_id=self.practitioners[0])
            return
        hour = AFTERNOON + WEEK * (n // 15) + timedelta(days=n // 5 % 3, hours=n % 5)
        if self.seed % 2:
            self._book(hour, patient=self.patients[0], practitioner=self.practitioners[1])
        else:
            self._book(hour, patient=self.patients[1 + self.seed], practitioner=self.practitioners[0])

    def tied(self, n: int) -> None:
        """A visit of hers moved to a time of the shared afternoon and perhaps back, or somebody booked with her then."""
        if self.seed == 0 and n == 0:
            tie_own_record(by=self.actor, at=NOON, patient_id=self.patients[0], practitioner_id=self.practitioners[0])
        elif self.seed % 2:
            pk, _ = self.chance.choice(self.known)
            version = Appointment.objects.values_list("version", flat=True).get(pk=pk)
            actions.move(by=self.desk, at=NOON, appointment_id=pk, version=version, starts_at=self._hot())
            if self.chance.random() < 0.5:
                act = DeskAct.objects.filter(appointment_id=pk).order_by("-pk").values_list("pk", flat=True)[0]
                undo(by=self.desk, at=NOON, act_id=act)
        else:
            self._book(self._hot(), patient=self.patients[1 + self.seed], practitioner=self.practitioners[0])

    def imported(self, n: int) -> None:
        """Row n of a file that all writers import at the same time: the same row is one appointment."""
        self._import(n, self.patients[n % len(self.patients)])

    def files(self, n: int) -> None:
        """Row n of a file of one's own, for the place that row n of every other file wants too."""
        self._import(n, self.patients[self.seed])

    def _import(self, n: int, patient_id: int) -> None:
        starts_at = AFTERNOON + WEEK * (n % MOST_WEEKS) + timedelta(hours=2 * (n // MOST_WEEKS))
        patient = Patient.objects.get(pk=patient_id)
        name = Practitioner.objects.get(pk=self.practitioners[1]).name
        row = [patient.given_name, patient.family_name, str(patient.born_on), self.service.kind, name]
        row += [f"{starts_at.astimezone(HERE):%Y-%m-%d}", f"{starts_at.astimezone(HERE):%H:%M}"]
        content = f"given_name,family_name,born_on,service,practitioner,date,time\n{','.join(row)}\n".encode()
        file = hand_in(by=self.desk, at=NOON, kind="visits", name=f"row {n}", content=content)
        (done,) = import_file(by=self.desk, at=NOON, file=file).rows
        if done.outcome is Outcome.FAULT:
            raise AlreadyBooked(TAKEN) if str(done.says) == TAKEN else AssertionError(str(done.says))

    def blind(self, n: int) -> None:
        """The one place of week n, without looking whether it is free: only the claims stand between two writers."""
        starts_at = AFTERNOON + timedelta(days=1) + WEEK * n
        with transaction.atomic():
            made = Appointment.objects.create(
                clinic=self.clinic,
                place=Place.objects.get(),
                patient_id=self.patients[self.seed],
                practitioner_id=self.practitioners[0],
                service=self.service,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(hours=1),
                created_at=NOON,
                created_by=self.actor.name,
            )
            room = Room.objects.order_by("pk")[0]
            occupy(spans_for(made, phases_of(self.service), room_id=room.pk))

    def attempt(self, act: Callable[[int], None], n: int) -> str:
        """What came of one attempt."""
        try:
            act(n)
        except MyotomeError as error:
            return "refused" if error.http_status == 409 else type(error).__name__
        except Exception as error:
            return f"{type(error).__name__}: {error}"[:120]
        return "won"


@cache
def _writer(seed: int) -> Writer:
    return Writer(seed)


def attempts(seed: int, what: str, n: str) -> Callable[[], Counter[str]]:
    """All attempts of one writer at one race, ready to begin."""
    writer = _writer(seed)
    act = getattr(writer, "imported" if what == "import" else what)
    writer.set_up(what)
    return lambda: Counter(writer.attempt(act, number) for number in range(int(n)))
