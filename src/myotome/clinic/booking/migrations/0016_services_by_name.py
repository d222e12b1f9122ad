"""A clinic may have several services of one kind; a service is known by its name, in whatever letters."""

import re
import unicodedata

from django.db import migrations, models


def as_compared(name):
    """The name as `people.queries.search_key` wrote it when this migration was made."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", plain.replace("’", "'")).strip().casefold()[:160]


def name_them(apps, schema_editor):
    """Every service keeps its name; where two of a clinic have the same, the later one gets a number behind it."""
    Service = apps.get_model("booking", "Service")
    taken = set()
    for row in Service.objects.using(schema_editor.connection.alias).order_by("pk"):
        name, n = row.name, 1
        while (row.clinic_id, as_compared(name)) in taken:
            n += 1
            name = f"{row.name[:74]} ({n})"
        taken.add((row.clinic_id, as_compared(name)))
        row.name, row.search_name = name, as_compared(name)
        row.save(update_fields=["name", "search_name"])


class Migration(migrations.Migration):

    dependencies = [
        ('booking', '0015_imported_identities'),
    ]

    operations = [
        migrations.AddField(
            model_name='service',
            name='search_name',
            field=models.CharField(default='', editable=False, max_length=160),
            preserve_default=False,
        ),
        migrations.RemoveConstraint(
            model_name='service',
            name='one_service_per_kind',
        ),
        migrations.RunPython(name_them, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='service',
            constraint=models.UniqueConstraint(fields=('clinic', 'search_name'), name='one_service_per_name'),
        ),
    ]
