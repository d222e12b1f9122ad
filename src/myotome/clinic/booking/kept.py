"""What a clinic describes, kept in memory: services, people, rooms, hours. Read anew when any of it has changed.

Nearly every question to the diary needs the whole set-up, which changes once a month. Triggers in the database give the
clinic's `SetUpVersion` a new random number with every row of it that is written, by whatever way; one small look at
that number says whether what is kept still holds. A number that was rolled back can never come again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from django.db import connection

from myotome.clinic.booking.models import DiaryRules, HoursException, Service, SetUpVersion, WorkingHours
from myotome.clinic.people.models import Clinic, Credential, OwnRecord, Place, Practitioner, Room
from myotome.science.booking.hours import DayException, Shift
from myotome.vocabulary.credentials import HeldCredential
from myotome.vocabulary.scheduling import ServiceKind

T = TypeVar("T")
MOST_WORKED_OUT = 200
KINDS_IN_ORDER = [kind.value for kind in ServiceKind]
WATCHED = (
    "people_place",
    "people_room",
    "people_practitioner",
    "people_credential",
    "people_ownrecord",
    "booking_service",
    "booking_servicephase",
    "booking_workinghours",
    "booking_hoursexception",
    "booking_diaryrules",
)
"""Every table that `SetUp` is read from; each has a column `clinic_id`."""


@dataclass(frozen=True, slots=True)
class SetUp:
    """A clinic as it described itself. Nobody changes these values; days and shifts by (place, practitioner).

    Services stand by kind, assessments first, and within a kind in the order in which they were added.
    `own` tells of a patient which practitioner she is, where she is one.
    """

    services: dict[int, Service]
    practitioners: dict[int, Practitioner]
    places: dict[int, Place]
    rooms: tuple[Room, ...]
    shifts: dict[tuple[int, int], list[Shift]]
    closed: dict[tuple[int | None, int | None], list[DayException]]
    closed_days: tuple[HoursException, ...]
    extra: dict[tuple[int, int], list[DayException]]
    credentials: dict[tuple[int, str], date]
    held: dict[int, list[HeldCredential]]
    rules: DiaryRules
    own: dict[int, int]
    worked_out: dict[Hashable, Any] = field(default_factory=dict)

    @property
    def herself(self) -> dict[int, Practitioner]:
        """Of patients the practitioner that they are; empty where nobody who treats here is a patient too."""
        return {patient: self.practitioners[pk] for patient, pk in self.own.items()}

    def once(self, name: Hashable, work_out: Callable[[], T]) -> T:
        """What `work_out` makes of this set-up alone, kept under `name`; the oldest of many goes."""
        if name in self.worked_out:
            held: T = self.worked_out[name]
            return held
        if len(self.worked_out) >= MOST_WORKED_OUT:
            self.worked_out.pop(next(iter(self.worked_out)), None)
        made = self.worked_out[name] = work_out()
        return made


_kept: dict[tuple[str, int], tuple[int, SetUp]] = {}


def set_up_of(clinic_id: int) -> SetUp:
    """The clinic's set-up as the database has it now."""
    version = _version(clinic_id)
    name = (str(connection.settings_dict["NAME"]), clinic_id)
    held = _kept.get(name)
    if held is not None and version is not None and held[0] == version:
        return held[1]
    made = _read(clinic_id)
    if version is not None:
        _kept[name] = (version, made)
    return made


def _version(clinic_id: int) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT version FROM booking_setupversion WHERE clinic_id = %s", [clinic_id])
        row = cursor.fetchone()
    return row[0] if row else None


def _read(clinic_id: int) -> SetUp:
    mine = {"clinic_id": clinic_id}
    places = {row.pk: row for row in Place.objects.filter(**mine).order_by("pk")}
    practitioners = {row.pk: row for row in Practitioner.objects.filter(**mine).order_by("pk")}
    shifts: dict[tuple[int, int], list[Shift]] = defaultdict(list)
    for shift in WorkingHours.objects.filter(**mine).order_by("pk"):
        shifts[shift.place_id, shift.practitioner_id].append(
            Shift(
                weekday=shift.weekday,
                starts=shift.starts,
                ends=shift.ends,
                zone=places[shift.place_id].time_zone,
                valid_from=shift.valid_from,
                valid_until=shift.valid_until,
            )
        )
    exceptions = list(HoursException.objects.filter(**mine).order_by("on", "pk"))
    closed, extra = _days(exceptions, places, practitioners, shifts)
    credentials: dict[tuple[int, str], date] = {}
    held: dict[int, list[HeldCredential]] = defaultdict(list)
    for row in Credential.objects.filter(**mine).order_by("pk"):
        name = (row.practitioner_id, row.programme.casefold())
        credentials[name] = max(credentials.get(name, date.min), row.expires_on or date.max)
        held[row.practitioner_id].append(row.as_value())
    services = list(Service.objects.filter(**mine).prefetch_related("phases").order_by("pk"))
    services.sort(key=lambda row: KINDS_IN_ORDER.index(row.kind))
    return SetUp(
        services={row.pk: row for row in services},
        practitioners=practitioners,
        places=places,
        rooms=tuple(Room.objects.filter(**mine).order_by("pk")),
        shifts=dict(shifts),
        closed=closed,
        closed_days=tuple(row for row in exceptions if row.closed),
        extra=extra,
        credentials=credentials,
        held=dict(held),
        rules=DiaryRules.objects.filter(**mine).first() or DiaryRules(clinic_id=clinic_id),
        own=dict(OwnRecord.objects.filter(confirmed_at__isnull=False, **mine).values_list("patient", "practitioner")),
    )


def _days(
    exceptions: Iterable[HoursException],
    places: dict[int, Place],
    practitioners: dict[int, Practitioner],
    shifts: Mapping[tuple[int, int], list[Shift]],
) -> tuple[dict[tuple[int | None, int | None], list[DayException]], dict[tuple[int, int], list[DayException]]]:
    closed: dict[tuple[int | None, int | None], list[DayException]] = defaultdict(list)
    extra: dict[tuple[int, int], list[DayException]] = defaultdict(list)
    first_place = next(iter(places.values()), None)
    for row in exceptions:
        hers = next((where for where, who in shifts if who == row.practitioner_id), None)
        place = places.get(row.place_id or hers, first_place)
        zone = place.time_zone if place else Clinic.objects.get(pk=row.clinic_id).time_zone
        day = DayException(on=row.on, closed=row.closed, zone=zone, starts=row.starts, ends=row.ends)
        if row.closed:
            closed[row.place_id, row.practitioner_id].append(day)
        elif place is not None:
            for pk in [row.practitioner_id] if row.practitioner_id else practitioners:
                extra[place.pk, pk].append(day)
    return dict(closed), dict(extra)


def watch(sender: Any, **kwargs: Any) -> None:
    """Puts the triggers in place after every migration; a migration that rebuilds a table of SQLite loses its own."""
    if kwargs["using"] != "default" or SetUpVersion._meta.db_table not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRESQL_FUNCTION)
        for table in WATCHED:
            for statement in _triggers(table):
                cursor.execute(statement)
        cursor.execute(
            "INSERT INTO booking_setupversion (clinic_id, version) SELECT id, 0 FROM people_clinic WHERE id NOT IN "
            "(SELECT clinic_id FROM booking_setupversion)"
        )


def _triggers(table: str) -> list[str]:
    if connection.vendor == "postgresql":
        return [
            f"DROP TRIGGER IF EXISTS set_up_changed ON {table}",
            f"CREATE TRIGGER set_up_changed AFTER INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION a_set_up_changed()",
        ]
    return [
        _SQLITE_TRIGGER.format(table=table, name=f"{table}_set_up_{event.lower()}", event=event, row=row)
        for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
    ]


_SQLITE_TRIGGER = """
CREATE TRIGGER IF NOT EXISTS {name} AFTER {event} ON {table} BEGIN
  INSERT INTO booking_setupversion (clinic_id, version) VALUES ({row}.clinic_id, random())
  ON CONFLICT (clinic_id) DO UPDATE SET version = random();
END
"""
_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION a_set_up_changed() RETURNS trigger AS $$
DECLARE changed bigint;
BEGIN
  IF TG_OP = 'DELETE' THEN changed := OLD.clinic_id; ELSE changed := NEW.clinic_id; END IF;
  INSERT INTO booking_setupversion (clinic_id, version) VALUES (changed, (random() * 9e18)::bigint)
  ON CONFLICT (clinic_id) DO UPDATE SET version = EXCLUDED.version;
  RETURN NULL;
END $$ LANGUAGE plpgsql
"""
