"""A plan names the service that its visits are booked as; until now a clinic had one of each mode."""

import django.db.models.deletion
from django.db import migrations, models


def name_the_service(apps, schema_editor):
    """Every plan with the clinic's only service of its mode, which its price was read from."""
    alias = schema_editor.connection.alias
    Plan, Service = apps.get_model("planning", "Plan"), apps.get_model("booking", "Service")
    for row in Service.objects.using(alias).order_by("-pk"):
        Plan.objects.using(alias).filter(clinic_id=row.clinic_id, mode=row.kind).update(service_id=row.pk)


class Migration(migrations.Migration):

    dependencies = [
        ('booking', '0016_services_by_name'),
        ('planning', '0002_style_of_a_plan'),
    ]

    operations = [
        migrations.AddField(
            model_name='plan',
            name='service',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='booking.service'),
        ),
        migrations.RunPython(name_the_service, migrations.RunPython.noop),
    ]
