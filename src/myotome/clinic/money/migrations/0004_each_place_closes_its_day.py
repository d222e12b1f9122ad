"""Every place closes its own day: charges, documents and closes know their place.

A charge written before is of its visit's place, a document of the place of its first charge. A close of a clinic with one
place is that place's; one of a clinic with several stays as it was counted, for all of them together.
"""

from importlib import import_module

from django.db import migrations, models
from django.db.models import Count, Min, OuterRef, Q, Subquery, Sum
from django.db.models.deletion import PROTECT

rules = import_module("myotome.clinic.money.migrations.0002_what_is_written_stays")
CLOSED = """EXISTS (SELECT 1 FROM money_dayclose c WHERE c.clinic_id = NEW.clinic_id AND c."on" >= NEW."on"
    AND (c.place_id IS NULL OR c.place_id = NEW.place_id))"""


def create_triggers(apps, schema_editor):
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    with schema_editor.connection.cursor() as cursor:
        for statement in (rules._on_postgresql if is_postgresql else rules._on_sqlite)(apps, CLOSED):
            cursor.execute(statement)


def _check_keys_now(schema_editor):
    """PostgreSQL changes no table while rows of it wait for their foreign keys to be looked at."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def say_the_place(apps, schema_editor):
    charge, payment, line, close = (
        apps.get_model("money", name) for name in ("Charge", "Payment", "PaymentLine", "DayClose")
    )
    visits = apps.get_model("booking", "Appointment").objects.filter(pk=OuterRef("appointment_id"))
    charge.objects.update(place_id=Subquery(visits.values("place_id")[:1]))
    lines = line.objects.filter(payment_id=OuterRef("pk")).order_by("pk")
    payment.objects.update(place_id=Subquery(lines.values("charge__appointment__place_id")[:1]))
    places = apps.get_model("people", "Place").objects.values("clinic_id").annotate(n=Count("pk"), first=Min("pk"))
    for row in places.order_by("clinic_id"):
        mine = {"clinic_id": row["clinic_id"], "place__isnull": True}
        payment.objects.filter(**mine).update(place_id=row["first"])  # none has no line, but the column asks
        if row["n"] == 1:
            close.objects.filter(**mine).update(place_id=row["first"])
    _check_keys_now(schema_editor)


def close_together(apps, schema_editor):
    """Several closes of one day become the first of them, with all that was counted."""
    close, total = apps.get_model("money", "DayClose"), apps.get_model("money", "DayTotal")
    days = close.objects.values("clinic_id", "on").annotate(n=Count("pk"), first=Min("pk")).filter(n__gt=1)
    for day in list(days.order_by("clinic_id", "on")):
        mine = close.objects.filter(clinic_id=day["clinic_id"], on=day["on"])
        totals = total.objects.filter(close__in=mine)
        sums = totals.values("method").order_by("method").annotate(
            documents=Sum("n_documents"), received=Sum("received_cents"), refunded=Sum("refunded_cents"),
            counted=Sum("counted_cents"), n_uncounted=Count("pk", filter=Q(counted_cents__isnull=True)),
        )  # fmt: skip
        together = [
            total(
                clinic_id=day["clinic_id"], close_id=day["first"], method=row["method"], n_documents=row["documents"],
                received_cents=row["received"], refunded_cents=row["refunded"],
                counted_cents=None if row["n_uncounted"] else row["counted"],
            )
            for row in sums
        ]  # fmt: skip
        numbers = mine.aggregate(first=Min("first_number"), last=models.Max("last_number"))
        notes = "; ".join(note for note in mine.order_by("pk").values_list("note", flat=True) if note)[:300]
        totals.delete()
        mine.exclude(pk=day["first"]).delete()
        total.objects.bulk_create(together)
        mine.update(first_number=numbers["first"], last_number=numbers["last"], note=notes)
    _check_keys_now(schema_editor)


def _place(**values):
    return models.ForeignKey(on_delete=PROTECT, related_name="+", to="people.place", **values)


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0012_letters_not_known"),
        ("money", "0003_a_second_tax"),
        ("people", "0004_credentials_for_one_treatment"),
    ]

    operations = [
        migrations.RunPython(rules.drop_triggers, rules.create_triggers),
        migrations.AddField("charge", "place", _place(null=True)),
        migrations.AddField("payment", "place", _place(null=True)),
        migrations.AddField("dayclose", "place", _place(null=True)),
        migrations.RunPython(say_the_place, migrations.RunPython.noop),
        migrations.AlterField("charge", "place", _place()),
        migrations.AlterField("payment", "place", _place()),
        migrations.RemoveConstraint("dayclose", "a_day_is_closed_once"),
        migrations.AddConstraint(
            "dayclose",
            models.UniqueConstraint(fields=("clinic", "place", "on"), name="a_place_closes_a_day_once"),
        ),
        migrations.AddConstraint(
            "dayclose",
            models.UniqueConstraint(
                fields=("clinic", "on"), condition=Q(place__isnull=True), name="all_places_close_a_day_once"
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, close_together),
        migrations.RunPython(create_triggers, rules.drop_triggers),
    ]
